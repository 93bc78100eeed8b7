import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dispatchHandlers, findDispatch, meterModule, parseModule, type RewrittenWasm } from "@llmspell/engine/wasm";
import { KEPT_EXPORTS } from "./abi.js";

/**
 * Lua 5.4's `luaV_execute` is the one function with two parameters whose
 * dispatch has a target for each of the 83 opcodes.
 */
const VM_DISPATCH = { minTargets: 83, maxTargets: 84, params: 2 } as const;

/**
 * The opcodes of Lua 5.4 (lopcodes.h) one of which every cycle of a program
 * passes: jumps, the tests that jump (EQ to TESTSET), calls, and the ends of
 * loops. Each instruction takes its fuel; only these look whether any is left.
 * Measured: 5 to 17 % on loops and calls, instead of 16 to 33 % when each looks.
 */
const CYCLE_OPCODES = [56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 73, 76, 77];

/**
 * Functions of this very build of Lua that are charged less. In any other build
 * everything is charged.
 *
 * - `precall` prepares every call (`luaD_precall`, ldo.c). Its loops are short: over
 *   the parameters of a function, and along a chain of `__call`, which takes a slot
 *   of the Lua stack each time. Leaving them uncharged saves 5 % on fib(32).
 * - `hooks` run before an instruction of a coroutine that has a hook, and call it
 *   (`luaG_traceexec`, ldebug.c, and `luaD_hook`, ldo.c). Their loops, over 128
 *   instructions at most, find the line; a hook calls no other. Uncharged, so that
 *   a program takes the same fuel with a debugger as without.
 * - `poscall` ends a call (`luaD_poscall`, ldo.c), with a hook also one that the
 *   interpreter ends by itself otherwise. It calls nothing but hooks: uncharged at
 *   entry.
 */
export const KNOWN_BUILD = {
  sha256: "95f3f19ddb740125883bc41d5ec670cd0828e7b58c8bdad385323cbff497b55c",
  precall: 293,
  hooks: [280, 288, 289] as readonly number[],
  poscall: 291,
} as const;

const KEPT = new Set<string>(KEPT_EXPORTS);

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** 1.75 MB: static data and the C stack end at 1.06 MB, the rest is a first heap. */
const MIN_PAGES = 28;
/** Room for any limit; each guest's own is enforced when its memory grows. */
const MAX_PAGES = 16_384;

export interface LuaWasm extends RewrittenWasm {
  readonly module: WebAssembly.Module;
}

/**
 * Lua's machine code, metered and with its imports arranged for {@link LuaInstance}.
 *
 * @param isCharged false leaves out every charge but those of bulk instructions, for
 * measuring what charging costs. Nothing ends what such a module runs.
 */
export function compileLua(isCharged = true): LuaWasm {
  const path = createRequire(import.meta.url).resolve("wasmoon/dist/glue.wasm");
  const file = new Uint8Array(readFileSync(path));
  const known = sha256(file) === KNOWN_BUILD.sha256 ? KNOWN_BUILD : undefined;
  const original = parseModule(file);
  const vm = findDispatch(original, VM_DISPATCH);
  const bytes = meterModule(original, {
    trap: { import: "abort" },
    ...(isCharged && {
      interpreter: {
        functionIndex: vm.functionIndex,
        trapWithFirstParam: "exit",
        countOnly: { loopOffset: vm.loopOffset, checkAt: CYCLE_OPCODES.map(dispatchHandlers(original, vm)) },
      },
    }),
    // The interpreter's loops for calls and returns: the call opcodes look instead.
    skipLoop: (functionIndex, offset) =>
      !isCharged ||
      functionIndex === known?.precall ||
      known?.hooks.includes(functionIndex) ||
      (functionIndex === vm.functionIndex && vm.outerLoops.includes(offset)),
    freeEntry: isCharged ? freeEntries(known) : [...original.functionTypes.keys()],
    memory: { minPages: MIN_PAGES, maxPages: MAX_PAGES },
    keepExport: (name) => KEPT.has(name),
    exportGlobals: true,
    exportImports: { $host: "system", $continue: "__syscall_fcntl64", $warn: "invoke_vii" },
    longjmp: "exceptions",
  });
  return instantiable({ bytes, hash: sha256(bytes) });
}

const freeEntries = (known: typeof KNOWN_BUILD | undefined): readonly number[] =>
  known === undefined ? [] : [...known.hooks, known.poscall];

/** Compiles what {@link compileLua} has rewritten. */
export function instantiable({ bytes, hash }: RewrittenWasm): LuaWasm {
  return { bytes, hash, module: new WebAssembly.Module(bytes as BufferSource) };
}
