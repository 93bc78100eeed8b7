import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { meterModule, parseModule } from "@llmspell/engine/wasm";
import { USED_EXPORTS } from "./abi.js";

/** 3 MB: static data and the C stack end at 1.2 MB, the rest is room to grow before the memory itself must. */
const MIN_PAGES = 48;
/** Room for any limit; each guest's own is enforced when its memory grows. */
const MAX_PAGES = 16_384;

export interface QuickJsWasm {
  readonly module: WebAssembly.Module;
  /** Where the module's own memory ends at first, in pages of 64 KiB. */
  readonly firstPages: number;
  /** SHA-256 of the rewritten module. */
  readonly hash: string;
}

/**
 * QuickJS's machine code, metered, and with its imports arranged for
 * `JsInstance`. Every loop is charged, the interpreter's own among them: so an
 * instruction of a script costs one unit of fuel at least.
 */
export function compileQuickJs(): QuickJsWasm {
  const path = createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm");
  const original = parseModule(new Uint8Array(readFileSync(path)));
  const bytes = meterModule(original, {
    // QuickJS asks it from time to time whether to go on; no other import fits.
    trap: { import: "host_interrupt" },
    growth: { import: "fd_close" },
    memory: { minPages: MIN_PAGES, maxPages: MAX_PAGES },
    exportGlobals: true,
    keepExport: (name) => USED_EXPORTS.has(name),
  });
  return {
    module: new WebAssembly.Module(bytes as BufferSource),
    firstPages: original.memory?.minPages ?? MIN_PAGES,
    hash: createHash("sha256").update(bytes).digest("hex"),
  };
}
