import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { awaitable, defineModule, guestFunction, sync } from "../door/module.js";
import { t } from "../door/types.js";
import { MODULES } from "../modules/index.js";
import { typeScriptDeclarations } from "./typescript.js";

const options = t.object({ max_size: t.optional(t.integer()), names: t.list(t.string) }, "BoxOptions");

const box = defineModule({
  name: "box_store",
  doc: "Boxes.",
  handles: ["Box"],
  globals: { open: "open", lost: "of_language" },
  functions: {
    open: sync({
      doc: "Opens a box.",
      params: { label: t.optional(t.string), options },
      result: "Box or nil",
      needs: { "file.read": "the path" },
      mayNeed: { tools: "what it asks for" },
      call: () => null,
    }),
    weigh: awaitable({
      doc: "Weighs it. */ escape",
      params: { box: t.handle("Box"), unit: t.oneOf("g", "kg"), opts: t.optional(options) },
      result: "{grams: number, parts?: list<string or nil>}",
      call: () => Promise.resolve(null),
    }),
    delete: sync({ doc: "Ends it.", params: { box: t.handle("Box") }, call: () => undefined }),
    find_all: sync({
      doc: "Those for which `fn` is true.",
      params: { fn: t.fn, in: t.union(t.list(t.table), t.duration) },
      result: "list<Box>",
      call: () => [],
    }),
    of_language: guestFunction({ doc: "What the language has." }),
  },
  methods: {
    Box: {
      shake: awaitable({ doc: "Shakes it.", params: { box: t.handle("Box") }, call: () => Promise.resolve(null) }),
    },
  },
  properties: {
    Box: { net_weight: sync({ doc: "Grams.", params: { box: t.handle("Box") }, result: "number", call: () => 1 }) },
  },
});

const text = typeScriptDeclarations([box], "root");

describe("the TypeScript declarations", () => {
  it.each([
    [
      "functions in both spellings",
      "  findAll(fn: (...args: any[]) => any, in_: readonly Record<string, any>[] | Duration): Box[];\n",
    ],
    ["the other spelling", "  find_all(fn: (...args: any[]) => any, in_: "],
    [
      "parameters that may be left out in front of others",
      "  open(label: string, options: BoxOptions): Box | null;\n  open(options: BoxOptions): Box | null;\n",
    ],
    ["capabilities", "   * Needs `file.read` (the path).\n   * May need what it asks for.\n"],
    [
      "what waits, with a signal",
      '  weigh(box: Box | string, unit: "g" | "kg", opts?: BoxOptions & Waiting): Promise<{ grams: number; parts?: (string | null)[] }>;\n',
    ],
    ["named tables", "type BoxOptions = Spelled<{\n  max_size?: number;\n  names: readonly string[];\n}>;\n"],
    ["methods without their object", '  weigh(unit: "g" | "kg", opts?: BoxOptions & Waiting): Promise<'],
    ["methods of their own", "  shake(opts?: Waiting): Promise<void>;\n"],
    ["fields", "  readonly netWeight: number;\n"],
    ["kinds", 'interface Box {\n  readonly kind: "Box";\n'],
    ["globals", 'declare var box_store: BoxStoreModule;\ndeclare var open: BoxStoreModule["open"];\n'],
    ["modules", 'declare module "root/box_store" {\n  const all: BoxStoreModule;\n  export default all;\n'],
    [
      "exports whose names are words of the language",
      '  const delete_: BoxStoreModule["delete"];\n  export { delete_ as delete };\n',
    ],
    [
      "the root",
      'declare module "root" {\n  const all: Llmspell;\n  export default all;\n  export const box_store: Llmspell["box_store"];\n}\n',
    ],
  ])("have %s", (_, expected) => {
    expect(text).toContain(expected);
  });

  it.each([
    ["other fields", t.object({ size: t.integer() }, "BoxOptions")],
    ["another type of a field", t.object({ max_size: t.optional(t.string), names: t.list(t.string) }, "BoxOptions")],
    ["a kind of handles", t.object({ size: t.integer() }, "Box")],
  ])("refuse a name of a table that stands for %s, too", (_, given) => {
    const other = defineModule({
      name: "other",
      doc: "Others.",
      functions: { open: sync({ doc: "Opens.", params: { given }, call: () => null }) },
    });
    expect(() => typeScriptDeclarations([box, other], "root")).toThrow("is the name of different things");
  });

  it("have nothing of what the language has, and no comment that ends early", () => {
    expect(text).not.toMatch(/of_language|ofLanguage|lost/);
    expect(text).toContain("/** Weighs it. *\\/ escape */");
  });

  it("are those beside the examples", () => {
    const file = readFileSync(new URL("../../../../examples/llmspell.d.ts", import.meta.url), "utf8");
    expect(typeScriptDeclarations(MODULES, "llmspell")).toBe(file);
  });
});
