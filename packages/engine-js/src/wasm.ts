import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  callsIn,
  findDispatch,
  meterModule,
  parseModule,
  storesIn,
  typeOfFunction,
  type MeterOptions,
  type RewrittenWasm,
  type WasmModule,
} from "@llmspell/engine/wasm";
import { SpellError } from "@llmspell/errors";
import { USED_EXPORTS } from "./abi.js";
import { JsContext } from "./layout.js";
import { hostTrampoline } from "./trampoline.js";

/** `JS_CallInternal` (quickjs.c) is the one function whose dispatch has as many targets as there are opcodes. */
const VM_DISPATCH = { minTargets: 200, params: 7 } as const;

/** The build that `layout.ts` was written for; any other is looked at before the first guest, which takes 25 ms. */
const KNOWN_BUILD = "d4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9";

/** 3 MB: static data and the C stack end at 1.2 MB, the rest is room to grow before the memory itself must. */
const MIN_PAGES = 48;
/** Room for any limit; each guest's own is enforced when its memory grows. */
const MAX_PAGES = 16_384;

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export interface RewrittenQuickJs extends RewrittenWasm {
  /** Where the module's own memory ends at first, in pages of 64 KiB. */
  readonly firstPages: number;
  /** Whether it is the build that we know. */
  readonly isKnown: boolean;
}

export interface QuickJsWasm extends RewrittenQuickJs {
  readonly module: WebAssembly.Module;
}

/**
 * QuickJS's machine code, metered, and with its imports arranged for
 * `JsInstance`. Every loop is charged, the interpreter's own among them: so an
 * instruction of a script costs one unit of fuel at least.
 *
 * @param isCharged false leaves out every charge but those of bulk instructions, for
 * measuring what charging costs. Nothing ends what such a module runs.
 */
export function compileQuickJs(isCharged = true): QuickJsWasm {
  const path = createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm");
  const file = new Uint8Array(readFileSync(path));
  const original = parseModule(file);
  const bytes = meterModule(original, {
    // QuickJS asks it from time to time whether to go on; no other import fits.
    trap: { import: "host_interrupt" },
    ...(isCharged
      ? { interpreter: interpreter(original) }
      : { skipLoop: () => true, freeEntry: [...original.functionTypes.keys()] }),
    growth: { import: "fd_close" },
    memory: { minPages: MIN_PAGES, maxPages: MAX_PAGES },
    bodies: new Map([hostTrampoline(original)]),
    exportGlobals: true,
    keepExport: (name) => USED_EXPORTS.has(name),
  });
  return instantiable({
    bytes,
    hash: sha256(bytes),
    firstPages: original.memory?.minPages ?? MIN_PAGES,
    isKnown: sha256(file) === KNOWN_BUILD,
  });
}

/** Compiles what {@link compileQuickJs} has rewritten. */
export function instantiable(wasm: RewrittenQuickJs): QuickJsWasm {
  return { ...wasm, module: new WebAssembly.Module(wasm.bytes as BufferSource) };
}

/**
 * The interpreter counts each instruction in a register, and looks whether any
 * fuel is left where QuickJS itself asks whether to go on: at its jumps and calls,
 * so in every cycle of a program. Measured: 1 to 12 % on loops and calls, instead
 * of 15 to 31 % when each instruction looks.
 */
function interpreter(module: WasmModule): NonNullable<MeterOptions["interpreter"]> {
  const { functionIndex, loopOffset } = findDispatch(module, VM_DISPATCH);
  const calls = callsIn(module, functionIndex);
  const callees = [...new Set(calls.map(({ callee }) => callee))];
  // `js_poll_interrupts` counts down in the context.
  const polls = callees.filter(
    (callee) =>
      typeOfFunction(module, callee).params.length === 1 &&
      storesIn(module, callee).includes(JsContext.interruptCounter),
  );
  const [poll] = polls;
  if (polls.length !== 1) {
    throw new SpellError("UNSUPPORTED", `this build of QuickJS asks in ${polls.length} functions whether to go on`);
  }
  const checkAt = calls.filter(({ callee }) => callee === poll).map(({ end }) => end);
  return { functionIndex, countOnly: { loopOffset, checkAt } };
}
