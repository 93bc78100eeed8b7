import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { EXAMPLE_RUN } from "../../../../test/support/examples.js";
import { cast, inJavaScript } from "../../../../test/support/spell.js";
import type { FunctionDeclaration } from "../door/module.js";
import { MODULES } from "./index.js";

const FUNCTIONS = MODULES.flatMap((module) =>
  Object.entries(module.functions).map(([name, declaration]): [string, FunctionDeclaration] => [
    `${module.name}.${name}`,
    declaration,
  ]),
);
const EXAMPLES = FUNCTIONS.flatMap(([name, { example, call }]): [string, string, boolean][] =>
  example === undefined ? [] : [[name, example, call !== undefined]],
);

describe("the examples of the declarations", () => {
  it("are there for every function of the door", () => {
    expect(
      FUNCTIONS.filter(([, { call, example }]) => call !== undefined && example === undefined).map(([name]) => name),
    ).toEqual([]);
    expect(EXAMPLES.length).toBeGreaterThan(40);
  });

  it.each(EXAMPLES)("QA-11: %s runs and calls what it shows", async (name, example, isOfDoor) => {
    const root = await mkdtemp(join(tmpdir(), "llmspell-example-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const { result } = await cast(example, { root, ...EXAMPLE_RUN });
    expect(result).toMatchObject({ ok: true });
    // What the engine's library brings along does not pass the door.
    const crossed = result.audit.map((record) => record.function);
    expect(isOfDoor ? crossed : example).toContain(isOfDoor ? name : name.split(".")[1]);
    // An example that returns something shows a result.
    expect(!example.includes("return ") || (result.ok && result.value !== null)).toBe(true);
  });
});

describe("the declarations", () => {
  it.each(FUNCTIONS)("%s says what it takes and gives", (_, { doc, params, result }) => {
    expect(doc).toMatch(/^[A-Z"].*[.:…)]$/s);
    expect(result).not.toBe("");
    for (const [param, type] of Object.entries(params)) {
      expect(param).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(type.notation).not.toBe("");
    }
  });

  it("are found under every spelling and older name", async () => {
    const source = FUNCTIONS.flatMap(([name, { aliases }]) => {
      const [module = "", fn = ""] = name.split(".");
      const camel = fn.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      const own = [fn, camel, ...aliases.filter((alias) => !/[.(]/.test(alias))];
      return own.map(
        (spelling) =>
          `check(${module === "llmspell" ? module : `llmspell.${module}`}["${spelling}"], "${module}.${spelling}")`,
      );
    });
    const { result } = await cast(`local missing = llmspell.array{}
      local function check(value, name) if value == nil then missing[#missing + 1] = name end end
      ${source.join("\n")}\nreturn missing`);
    expect(result).toMatchObject({ ok: true, value: [] });
  });

  it("have a twin that starts a task, if they may wait", async () => {
    const waiting = FUNCTIONS.filter(([, { awaitable }]) => awaitable).map(([name]) => name);
    expect(waiting).toEqual(expect.arrayContaining(["llm.generate", "promise.sleep", "promise.channel_receive"]));
    const { result } = await cast(`local missing = llmspell.array{}
      for _, name in ipairs({ ${waiting.map((name) => `"${name}"`).join(", ")} }) do
        local module, fn = name:match("(.*)%.(.*)")
        if type((module == "llmspell" and llmspell or llmspell[module])[fn .. "_async"]) ~= "function" then missing[#missing + 1] = name end
      end
      local sum = llmspell.agent.create({ name = "a" }).run_async and 1
      if not sum then missing[#missing + 1] = "a handle" end
      if llmspell.tools.list_async ~= nil then missing[#missing + 1] = "one that needs none" end
      return missing`);
    expect(result).toMatchObject({ ok: true, value: [] });
  });

  it("have a twin whose last function is called back, unless the function itself takes it", async () => {
    const { result } = await cast(`local got, ended = llmspell.array{}, llmspell.array{}
      local function hear(piece) got[#got + 1] = piece end
      local function ending(name) return function(result, err) ended[#ended + 1] = name .. tostring(result ~= nil) .. tostring(err == nil) end end
      local a = await(trace.span_async("s", function() return 42 end))
      local b = await(llm.stream_async("hi", hear)).content == table.concat(got)
      await(llm.stream_async("hi", hear, ending("stream ")))
      await(llm.generate_async("hi", ending("generate ")))
      pcall(await, llm.generate_async({}, ending("failed ")))
      promise.yield()
      return { a, b, ended }`);
    const ended = ["stream truetrue", "generate truetrue", "failed falsefalse"];
    expect(result).toMatchObject({ ok: true, value: [42, true, ended] });
    const names = await cast("return Object.keys(trace).filter((name) => !/^\\w+$/.test(name))", inJavaScript());
    expect(names.result).toMatchObject({ ok: true, value: [] });
  });

  it("are reached through both roots, globals and require", async () => {
    const { result } = await cast(`return {
      llmspell.agent == agent, zigllms.agent == agent, require("agent") == agent, require("zigllms.agent") == agent,
      require("llmspell") == llmspell, agents == agent, tool == tools, logging == log, Promise == promise, async_lib == promise }`);
    expect(result).toMatchObject({ ok: true, value: Array.from({ length: 10 }, () => true) });
  });
});
