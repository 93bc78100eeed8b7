import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Bindings, SandboxLevel } from "@llmspell/engine";
import { captureImage, type MemoryImage } from "@llmspell/engine/wasm";
import { SpellError } from "@llmspell/errors";
import type { Value } from "./abi.js";
import { GuestKilled } from "@llmspell/engine/guest-kit";
import { SCRATCH_SIZE, type JsInstance, type JsPort } from "./instance.js";
import { CODE_CLASSES, CODE_CLASS_COUNT, CallStack } from "./debug/call-stack.js";
import { EXPORTS, OPS, type ExportName } from "./ops.js";

/** The guest library of each level, in order. Real files, so that they can be read and tested. */
const PARTS = [
  "intrinsics",
  "errors",
  "values",
  "handles",
  "tasks",
  "weak",
  "timers",
  "abort",
  "clone",
  "bind",
  "console",
];
const LIBRARIES: Readonly<Record<SandboxLevel, readonly string[]>> = {
  none: PARTS,
  basic: [...PARTS, "sandbox"],
  strict: [...PARTS, "sandbox", "strict"],
};

/** Of `JSRuntime` (quickjs.c): behind five pointers to functions, the allocations, then their bytes. */
const MALLOC_SIZE = 24;
/** Small, for what it takes stays in the image. */
const PROBE_SIZE = 1_000;

/** A warm context: the guest library loaded, modules bound. */
export interface JsImage {
  readonly memory: MemoryImage;
  /** The size of memory as the guest sees it, in pages. */
  readonly pages: number;
  readonly scratch: number;
  /** Where the C stack begins; it grows towards 0. */
  readonly stackTop: number;
  /** Address of the word that holds how many bytes are allocated. */
  readonly heapBytes: number;
  readonly exports: Readonly<Record<ExportName, Value>>;
  /** The classes of functions that have code of a script. */
  readonly codeClasses: readonly number[];
}

const sources = new Map<string, string>();

function librarySource(name: string): string {
  let source = sources.get(name);
  if (source === undefined) {
    const folder = join(dirname(createRequire(import.meta.url).resolve("@llmspell/engine-js/package.json")), "js");
    source = readFileSync(join(folder, `${name}.js`), "utf8");
    sources.set(name, source);
  }
  return source;
}

/** Builds the image for `bindings` on a fresh instance, which is left in the image's state. */
export function buildImage(js: JsInstance, bindings: Bindings, level: SandboxLevel): JsImage {
  const { ex } = js;
  js.port = new Builder(js);
  ex.$fuel.value = 0x7fff_ffff;
  ex._initialize();
  const stackTop = ex.__stack_pointer.value;
  if (ex.qjs_init() !== 0) throw new SpellError("INTERNAL", "QuickJS cannot be initialized");
  ex.qjs_set_interrupt_handler(1);
  ex.qjs_set_promise_rejection_handler(1);
  js.scratch = ex.malloc(SCRATCH_SIZE);
  js.refreshViews();
  const heapBytes = ex.qjs_get_runtime_ptr() + MALLOC_SIZE;
  checkLayout(js, heapBytes);
  const codeClasses = readCodeClasses(js);

  const host = js.newHostFunction("host");
  const parameters = [host, js.newString(JSON.stringify(OPS)), js.newString(JSON.stringify(bindings))];
  const make = load(js, "lib");
  const lib = checked(js, js.call(make, ...parameters), "lib");
  js.free(make, ...parameters);
  for (const name of LIBRARIES[level]) {
    const part = load(js, name);
    js.free(checked(js, js.call(part, lib), name), part);
  }
  const table = js.property(lib, "exports");
  const exports = Object.fromEntries(EXPORTS.map((name) => [name, js.property(table, name)])) as Record<
    ExportName,
    Value
  >;
  js.free(table, lib);
  ex.qjs_run_gc();
  js.port = undefined;
  // Between turns nothing on the C stack is live.
  const memory = captureImage(ex.memory, js.globals, { skip: [[0, stackTop]] });
  return { memory, pages: js.pages, scratch: js.scratch, stackTop, heapBytes, exports, codeClasses };
}

function load(js: JsInstance, name: string): Value {
  return checked(js, js.evaluate(librarySource(name), `[llmspell ${name}]`), name);
}

function checked(js: JsInstance, value: Value, name: string): Value {
  if (!js.isException(value)) return value;
  const error = js.ex.qjs_get_exception();
  const stack = js.readText(js.property(error, "stack"));
  throw new SpellError("INTERNAL", `the guest library '${name}' failed: ${js.readText(error)}\n${stack}`);
}

function checkLayout(js: JsInstance, heapBytes: number): void {
  const read = (): number => {
    js.sync();
    return js.view.getUint32(heapBytes, true);
  };
  const before = read();
  const text = js.newString("x".repeat(PROBE_SIZE));
  const with_ = read();
  js.free(text);
  if (with_ - before >= PROBE_SIZE && with_ - before < PROBE_SIZE * 2 && read() === before) return;
  throw new SpellError("UNSUPPORTED", "this build of QuickJS counts its memory in another place");
}

/** The classes of functions that have code of a script; looks whether calls are where they are taken to be. */
function readCodeClasses(js: JsInstance): readonly number[] {
  const stack = new CallStack(js, []);
  const functions = js.evaluate(CODE_CLASSES, "classes");
  const classes = Array.from({ length: CODE_CLASS_COUNT }, (_, i) => {
    const fn = js.property(functions, String(i));
    const id = stack.classOf(js.ex.qjs_get_value_ptr(fn));
    js.free(fn);
    return id;
  });
  js.free(functions);
  const named = new CallStack(js, classes);
  let seen: readonly unknown[] = [];
  js.port = new Builder(js, () => {
    seen = named.functions(3).map((fn) => named.describe(fn));
  });
  const probe = js.evaluate("(seen) => {\n  const inner = () => seen()\n  inner()\n}", "calls");
  const host = js.newHostFunction("seen");
  js.free(checked(js, js.call(probe, host), "calls"), probe, host);
  js.port = new Builder(js);
  const expected = [
    { name: "seen", code: undefined },
    { name: "inner", code: { file: "calls", line: 2, column: 17 } },
    { name: "", code: { file: "calls", line: 1, column: 1 } },
  ];
  if (JSON.stringify(seen) === JSON.stringify(expected)) return classes;
  throw new SpellError("UNSUPPORTED", "this build of QuickJS keeps its calls in another place");
}

class Builder implements JsPort {
  readonly #js: JsInstance;

  readonly #called: () => void;

  constructor(js: JsInstance, called: () => void = () => {}) {
    this.#js = js;
    this.#called = called;
  }

  interrupt(): void {
    throw new GuestKilled("the guest library ran out of fuel");
  }
  isOver(): boolean {
    return false;
  }
  hostCall(): Value {
    this.#called();
    return this.#js.ex.qjs_get_undefined();
  }
  rejection(promise: Value, reason: Value): void {
    this.#js.free(promise, reason);
  }
  mayGrow(): boolean {
    return true;
  }
  now(): number {
    return 0;
  }
}
