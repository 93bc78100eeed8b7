import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { findDispatch, meterModule, parseModule } from "@llmspell/engine/wasm";

/**
 * Lua 5.4's `luaV_execute` is the one function with two parameters whose
 * dispatch has a target for each of the 83 opcodes.
 */
const VM_DISPATCH = { minTargets: 83, maxTargets: 84, params: 2 } as const;

/** 1.5 MB: static data and the C stack end at 1.06 MB, the rest is a first heap. */
const MIN_PAGES = 24;
/** Room for any limit; each guest's own is enforced when its memory grows. */
const MAX_PAGES = 16_384;

export interface LuaWasm {
  readonly bytes: Uint8Array;
  readonly module: WebAssembly.Module;
  /** SHA-256 of the rewritten module. */
  readonly hash: string;
}

/** Lua's machine code, metered and with its imports arranged for {@link LuaInstance}. */
export function compileLua(): LuaWasm {
  const path = createRequire(import.meta.url).resolve("wasmoon/dist/glue.wasm");
  const original = parseModule(new Uint8Array(readFileSync(path)));
  const vm = findDispatch(original, VM_DISPATCH);
  const bytes = meterModule(original, {
    trap: { import: "abort" },
    trapWithFirstParam: { functionIndex: vm.functionIndex, import: "exit" },
    memory: { minPages: MIN_PAGES, maxPages: MAX_PAGES },
    exportGlobals: true,
    exportImports: { $host: "system", $continue: "__syscall_fcntl64" },
    longjmp: "exceptions",
  });
  return instantiable(bytes, createHash("sha256").update(bytes).digest("hex"));
}

/** Compiles what {@link compileLua} has rewritten. */
export function instantiable(bytes: Uint8Array, hash: string): LuaWasm {
  return { bytes, hash, module: new WebAssembly.Module(bytes as BufferSource) };
}
