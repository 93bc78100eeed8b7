import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Bindings, SandboxLevel } from "@llmspell/engine";
import { indexBindings } from "@llmspell/engine/guest-kit";
import { captureImage, type MemoryImage } from "@llmspell/engine/wasm";
import { SpellError } from "@llmspell/errors";
import { EvalFlag, PromiseState, type Value } from "./abi.js";
import { bindFunction } from "./bind.js";
import { Building } from "./building.js";
import type { Layout } from "./check-layout.js";
import { SCRATCH_SIZE, type JsInstance } from "./instance.js";
import { JsObject, JsRuntime, JsShape } from "./layout.js";
import { CallKind, EXPORTS, OPS, type ExportName } from "./ops.js";

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
  "watched",
  "tables",
  "bind",
  "modules",
  "console",
];
const LIBRARIES: Readonly<Record<SandboxLevel, readonly string[]>> = {
  none: PARTS,
  basic: [...PARTS, "sandbox"],
  strict: [...PARTS, "sandbox", "strict"],
};

/** A warm context: the guest library loaded, modules bound. */
export interface JsImage extends Layout {
  readonly memory: MemoryImage;
  /** The size of memory as the guest sees it, in pages. */
  readonly pages: number;
  readonly scratch: number;
  /** Where the C stack begins; it grows towards 0. */
  readonly stackTop: number;
  readonly exports: Readonly<Record<ExportName, Value>>;
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
  ex.$fuel.value = 0x7fff_ffff;
  js.port = new Building();
  ex._initialize();
  const stackTop = ex.__stack_pointer.value;
  if (ex.qjs_init() !== 0) throw new SpellError("INTERNAL", "QuickJS cannot be initialized");
  ex.qjs_set_interrupt_handler(1);
  ex.qjs_set_promise_rejection_handler(1);
  ex.qjs_set_module_loader(1);
  js.scratch = ex.malloc(SCRATCH_SIZE);
  js.refreshViews();
  const runtime = ex.qjs_get_runtime_ptr();
  const heapBytes = runtime + JsRuntime.heapBytes;
  const objectPrototype = addressOf(js, "Object.prototype");
  const trampoline = js.findTrampoline();
  js.port = new Builder(js, trampoline);

  const host = js.newHostFunction(trampoline, CallKind.library, []);
  const texts = [OPS, CallKind, indexBindings(bindings)].map((data) => js.newString(JSON.stringify(data)));
  const parameters = [host, ...texts];
  const make = load(js, "lib");
  const lib = checked(js, js.call(make, ...parameters), "lib");
  js.free(make, ...parameters);
  for (const name of LIBRARIES[level]) {
    const part = load(js, name);
    js.free(checked(js, js.call(part, lib), name), part);
    if (name === "modules") loadModules(js, lib);
  }
  const table = js.property(lib, "exports");
  const exports = Object.fromEntries(EXPORTS.map((name) => [name, js.property(table, name)])) as Record<
    ExportName,
    Value
  >;
  const someHandle = js.property(table, "someHandle");
  const handleName = firstNameOf(js, js.pointerOf(someHandle));
  js.free(table, lib, someHandle);
  const layout = { trampoline, objectPrototype, atoms: runtime + JsRuntime.atoms, handleName, heapBytes };
  ex.qjs_run_gc();
  js.port = undefined;
  // Between turns nothing on the C stack is live.
  const memory = captureImage(ex.memory, js.globals, { skip: [[0, stackTop]] });
  return {
    memory,
    pages: js.pages,
    scratch: js.scratch,
    stackTop,
    exports,
    ...layout,
  };
}

/** The name of an object's first property. */
function firstNameOf(js: JsInstance, object: number): number {
  const shape = js.word(object + JsObject.shape);
  return js.word(shape + JsShape.table + 4 * (js.word(shape + JsShape.hashMask) + 1) + 4);
}

function addressOf(js: JsInstance, source: string): number {
  const value = checked(js, js.evaluate(source, "[llmspell image]"), source);
  const address = js.pointerOf(value);
  js.free(value);
  return address;
}

/** Runs the modules that the library makes for scripts to import, while they still see what it shares. */
function loadModules(js: JsInstance, lib: Value): void {
  const take = js.property(lib, "takeModules");
  const made = checked(js, js.call(take), "modules");
  const modules = JSON.parse(js.readText(made)) as readonly (readonly [name: string, source: string])[];
  js.free(take, made);
  for (const [name, source] of modules) {
    const promise = checked(js, js.evaluate(source, name, EvalFlag.module), name);
    while (js.ex.qjs_is_job_pending() !== 0) js.ex.qjs_execute_pending_job();
    if (js.ex.qjs_promise_state(promise) !== PromiseState.fulfilled) {
      throw new SpellError("INTERNAL", `the module '${name}' failed`);
    }
    js.free(promise);
  }
  js.free(checked(js, js.evaluate("delete globalThis['[llmspell]']", "[llmspell modules]"), "modules"));
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

/** Serves the guest library while it is loaded: it binds functions, and nothing else. */
class Builder extends Building {
  readonly #js: JsInstance;
  readonly #trampoline: number;

  constructor(js: JsInstance, trampoline: number) {
    super();
    this.#js = js;
    this.#trampoline = trampoline;
  }

  override hostCall(_argc: number, argv: number): number {
    return bindFunction(this.#js, this.#trampoline, argv);
  }
}
