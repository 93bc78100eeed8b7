import type { InstanceMaker, Origin } from "@llmspell/engine";
import { buildImage } from "./image.js";
import { JsInstance } from "./instance.js";
import { ImageMemory } from "./memory.js";
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
export class JsMaker implements InstanceMaker<ImageMemory, JsInstance> {
  readonly #wasm: QuickJsWasm;

  constructor(wasm: QuickJsWasm) {
    this.#wasm = wasm;
  }

  prepare({ bindings, sandbox }: Origin): { image: ImageMemory; first: JsInstance } {
    const first = new JsInstance(this.#wasm);
    return { image: new ImageMemory(buildImage(first, bindings, sandbox), sandbox), first };
  }

  create(memory: ImageMemory): JsInstance {
    const instance = new JsInstance(this.#wasm);
    instance.hold(memory.image.pages);
    memory.reset(instance);
    return instance;
  }

  reset(memory: ImageMemory, instance: JsInstance, trapped: boolean): void {
    memory.reset(instance, trapped);
  }

  /** A grown memory cannot shrink, and one that was written at random cannot be put back. */
  obstacle({ image, sandbox }: ImageMemory, instance: JsInstance): "grown" | "unsafe" | undefined {
    if (sandbox === "none") return "unsafe";
    return instance.heldBytes > image.memory.byteLength ? "grown" : undefined;
  }

  /** Compares every byte with the image, and runs a small program. */
  isHealthy(memory: ImageMemory, instance: JsInstance): boolean {
    const { image } = memory;
    if (!image.memory.matches(instance.ex.memory, instance.globals)) return false;
    const isAlive = probe(instance);
    memory.reset(instance, !isAlive);
    return isAlive;
  }
}

function probe(instance: JsInstance): boolean {
  instance.ex.$fuel.value = PROBE_FUEL;
  try {
    const value = instance.evaluate(PROBE, "probe");
    return !instance.isException(value) && instance.readText(value) === PROBE_RESULT;
  } catch {
    return false; // a trap, or the fuel: nobody serves an instance that no guest uses
  }
}
