import type { Origin } from "@llmspell/engine";
import { ImageMaker } from "@llmspell/engine/guest-kit";
import { buildImage } from "./image.js";
import { JsInstance } from "./instance.js";
import { JsMemory } from "./memory.js";
import type { QuickJsWasm } from "./wasm.js";

/** Fuel for the probe of a health check; it takes some thousands. */
const PROBE_FUEL = 10_000_000;
/** Uses the parser, objects, text, a closure and a sort, and allocates. */
const PROBE = `(() => {
  const words = [];
  for (let i = 8; i > 0; i--) words.push("x".repeat(i));
  return words.sort((a, b) => a.length - b.length).map((w, i) => w.length === i + 1).join();
})()`;
const PROBE_RESULT = "true,true,true,true,true,true,true,true";

/** Makes what the pool of a JavaScript engine keeps. */
export class JsMaker extends ImageMaker<JsMemory, JsInstance> {
  readonly #wasm: QuickJsWasm;

  constructor(wasm: QuickJsWasm) {
    super();
    this.#wasm = wasm;
  }

  prepare({ bindings, sandbox }: Origin): { image: JsMemory; first: JsInstance } {
    const first = this.instantiate();
    return { image: new JsMemory(buildImage(first, bindings, sandbox), sandbox), first };
  }

  protected instantiate(): JsInstance {
    return new JsInstance(this.#wasm);
  }

  override create(memory: JsMemory): JsInstance {
    const instance = this.instantiate();
    instance.hold(memory.image.pages);
    memory.reset(instance);
    return instance;
  }

  protected override heldBytes(instance: JsInstance): number {
    return instance.heldBytes;
  }

  protected probe(_memory: JsMemory, instance: JsInstance): boolean {
    instance.ex.$fuel.value = PROBE_FUEL;
    const value = instance.evaluate(PROBE, "probe");
    return !instance.isException(value) && instance.readText(value) === PROBE_RESULT;
  }
}
