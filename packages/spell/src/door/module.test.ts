import { describe, expect, it } from "vitest";
import { MODULES, standardLibrary } from "../modules/index.js";
import { awaitable, bindModules, defineModule, guestFunction, sync } from "./module.js";
import { t } from "./types.js";

const first = defineModule({
  name: "first",
  doc: "The first.",
  aliases: ["one"],
  handles: ["Thing"],
  globals: { First: "", go: "go" },
  functions: {
    make: sync({
      doc: "Makes.",
      params: { name: t.optional(t.string), config: t.table },
      result: "Thing",
      aliases: ["build"],
      call: () => null,
    }),
    use: awaitable({
      doc: "Uses.",
      params: { thing: t.handle("Thing"), how: t.optional(t.string) },
      aliases: ["second.use_first"],
      call: async () => null,
    }),
    go: guestFunction({ doc: "Goes.", awaitable: true }),
  },
  methods: { Thing: { own: sync({ doc: "Its own.", params: { thing: t.handle("Thing") }, call: () => null }) } },
  properties: { Thing: { size: sync({ doc: "Its size.", params: { thing: t.handle("Thing") }, call: () => 1 }) } },
  constants: { TYPE_THING: "thing" },
});
const second = defineModule({
  name: "second",
  doc: "The second.",
  functions: { look: sync({ doc: "Looks.", call: () => null }) },
});

describe("a power whose scope a parameter says", () => {
  it("needs that parameter", () => {
    const keep = sync({
      doc: "Keeps.",
      needs: { storage: { param: "key" } },
      params: { name: t.string },
      call: () => null,
    });
    expect(() => bindModules([defineModule({ name: "m", doc: "M.", functions: { keep } })], [])).toThrow(
      "'m.keep' has no parameter 'key'",
    );
  });
});

describe("bindModules", () => {
  const { bindings, functions } = bindModules([first, second], ["root"]);

  it("numbers every function that the door calls, from 1", () => {
    expect(functions.map(({ name }) => name)).toEqual([
      "first.make",
      "first.use",
      "second.look",
      "Thing.own",
      "Thing.size",
    ]);
    expect(bindings.modules[0]?.functions).toMatchObject([
      { name: "make", id: 1, aliases: ["build"], awaitable: false },
      { name: "use", id: 2, aliases: [], awaitable: true },
      { name: "go", awaitable: true },
    ]);
  });

  it("gives no number to a function of the guest library", () => {
    expect(bindings.modules[0]?.functions[2]).not.toHaveProperty("id");
  });

  it("puts an older name of another module there, with the same number", () => {
    expect(bindings.modules[1]?.functions).toEqual([
      { name: "look", aliases: [], awaitable: false, id: 3 },
      { name: "use_first", aliases: [], awaitable: true, id: 2 },
    ]);
  });

  it("counts the functions that a function takes", () => {
    const spec = { doc: "Does.", call: async () => null };
    const module = defineModule({
      name: "m",
      doc: "M.",
      functions: {
        two: awaitable({
          ...spec,
          params: { work: t.fn, name: t.string, failed: t.optional(t.union(t.string, t.fn)) },
        }),
        none: awaitable({ ...spec, params: { opts: t.object({ fn: t.fn }), all: t.list(t.fn) } }),
      },
    });
    const [two, none] = bindModules([module], []).bindings.modules[0]?.functions ?? [];
    expect([two?.functions, none?.functions]).toEqual([2, undefined]);
  });

  it("makes methods of what takes the handle first, and adds the handle's own", () => {
    const methods = bindings.handles
      .filter(({ kind }) => kind === "Thing")
      .flatMap((handle) => handle.methods.map(({ name }) => name));
    expect(methods).toEqual(["use", "own"]);
  });

  it("gives handles their properties and modules their constants", () => {
    expect(bindings.handles.at(-1)?.properties).toEqual([{ name: "size", aliases: [], awaitable: false, id: 5 }]);
    expect(bindings.modules.map(({ constants }) => constants)).toEqual([{ TYPE_THING: "thing" }, undefined]);
  });

  it("names globals and roots", () => {
    expect(bindings.globals).toEqual({ First: "first", go: "first.go" });
    expect(bindings.roots).toEqual(["root"]);
  });

  it("marks optional parameters before a required one", () => {
    expect(functions[0]?.params.map(({ label, leading }) => [label, leading])).toEqual([
      ["first.make: name", true],
      ["first.make: config", false],
    ]);
    expect(functions[1]?.params.map(({ leading }) => leading)).toEqual([false, false]);
  });
});

describe("defineModule", () => {
  it.each([
    ["camelCase", "is not in snake_case"],
    ["1st", "is not in snake_case"],
  ])("refuses the name '%s'", (name, message) => {
    const functions = { [name]: sync({ doc: "x", call: () => null }) };
    expect(() => defineModule({ name: "m", doc: "x", functions })).toThrow(message);
  });

  it("refuses a function without documentation", () => {
    expect(() => defineModule({ name: "m", doc: "x", functions: { f: sync({ doc: "", call: () => null }) } })).toThrow(
      "has no documentation",
    );
  });
});

describe("the standard library", () => {
  it("is the same object each time, so that engines can cache by it", () => {
    expect(standardLibrary()).toBe(standardLibrary());
  });

  it("has the older names that lie in other modules", () => {
    const names = (module: string): string[] =>
      standardLibrary()
        .bindings.modules.find(({ name }) => name === module)
        ?.functions.map(({ name }) => name) ?? [];
    expect(names("provider")).toEqual(expect.arrayContaining(["chat", "stream"]));
    const foreign = MODULES.flatMap((module) =>
      Object.values(module.functions).flatMap(({ aliases }) => aliases.filter((alias) => alias.includes("."))),
    );
    const lost = foreign.filter((alias) => {
      const [module = "", name = ""] = alias.replace(/\(.*/, "").split(".");
      return MODULES.some((known) => known.name === module) && !names(module).includes(name);
    });
    expect(lost).toEqual([]);
  });

  it("uses no name twice in a module", () => {
    const twice = standardLibrary().bindings.modules.flatMap(({ name, functions }) => {
      const names = functions.flatMap((fn) => [fn.name, ...fn.aliases]);
      return names.filter((fn, i) => names.indexOf(fn) !== i).map((fn) => `${name}.${fn}`);
    });
    expect(twice).toEqual([]);
  });
});
