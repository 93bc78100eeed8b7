import { EventEmitter } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { createScriptedTool } from "../testing/spy.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { buildHook } from "./build-hook.js";
import { aboutIs } from "./filters.js";
import { emitterHooks, moduleHooks } from "./foreign-hooks.js";
import type { Hook } from "./hook.js";
import { createHookKinds } from "./hook-kinds.js";
import { globalHooks } from "./hooks.js";

const call = { toolCalls: [{ name: "echo", args: { text: "x" } }] };

/** The record of one tool call under `hooks`. */
async function callTool(hooks: readonly Hook[]) {
  const echo = createScriptedTool({ name: "echo" }, { every: ({ text }) => text });
  const agent = createAgent({ name: "a", tools: [echo], hooks }, scriptedModels(call, "done"));
  const { toolCalls } = await agent.run("go");
  return { record: toolCalls[0], calls: echo.calls };
}

describe("hooks of the process", () => {
  it("HOOK-3: are called in every context, until they are taken away", async () => {
    const seen: string[] = [];
    {
      using audit = globalHooks.add({
        name: "audit",
        point: "tool.before",
        run: ({ about }) => void seen.push(about.name),
      });
      await callTool([]);
      await callTool([]);
      expect(audit.stats).toMatchObject({ calls: 2, errors: 0 });
    }
    await callTool([]);
    expect(seen).toEqual(["echo", "echo"]);
    expect(globalHooks.empty).toBe(true);
  });

  it("HOOK-3: one that takes itself away while it runs is called once, and those after it are", async () => {
    const seen: string[] = [];
    const once = globalHooks.add({
      name: "once",
      point: "tool.before",
      run() {
        seen.push("once");
        once.remove();
      },
    });
    using _ = globalHooks.add({ name: "after", point: "tool.before", run: () => void seen.push("after") });
    await callTool([]);
    await callTool([]);
    expect(seen).toEqual(["once", "after", "after"]);
  });
});

describe("hooks by name", () => {
  it("HOOK-3: a configuration makes hooks by their kind, each with its effect", async () => {
    const kinds = createHookKinds();
    const limit = await kinds.make({ kind: "rate-limit", limit: 1, windowMs: 60_000, operations: ["tool"] });
    expect((await callTool(limit)).record).toMatchObject({ result: "x" });
    expect((await callTool(limit)).record).toMatchObject({ error: { code: "RATE_LIMITED" } });
    const bucket = await kinds.make({ kind: "rate-limit", capacity: 1, perSecond: 0.001, operations: ["tool"] });
    await callTool(bucket);
    expect((await callTool(bucket)).record).toMatchObject({ error: { code: "RATE_LIMITED" } });
    const checked = await kinds.make({ kind: "validation", operation: "tool", output: { type: "number" } });
    expect((await callTool(checked)).record).toMatchObject({ error: { code: "VALIDATION_FAILED" } });
    const cache = await kinds.make({ kind: "cache", maxEntries: 10 });
    const { models, model } = scriptedModels("one");
    const agent = createAgent({ name: "a", hooks: cache }, { models });
    expect([(await agent.run("x")).content, (await agent.run("x")).content]).toEqual(["one", "one"]);
    expect(model.requests).toHaveLength(1);
  });

  it("HOOK-3: takes kinds of one's own", async () => {
    const kinds = createHookKinds();
    kinds.define("answer", ({ text }) => [
      { name: "answer", point: "tool.before", run: () => ({ stop: true, result: text }) },
    ]);
    expect((await callTool(await kinds.make({ kind: "answer", text: "mine" }))).record).toMatchObject({
      result: "mine",
    });
    expect(kinds.names()).toEqual(["rate-limit", "cache", "validation", "answer"]);
    expect(() => kinds.define("cache", () => [])).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
  });

  it.each([
    [{ kind: "cach" }, "there are no hooks of the kind 'cach', did you mean 'cache'?"],
    [{ kind: "cache", ttl_m: 5 }, "no option 'ttl_m', did you mean 'ttlMs'?"],
    [{ kind: "cache", ttlMs: "5" }, "'ttlMs' of hooks of the kind 'cache' must be a number"],
    [{ kind: "validation", operation: "tool", input: 5 }, "must be an object"],
    [{ kind: "validation", operation: "tol" }, "no operation 'tol', did you mean 'tool'?"],
    [{ kind: "validation" }, "no operation 'undefined'"],
    [{ kind: "rate-limit", limit: 1, windowMs: 1, operations: [] }, "must be a list of operations"],
    [{ kind: "rate-limit" }, "a rate limit needs"],
  ])("HOOK-3: says what is wrong with %j", async (config, message) => {
    await expect(createHookKinds().make(config)).rejects.toThrow(message);
  });
});

