import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SpellError } from "@llmspell/errors";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAgent } from "../agent/agent.js";
import type { SystemEvent } from "../events/system-events.js";
import { generate } from "../generate.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { startWireServer } from "../testing/wire/server.js";
import { defineTool } from "../tools/tool.js";
import { callModel } from "./call-model.js";
import { createModels, type Models } from "./models.js";
import { recordModels, replayModels } from "./recorded.js";

const KEY = "sk-secret-0123456789";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "recorded-"));
  file = join(folder, "run.jsonl");
});
afterEach(() => rm(folder, { recursive: true }));

const weather = defineTool({
  name: "weather",
  description: "Tells the weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  execute: async ({ city }: { city: string }) => ({ city, sky: "clear" }),
});

/** What is heard of a run, without what differs from run to run. */
async function run(models: Models, model: string): Promise<unknown[]> {
  const heard: unknown[] = [];
  const agent = createAgent({ name: "helper", model, tools: [weather] }, { models });
  const response = await agent.run("How is the weather in Paris?", {
    onEvent: (event: SystemEvent) => {
      if (event.type === "model.text" || event.type === "model.completed" || event.type === "tool.completed")
        heard.push([event.type, { ...event.payload, durationMs: 0 }]);
    },
  });
  return [...heard, response.content, response.usage, response.messages];
}

