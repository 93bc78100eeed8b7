import type { InstanceMaker, Origin } from "../index.js";
import type { ImageMemory, Interpreter } from "./image-memory.js";

/** Makes what the pool of an engine keeps. */
export abstract class ImageMaker<
  Memory extends Pick<ImageMemory, "image" | "sandbox"> & {
    reset(instance: Instance, trapped?: boolean): void;
  },
  Instance extends Interpreter,
> implements InstanceMaker<Memory, Instance> {
  abstract prepare(origin: Origin): { image: Memory; first: Instance };

  protected abstract instantiate(): Instance;

  /** Runs a small program; whether it did what it should. */
  protected abstract probe(memory: Memory, instance: Instance): boolean;

  /** Bytes of memory that an instance holds, and cannot give back. */
  protected heldBytes(instance: Instance): number {
    return instance.memoryBytes;
  }

  create(memory: Memory): Instance {
    const instance = this.instantiate();
    memory.reset(instance);
    return instance;
  }

  reset(memory: Memory, instance: Instance, trapped: boolean): void {
    memory.reset(instance, trapped);
  }

  /** A grown memory cannot shrink, and one that was written at random cannot be put back. */
  obstacle({ image, sandbox }: Memory, instance: Instance): "grown" | "unsafe" | undefined {
    if (sandbox === "none") return "unsafe";
    return this.heldBytes(instance) > image.memory.byteLength ? "grown" : undefined;
  }

  /**
   * Compares every byte with the image, for a reset relies on where the guest
   * said its heap ends, and runs a small program.
   */
  isHealthy(memory: Memory, instance: Instance): boolean {
    if (!memory.image.memory.matches(instance.ex.memory, instance.globals)) return false;
    const isAlive = this.#isAlive(memory, instance);
    memory.reset(instance, !isAlive);
    return isAlive;
  }

  #isAlive(memory: Memory, instance: Instance): boolean {
    try {
      return this.probe(memory, instance);
    } catch {
      return false; // a trap, or the fuel: nobody serves an instance that no guest uses
    }
  }
}
