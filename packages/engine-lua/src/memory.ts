import type { SandboxLevel } from "@llmspell/engine";
import { DeltaBase, type MemoryDelta } from "@llmspell/engine/wasm";
import { SpellError } from "@llmspell/errors";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";

const WASM_PAGE = 65_536;

/** The memory of instances, against the image that their guests start from. */
export class ImageMemory {
  readonly image: LuaImage;
  readonly sandbox: SandboxLevel;
  #base: DeltaBase | undefined;

  constructor(image: LuaImage, sandbox: SandboxLevel) {
    this.image = image;
    this.sandbox = sandbox;
  }

  /** Made when the first snapshot is: most hosts take none. */
  get base(): DeltaBase {
    return (this.#base ??= new DeltaBase(this.image.memory));
  }

  /** Puts an instance into the state of a new guest; after a trap nothing it left behind can be relied on. */
  reset(instance: LuaInstance, trapped = false): void {
    const dirtyEnd = trapped ? Infinity : this.#dirtyEnd(instance);
    this.image.memory.apply(instance.ex.memory, instance.globals, dirtyEnd);
    instance.scratch = this.image.scratch;
  }

  /** What a guest has changed; only between turns. */
  capture(instance: LuaInstance): MemoryDelta {
    return this.base.capture(instance.ex.memory, instance.globals, this.#dirtyEnd(instance));
  }

  /** Puts an instance into a captured state. */
  restore(instance: LuaInstance, delta: MemoryDelta): void {
    this.reset(instance);
    const missing = delta.byteLength - instance.memoryBytes;
    if (missing > 0) {
      try {
        instance.ex.memory.grow(Math.ceil(missing / WASM_PAGE));
      } catch (cause) {
        throw new SpellError("LIMIT_MEMORY", "this process has no memory left for the snapshot", { cause });
      }
      instance.refreshViews();
    }
    this.base.apply(delta, instance.ex.memory, instance.globals);
  }

  /** Nothing was written beyond the end of the heap, or of the C stack, since the memory was new or last reset. */
  #dirtyEnd(instance: LuaInstance): number {
    instance.sync();
    return Math.max(instance.view.getUint32(this.image.heapEnd, true), instance.ex.stackSave());
  }
}
