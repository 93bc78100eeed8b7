import type { SandboxLevel } from "@llmspell/engine";
import { DeltaBase, type MemoryDelta } from "@llmspell/engine/wasm";
import { SpellError } from "@llmspell/errors";
import type { JsImage } from "./image.js";
import { WASM_PAGE, type JsInstance } from "./instance.js";

/** The memory of instances, against the image that their guests start from. */
export class ImageMemory {
  readonly image: JsImage;
  readonly sandbox: SandboxLevel;
  #base: DeltaBase | undefined;

  constructor(image: JsImage, sandbox: SandboxLevel) {
    this.image = image;
    this.sandbox = sandbox;
  }

  /** Made when the first snapshot is: most hosts take none. */
  get base(): DeltaBase {
    return (this.#base ??= new DeltaBase(this.image.memory));
  }

  /** Puts an instance into the state of a new guest; after a trap nothing it left behind can be relied on. */
  reset(instance: JsInstance, trapped = false): void {
    const { image } = this;
    image.memory.apply(instance.ex.memory, instance.globals, trapped ? Infinity : instance.memoryBytes);
    instance.pages = image.pages;
    instance.scratch = image.scratch;
  }

  /** What a guest has changed; only between turns. */
  capture(instance: JsInstance): MemoryDelta {
    const delta = this.base.capture(instance.ex.memory, instance.globals, instance.memoryBytes);
    return { ...delta, byteLength: Math.max(instance.memoryBytes, this.image.memory.byteLength) };
  }

  /** Puts an instance into a captured state, with so many pages. */
  restore(instance: JsInstance, delta: MemoryDelta, pages: number): void {
    this.reset(instance);
    if (!instance.hold(Math.max(pages, Math.ceil(delta.byteLength / WASM_PAGE)))) {
      throw new SpellError("LIMIT_MEMORY", "this process has no memory left for the snapshot");
    }
    this.base.apply(delta, instance.ex.memory, instance.globals);
    instance.pages = pages;
  }
}
