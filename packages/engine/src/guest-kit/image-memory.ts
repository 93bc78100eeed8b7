import type { SandboxLevel } from "../index.js";
import { DeltaBase, type MemoryDelta, type MemoryImage } from "../wasm/index.js";
import { SpellError } from "@llmspell/errors";
import type { GuestSnapshot } from "./snapshot-format.js";
import type { SavedGuest } from "./saved-guest.js";

/** One WebAssembly instance of an interpreter with its memory, and nothing of any guest's. */
export interface Interpreter {
  readonly ex: { readonly memory: WebAssembly.Memory; readonly $fuel: WebAssembly.Global<"i32"> };
  /** The mutable globals of the module in a fixed order. */
  readonly globals: readonly WebAssembly.Global[];
  /** Bytes of memory as the guest sees it. */
  readonly memoryBytes: number;
  /** Address of a scratch area, valid once an image is applied. */
  scratch: number;
  /** Whom the instance serves. */
  port: object | undefined;
}

/** The state that guests start from. */
export interface WarmImage {
  readonly memory: MemoryImage;
  readonly scratch: number;
}

/** The memory of instances, against the image that their guests start from. */
export abstract class ImageMemory<
  Image extends WarmImage = WarmImage,
  Instance extends Interpreter = Interpreter,
  Saved extends SavedGuest = SavedGuest,
> {
  readonly image: Image;
  readonly sandbox: SandboxLevel;
  #base: DeltaBase | undefined;

  constructor(image: Image, sandbox: SandboxLevel) {
    this.image = image;
    this.sandbox = sandbox;
  }

  /** Made when the first snapshot is: most hosts take none. */
  get base(): DeltaBase {
    return (this.#base ??= new DeltaBase(this.image.memory));
  }

  /** The least memory limit of a guest that starts from the image, or goes on from a snapshot. */
  abstract leastBytes(snapshot: GuestSnapshot<Saved> | undefined): number;

  /** Nothing was written beyond this since the memory was new or last reset. */
  protected abstract dirtyEnd(instance: Instance): number;

  /** Makes room for a snapshot; false when the process has none. */
  protected abstract enlarge(instance: Instance, snapshot: GuestSnapshot<Saved>): boolean;

  /** Puts an instance into the state of a new guest; after a trap nothing it left behind can be relied on. */
  reset(instance: Instance, trapped = false): void {
    const { memory, scratch } = this.image;
    memory.apply(instance.ex.memory, instance.globals, trapped ? Infinity : this.dirtyEnd(instance));
    instance.scratch = scratch;
  }

  /** What a guest has changed; only between turns. */
  capture(instance: Instance): MemoryDelta {
    return this.base.capture(instance.ex.memory, instance.globals, this.dirtyEnd(instance));
  }

  /** Puts an instance into a captured state. */
  restore(instance: Instance, snapshot: GuestSnapshot<Saved>): void {
    this.reset(instance);
    if (!this.enlarge(instance, snapshot)) {
      throw new SpellError("LIMIT_MEMORY", "this process has no memory left for the snapshot");
    }
    this.base.apply(snapshot.memory, instance.ex.memory, instance.globals);
  }
}
