import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import Ajv from "ajv/dist/2020.js";
import { createContext, createDataTool, createFileTool, createMathTool, defineTool, executeTool } from "@llmspell/core";
import { compare, row, show } from "./measure.js";

const PARAMETERS = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
const { signal } = new AbortController();

/**
 * Calls of tools with all their checks beside the same work done bare: what one call costs,
 * in microseconds of `[ours, theirs]`, by what is called.
 */
export async function measureTools({ count = 500, rounds = 9 } = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "bench-tools-"));
  await writeFile(path.join(folder, "notes.txt"), "x".repeat(1024));
  const double = defineTool({
    name: "double",
    description: "Doubles",
    parameters: PARAMETERS,
    execute: ({ n }) => n * 2,
  });
  const [math, data, files] = [createMathTool(), createDataTool(), createFileTool({ root: folder })];
  const run = createContext();
  const validate = new Ajv.Ajv2020().compile(PARAMETERS);
  const csv = `name,price\n${Array.from({ length: 50 }, (_, i) => `item ${i},${i}`).join("\n")}\n`;
  const { default: papa } = await import("papaparse");

  const call =
    (tool, args, context = { signal }) =>
    () =>
      executeTool(tool, args, context);
  const cases = {
    "a tool that doubles": [
      call(double, { n: 4 }),
      async () => (validate({ n: 4 }) ? await double.execute({ n: 4 }) : undefined),
    ],
    "the same inside a run": [
      call(double, { n: 4 }, { signal, run }),
      async () => (validate({ n: 4 }) ? await double.execute({ n: 4 }) : undefined),
    ],
    "math: a product": [call(math, { operation: "multiply", a: 6, b: 7 }), async () => 6 * 7],
    "data: 50 rows of CSV": [
      call(data, { operation: "parse", content: csv, format: "csv" }),
      async () => papa.parse(csv, { header: true }).data,
    ],
    "file: 1 KB read": [
      call(files, { operation: "read", path: "notes.txt" }),
      () => readFile(path.join(folder, "notes.txt"), "utf8"),
    ],
  };
  const measured = {};
  for (const [what, [ours, bare]] of Object.entries(cases)) {
    const many = (work) => async () => {
      for (let i = 0; i < count; i++) await work();
    };
    const times = await compare(many(ours), many(bare), { rounds, warmup: 2 });
    measured[what] = times.map((micros) => micros / count);
  }
  await rm(folder, { recursive: true });
  return measured;
}

export async function benchTools() {
  for (const [what, [ours, bare]] of Object.entries(await measureTools()))
    row(`tool call, ${what}`, show(ours), `bare ${show(bare)}`, `${(ours / bare).toFixed(2)} ×`);
}
