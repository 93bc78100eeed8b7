import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MODULES, generatedFiles, standardLibrary } from "@llmspell/spell";
import { validateJson } from "@llmspell/core";
import { describe, expect, it } from "vitest";
import { completions } from "../packages/spell/src/declarations/completions.js";
import { parameterSchemas } from "../packages/spell/src/declarations/json-schema.js";
import { valueOf } from "./support/spell.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const files = generatedFiles(MODULES, standardLibrary().bindings.roots);

describe("what is made of the declarations", () => {
  it.each(Object.entries(files))("DOC-1: %s is up to date (npm run reference)", (path, text) => {
    expect(readFileSync(`${root}${path}`, "utf8")).toBe(text);
  });

  it("DEV-5: annotations for the Lua language server are Lua", async () => {
    const source = files["examples/.luals/llmspell.lua"] ?? "";
    // Calling what was compiled would define the globals of a spell anew.
    expect(await valueOf(`return function() ${source} end ~= nil`)).toBe(true);
    const names = MODULES.flatMap(({ name, functions }) =>
      Object.keys(functions).map((fn) => `function ${name}.${fn}(`),
    );
    // Keywords of Lua; and what calling the module of that name does.
    const keywords = new Set(["promise.yield", "promise.finally", "llmspell.metrics"]);
    const missing = names.filter((name) => !source.includes(name) && !keywords.has(name.slice(9, -1)));
    expect(missing).toEqual([]);
  });

  it("DEV-5: schemas of parameters are JSON Schemas, and know a right call from a wrong one", async () => {
    const schemas = parameterSchemas(MODULES);
    for (const [name, schema] of Object.entries(schemas)) {
      const { valid, errors } = await validateJson(schema, {});
      expect([name, valid || errors.every(({ keyword }) => keyword === "required")]).toEqual([name, true]);
    }
    const run = schemas["agent.run"] ?? {};
    expect((await validateJson(run, { agent: "agent-1", input: "hi", opts: { timeout: "5s" } })).valid).toBe(true);
    expect((await validateJson(run, { agent: "agent-1", input: "hi", opts: { timeout: "soon" } })).valid).toBe(false);
    expect((await validateJson(run, { agent: "agent-1", inptu: "hi" })).valid).toBe(false);
  });

  it("DEV-5: completions are everything by name, with how it is called", () => {
    const all = completions(MODULES);
    expect(all).toContainEqual(
      expect.objectContaining({
        label: "agent.run",
        kind: "function",
        detail: "agent.run(agent, input, opts?) → Response",
      }),
    );
    expect(all).toContainEqual(expect.objectContaining({ label: "Agent:run", kind: "method" }));
    expect(new Set(all.map(({ label }) => label)).size).toBe(all.length);
  });

  it("DEV-5: is the same each time, and leaves no page of a module that is gone", () => {
    expect(generatedFiles(MODULES, standardLibrary().bindings.roots)).toEqual(files);
    const pages = readdirSync(`${root}docs/reference`).map((name) => `docs/reference/${name}`);
    expect(pages.filter((path) => files[path] === undefined)).toEqual([]);
  });
});
