import type { Bindings, Origin } from "@llmspell/engine";
import { ImageMaker } from "@llmspell/engine/guest-kit";
import { checkLayout } from "./check-layout.js";
import { buildImage, type JsImage } from "./image.js";
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
  /** Whether values lie in memory as we think. */
  #isChecked: boolean;
  readonly #warmImage: ((bindings: Bindings) => JsImage | undefined) | undefined;

  /** @param warmImage gives the images that were computed ahead. */
  constructor(wasm: QuickJsWasm, warmImage?: (bindings: Bindings) => JsImage | undefined) {
    super();
    this.#wasm = wasm;
    this.#isChecked = wasm.isKnown;
    this.#warmImage = warmImage;
  }

  prepare({ bindings, sandbox }: Origin): { image: JsMemory; first: JsInstance } {
    const first = this.instantiate();
    const warm = sandbox === "basic" ? this.#warmImage?.(bindings) : undefined;
    if (warm !== undefined) first.hold(warm.pages);
    const image = new JsMemory(warm ?? buildImage(first, bindings, sandbox), sandbox);
    if (!this.#isChecked) {
      checkLayout(first, image.image);
      this.#isChecked = true;
      image.reset(first);
    }
    return { image, first };
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
