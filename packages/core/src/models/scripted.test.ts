import { describe, expect, it } from "vitest";
import { SpellError } from "@llmspell/errors";
import { createManualClock } from "../testing/manual-clock.js";
import { callModel } from "./call-model.js";
import { createScriptedModel } from "./scripted.js";

const request = { messages: [{ role: "user" as const, content: "hi" }] };

describe("createScriptedModel", () => {
  it("PROV-10: plays its steps, streamed or not, records requests and ends with an error", async () => {
    const model = createScriptedModel([
      "one two",
      (seen, call) => `${call}: ${seen.prompt.length}`,
      { toolCalls: [{ name: "t", args: "{broken" }] },
    ]);
    const heard: string[] = [];
    const first = await callModel(model, request, { onPart: (part) => part.type === "text" && heard.push(part.text) });
    expect([first.text, heard]).toEqual(["one two", ["one ", "two"]]);
    expect((await callModel(model, request)).text).toBe("2: 1");
    expect((await callModel(model, request)).toolCalls).toMatchObject([{ name: "t", input: {}, invalid: "{broken" }]);
    await expect(callModel(model, request)).rejects.toMatchObject({
      code: "INVALID_STATE",
      message: "the scripted model has 3 steps and was called 4 times",
    });
    expect(model.requests).toHaveLength(4);
  });

  it("PROV-10: throws the errors of its steps; those that may pass are tried again", async () => {
    const passing = new SpellError("PROVIDER_SERVER", "busy", { details: { retryable: true, retryAfterMs: 0 } });
    const model = createScriptedModel([{ error: passing }, "ok", { error: new Error("broken") }]);
    expect((await callModel(model, request)).text).toBe("ok");
    await expect(callModel(model, request)).rejects.toMatchObject({
      code: "PROVIDER_SERVER",
      message: "'scripted' failed: broken",
    });
    expect(model.requests).toHaveLength(3);
  });

  it("lets an error of the listener through as it is", async () => {
    const mine = new RangeError("mine");
    const call = callModel(createScriptedModel(["one"]), request, {
      onPart() {
        throw mine;
      },
    });
    await expect(call).rejects.toBe(mine);
  });

  it("gives repeated call ids ids of their own", async () => {
    const model = createScriptedModel([
      {
        toolCalls: [
          { name: "a", id: "x" },
          { name: "b", id: "x" },
        ],
      },
    ]);
    expect((await callModel(model, request)).toolCalls.map(({ id }) => id)).toEqual(["x", "x#2"]);
  });

  it("PROV-10: answers late by its clock, and brings the very pieces that it is given", async () => {
    const clock = createManualClock();
    const model = createScriptedModel([{ chunks: ["sn", "ow", " falls"], delayMs: 500, chunkDelayMs: 100 }], { clock });
    const heard: [string, number][] = [];
    const call = callModel(model, request, {
      onPart: (part) => part.type === "text" && heard.push([part.text, clock.now()]),
    });
    await clock.advance(10_000);
    expect((await call).text).toBe("snow falls");
    expect(heard).toEqual([
      ["sn", 600],
      ["ow", 700],
      [" falls", 800],
    ]);
  });

  it("PROV-10: fails in the middle of a stream, and ends its delay when it is aborted", async () => {
    const error = new SpellError("PROVIDER_NETWORK", "gone", { details: { retryable: true } });
    const clock = createManualClock();
    const model = createScriptedModel(
      [
        { chunks: ["half"], error },
        { text: "late", delayMs: 1000 },
      ],
      { clock },
    );
    const heard: string[] = [];
    const onPart = (part: { type: string; text?: string }): void => void heard.push(part.text ?? "");
    await expect(callModel(model, request, { onPart })).rejects.toMatchObject({
      code: "PROVIDER_NETWORK",
      details: { retryable: false },
    });
    expect(heard).toEqual(["half"]);
    const stop = new AbortController();
    const late = callModel(model, request, { signal: stop.signal });
    stop.abort();
    await expect(late).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