describe("recordModels and replayModels", () => {
  it.each(["openai", "anthropic", "google"] as const)(
    "a run over the wire of %s is played again: the same pieces, tool calls and tokens, without a server",
    async (kind) => {
      const server = await startWireServer(kind, {
        respond: ({ messages }) =>
          messages.at(-1)?.role === "tool" || JSON.stringify(messages.at(-1)).includes("clear")
            ? { text: "It is clear in Paris" }
            : { toolCalls: [{ name: "weather", args: { city: "Paris" } }] },
      });
      const original = createModels();
      original.create({
        type: kind,
        name: "live",
        baseURL: server.url,
        apiKey: KEY,
        headers: { "x-other": "other-secret" },
      });
      const recording = await recordModels(original, file);
      const first = await run(recording.models, "live:m");
      await recording.close();
      await server.close();

      const text = await readFile(file, "utf8");
      expect(text.split("\n").filter(Boolean)).toHaveLength(2);
      for (const secret of [KEY, "other-secret", "authorization"]) expect(text).not.toContain(secret);
      const replay = await replayModels(file);
      expect(replay.remaining()).toBe(2);
      expect(await run(replay.models, "live:m")).toEqual(first);
      expect(replay.remaining()).toBe(0);
    },
  );

  it("says what differs, with the path, and when there is no further call", async () => {
    const { models } = scriptedModels("one", "two");
    const recording = await recordModels(models, file);
    await generate(recording.models, { prompt: "first", temperature: 0.5 });
    await generate(recording.models, { prompt: "second", system: "Be brief" });
    await recording.close();
    const ask = async (prompt: string, more: object = {}) => {
      const replay = await replayModels(file);
      return await generate(replay.models, { prompt, ...more });
    };
    await expect(ask("first", { temperature: 0.7 })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: "a call of 'script:one' is not as recorded (call 1): temperature was 0.5 and is 0.7",
      details: { path: "temperature", recorded: "0.5", now: "0.7" },
    });
    await expect(ask("furst", { temperature: 0.5 })).rejects.toThrow(
      'prompt[0].content[0].text was "first" and is "furst"',
    );
    await expect(ask("first")).rejects.toThrow("temperature was 0.5 and is nothing");
    const replay = await replayModels(file);
    // In another order, by what is asked.
    expect((await generate(replay.models, { prompt: "second", system: "Be brief" })).content).toBe("two");
    expect((await generate(replay.models, { prompt: "first", temperature: 0.5 })).content).toBe("one");
    await expect(generate(replay.models, { prompt: "first" })).rejects.toMatchObject({
      code: "INVALID_STATE",
      message: "the recording has 2 calls of 'script:one' and it was called once more",
    });
    const streamed = generate(
      (await replayModels(file)).models,
      { prompt: "first", temperature: 0.5 },
      { onEvent() {} },
    );
    await expect(streamed).rejects.toThrow('type was "generate" and is "stream"');
  });

  it("a call costs the same in a long recording as in a short one", async () => {
    const parsedFor = async (calls: number): Promise<number> => {
      await rm(file, { force: true });
      const { models } = scriptedModels(...Array.from({ length: calls }, (_, index) => `answer ${index}`));
      const recording = await recordModels(models, file);
      for (let index = 0; index < calls; index++) await generate(recording.models, { prompt: `question ${index}` });
      await recording.close();
      const replay = await replayModels(file);
      const ask = (index: number) => generate(replay.models, { prompt: `question ${index}` });
      await ask(0);
      const parse = vi.spyOn(JSON, "parse");
      try {
        expect((await ask(calls - 1)).content).toBe(`answer ${calls - 1}`);
        return parse.mock.calls.length;
      } finally {
        parse.mockRestore();
      }
    };
    expect(await parsedFor(40)).toBe(await parsedFor(4));
  });

  it("plays errors, broken streams and equal requests in their order", async () => {
    const server = await startWireServer("openai", {
      respond: (_, n) =>
        n === 1
          ? { status: 429, text: `too many, ${KEY}` }
          : n === 3
            ? { text: "one two three", dieAfterChunks: 3 }
            : { text: `answer ${n}` },
    });
    const live = createModels();
    live.create({ type: "openai", name: "live", baseURL: server.url, apiKey: KEY });
    const recording = await recordModels(live, file);
    const outcomes = async (models: Models): Promise<unknown[]> => {
      const results: unknown[] = [];
      for (const streams of [false, true, true]) {
        const pieces: string[] = [];
        const onEvent = (event: SystemEvent): void =>
          void (event.type === "model.text" && pieces.push(event.payload.text));
        const retry = { initialDelayMs: 0 };
        const asked = generate(models, { prompt: "hi", model: "live:m" }, { retry, ...(streams ? { onEvent } : {}) });
        const said = await asked.then(
          ({ content }) => content,
          (error: unknown) => (error instanceof SpellError ? [error.code, error.message, error.details] : error),
        );
        results.push([said, pieces]);
      }
      return results;
    };
    const before = await outcomes(recording.models);
    expect(before).toMatchObject([
      ["answer 2", []],
      [
        ["PROVIDER_NETWORK", "the connection to 'live' ended in the middle of the answer", {}],
        ["one ", "two "],
      ],
      ["answer 4", ["answer ", "4"]],
    ]);
    await recording.close();
    await server.close();
    expect(await readFile(file, "utf8")).not.toContain(KEY);
    expect(await outcomes((await replayModels(file)).models)).toEqual(before);
  });

  it("keys are redacted from errors of recorded models", async () => {
    const server = await startWireServer("openai", { respond: () => ({ text: "x" }), key: "another" });
    const live = createModels();
    live.create({ type: "openai", name: "live", baseURL: server.url, apiKey: KEY });
    const { models, close } = await recordModels(live, file);
    const failed = generate(models, { prompt: "hi", model: "live:m" });
    await expect(failed).rejects.toMatchObject({ code: "PROVIDER_AUTH", message: expect.not.stringContaining(KEY) });
    await close();
    await server.close();
  });

  it("is continued, and survives a line that a killed process left", async () => {
    const first = await recordModels(scriptedModels("one").models, file);
    await generate(first.models, { prompt: "hi" });
    await first.close();
    await appendFile(file, '{"format":"llmspell-model-ca');
    const second = await recordModels(scriptedModels("two").models, file);
    await generate(second.models, { prompt: "hi" });
    await second.flush();
    const { models, remaining } = await replayModels(file);
    expect(remaining()).toBe(2);
    expect([
      (await generate(models, { prompt: "hi" })).content,
      (await generate(models, { prompt: "hi" })).content,
    ]).toEqual(["one", "two"]);
    await second.close();
  });

  it("leaves a file that is no recording as it is", async () => {
    const { models } = scriptedModels();
    for (const text of ["one line of somebody", "a line\nand another", "a line\n"]) {
      await writeFile(file, text);
      await expect(recordModels(models, file)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
      expect(await readFile(file, "utf8")).toBe(text);
    }
  });

  it("a stream that its reader leaves is recorded as far as it was read; bytes and dates come back", async () => {
    const { models } = scriptedModels("one two three");
    const recording = await recordModels(models, file);
    const model = await recording.models.load(recording.models.resolve());
    const messages = [
      { role: "user" as const, content: [{ type: "file" as const, mediaType: "image/png", data: "aGk=" }] },
    ];
    const leaving = callModel(
      model,
      { messages },
      {
        onPart() {
          throw new RangeError("enough");
        },
      },
    );
    await expect(leaving).rejects.toThrow("enough");
    await recording.close();
    const replay = await replayModels(file);
    const pieces: string[] = [];
    const again = callModel(
      await replay.models.load(replay.models.resolve()),
      { messages },
      {
        onPart: (part) => pieces.push(part.type === "text" ? part.text : ""),
      },
    );
    await expect(again).rejects.toMatchObject({ code: "CANCELLED" });
    expect(pieces).toEqual(["one "]);
  });

  it("finds models by id, by name, by provider, and has no others", async () => {
    const recording = await recordModels(scriptedModels("x").models, file);
    await generate(recording.models, { prompt: "hi" });
    await recording.close();
    const { models } = await replayModels(file);
    const id = "script:one";
    expect([models.resolve().id, models.resolve("one").id, models.resolve("script").id]).toEqual([id, id, id]);
    expect(models.resolve(id, "script").id).toBe(id);
    expect(models.resolve("one", "script").id).toBe(id);
    expect(models.default()).toMatchObject({ id, reason: "it is the first of the recording" });
    expect(() => models.resolve("openai:gpt-5")).toThrow("the recording has no model 'openai:gpt-5'");
    await expect(models.load({ id: "a:b", provider: "a", model: "b", offline: false })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it.each([
    ["", "there is no model call in the recording"],
    ["{}\n", "line 1 of the recording is malformed: its format is undefined"],
    ["nonsense\n", "line 1 of the recording is malformed: it is not a JSON object"],
    ['{"format":"llmspell-model-call-1","call":1}\n', "line 1 of the recording is malformed: it lacks fields"],
  ])("refuses the file %j", async (text, message) => {
    await writeFile(file, text);
    await expect(replayModels(file)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining(message),
    });
  });

  it("names no path of the host when there is no file", async () => {
    const missing = replayModels(join(folder, "nothing.jsonl"));
    await expect(missing).rejects.toMatchObject({ code: "IO_ERROR", message: expect.not.stringContaining(folder) });
  });
});
