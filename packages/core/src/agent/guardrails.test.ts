import { describe, expect, it } from "vitest";
import { scriptedModels } from "../testing/scripted-models.js";
import { defineTool } from "../tools/tool.js";
import { createAgent } from "./agent.js";
import type { Guardrail } from "./guardrails.js";
import { stepCountIs } from "./stop-conditions.js";

const NO_SECRETS: Guardrail = {
  name: "secrets",
  check: (text) => (text.includes("s3cret") ? { replace: text.replaceAll("s3cret", "***") } : undefined),
};

describe("guardrails", () => {
  it("change what goes in and what comes out, in order", async () => {
    const { models, model } = scriptedModels("the key is s3cret");
    const shout: Guardrail = { name: "shout", on: "output", check: (text) => ({ replace: `${text}!` }) };
    const agent = createAgent({ name: "a", guardrails: [NO_SECRETS, shout] }, { models });
    const response = await agent.run("say s3cret");
    expect(JSON.stringify(model.requests[0]?.prompt)).not.toContain("s3cret");
    expect(response.content).toBe("the key is ***!");
    expect(response.messages.at(-1)?.content).toBe("the key is ***!");
    expect(JSON.stringify(response.messages)).not.toContain("s3cret");
  });

  it("keep the files of a message whose text they change", async () => {
    const { models, model } = scriptedModels("ok");
    const agent = createAgent({ name: "a", guardrails: [NO_SECRETS] }, { models });
    const image = { type: "file" as const, mediaType: "image/png", data: "AAAA" };
    await agent.run([{ role: "user", content: [{ type: "text", text: "s3cret" }, image] }]);
    expect(model.requests[0]?.prompt[0]?.content).toMatchObject([{ text: "***" }, { type: "file", data: "AAAA" }]);
  });

  it.each(["input", "output"] as const)("block the %s with their name and reason", async (on) => {
    const { models, model } = scriptedModels("fine");
    const rail: Guardrail = { name: "policy", on, check: async () => ({ block: "not allowed" }) };
    const run = createAgent({ name: "a", guardrails: [rail] }, { models }).run("hello");
    await expect(run).rejects.toMatchObject({
      code: "CONTENT_BLOCKED",
      category: "safety",
      message: `the ${on === "input" ? "input" : "answer"} was blocked by 'policy': not allowed`,
      details: { guardrail: "policy", on },
    });
    expect(model.requests).toHaveLength(on === "input" ? 0 : 1);
  });

  it("let the model try again, but not for ever", async () => {
    const polite: Guardrail = {
      name: "polite",
      on: "output",
      check: (text) => (text.includes("please") ? undefined : { retry: "say please" }),
    };
    const { models, model } = scriptedModels("no", "yes, please");
    expect((await createAgent({ name: "a", guardrails: [polite] }, { models }).run("go")).content).toBe("yes, please");
    expect(model.requests[1]?.prompt.at(-1)?.content).toMatchObject([{ text: "say please" }]);

    const stubborn = scriptedModels("no", "no", "no", "no");
    const run = createAgent({ name: "a", guardrails: [polite] }, stubborn).run("go");
    await expect(run).rejects.toMatchObject({
      code: "CONTENT_BLOCKED",
      message: expect.stringContaining("say please"),
    });
    expect(stubborn.model.requests).toHaveLength(3);
  });

  it("check the answer of a run that a condition ends", async () => {
    const echo = defineTool({
      name: "echo",
      description: "E",
      parameters: { type: "object" },
      execute: () => "1",
    });
    const asks = { text: "the key is s3cret", toolCalls: [{ name: "echo" }] };
    const make = (...guardrails: Guardrail[]) =>
      createAgent({ name: "a", tools: [echo], guardrails, stopWhen: [stepCountIs(1)] }, scriptedModels(asks));
    const { content, messages, stoppedBy } = await make(NO_SECRETS).run("go");
    expect([content, stoppedBy]).toEqual(["the key is ***", "stepCountIs(1)"]);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(messages[1]).toMatchObject({ content: "the key is ***", toolCalls: [{ name: "echo" }] });
    const again: Guardrail = { name: "again", on: "output", check: () => ({ retry: "better" }) };
    await expect(make(again).run("go")).rejects.toMatchObject({ code: "CONTENT_BLOCKED" });
  });

  it("come before the schema, which has its own try", async () => {
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const small: Guardrail = {
      name: "small",
      on: "output",
      check: (text) => (text.includes("100") ? { retry: "smaller" } : undefined),
    };
    const { models, model } = scriptedModels('{"n": 100}', "no number", '{"n": 1}');
    const response = await createAgent({ name: "a", guardrails: [small], schema }, { models }).run("go");
    expect(response).toMatchObject({ object: { n: 1 }, content: '{"n": 1}', steps: 3 });
    expect(model.requests[1]?.prompt.at(-1)?.content).toMatchObject([{ text: "smaller" }]);
  });
});