describe("building hooks", () => {
  it("HOOK-7: a builder gives the hook that the same fields at once give", async () => {
    const run = () => ({ stop: true as const, result: "built" });
    const filter = aboutIs("name", "echo");
    const hook = buildHook("guard", "tool.before").priority(-5).filter(filter).onError("ignore").run(run);
    expect(hook).toEqual({ name: "guard", point: "tool.before", priority: -5, filter, onError: "ignore", run });
    expect((await callTool([hook])).record).toMatchObject({ result: "built" });
    const other = buildHook("guard", "tool.before").filter(aboutIs("name", "other")).run(run);
    expect((await callTool([other])).record).toMatchObject({ result: "x" });
    const base = buildHook("b", "model.around");
    expect(() => base.background(true).run((_, next) => next())).toThrow("cannot be in the background");
    expect(() => buildHook("b", "model.befor" as "model.before").run(() => {})).toThrow("did you mean 'model.before'?");
  });
});

describe("hooks from elsewhere", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "hooks-"));
    const stop = (result: string): string =>
      `{ name: "m", point: "tool.before", run: () => ({ stop: true, result: ${result} }) }`;
    await writeFile(path.join(folder, "one.mjs"), `export default ${stop('"one"')};`);
    await writeFile(path.join(folder, "made.mjs"), `export default async (options) => [${stop("options.text")}];`);
    await writeFile(path.join(folder, "bad.mjs"), 'export default { name: "m", point: "tool.befor" };');
    await writeFile(path.join(folder, "broken.mjs"), 'throw new Error("not today");');
    await writeFile(path.join(folder, "none.mjs"), "export const hook = 1;");
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("HOOK-10: are those of a module, or what it makes", async () => {
    expect((await callTool(await moduleHooks("one.mjs", folder))).record).toMatchObject({ result: "one" });
    const made = await moduleHooks("made.mjs", folder, { text: "two" });
    expect((await callTool(made)).record).toMatchObject({ result: "two" });
  });

  it.each([
    ["bad.mjs", "INVALID_ARGUMENT", "did you mean 'tool.before'?"],
    ["none.mjs", "INVALID_ARGUMENT", "the module 'none.mjs' exports no hook by default"],
    ["../outside.mjs", "PERMISSION_DENIED", ""],
    ["missing.mjs", "NOT_FOUND", "there is no module 'missing.mjs'"],
    ["broken.mjs", "SCRIPT_ERROR", "the module 'broken.mjs' cannot be loaded: not today"],
  ])("HOOK-10: a module that gives none is refused: %s", async (file, code, message) => {
    await expect(moduleHooks(file, folder)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("HOOK-10: tell an event emitter, whose listeners change and break nothing", async () => {
    const emitter = new EventEmitter();
    const seen: unknown[] = [];
    emitter.on("tool.before", ({ about }: { about: { name: string } }) => seen.push(about.name));
    emitter.on("tool.after", ({ data }: { data: unknown }) => {
      seen.push(data);
      throw new Error("broken listener");
    });
    const { record } = await callTool(emitterHooks(emitter));
    expect(record).toMatchObject({ result: "x" });
    expect(seen).toEqual(["echo", "x"]);
    const only = emitterHooks(emitter, ["tool.before"]);
    expect(only.map(({ point }) => point)).toEqual(["tool.before"]);
    await callTool(only);
    expect(seen).toEqual(["echo", "x", "echo"]);
  });
});
