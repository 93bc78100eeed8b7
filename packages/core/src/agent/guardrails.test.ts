import { describe, expect, it } from "vitest";
import { scriptedModels } from "../testing/scripted-models.js";
import { createAgent } from "./agent.js";
import type { Guardrail } from "./guardrails.js";

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
});
