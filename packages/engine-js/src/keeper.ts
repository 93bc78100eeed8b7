import { limitError, type Limits } from "@llmspell/engine";
import { GuestKilled, LimitKeeper, type KeeperOptions } from "@llmspell/engine/guest-kit";
import type { SpellError } from "@llmspell/errors";
import type { JsImage } from "./image.js";
import type { JsInstance } from "./instance.js";

/** Keeps one JavaScript guest within its limits. */
export class JsKeeper extends LimitKeeper {
  /** The fuel of the guest is put aside: what runs is not the guest. */
  #aside = false;

  constructor(js: JsInstance, image: JsImage, limits: Limits, options: KeeperOptions = {}) {
    const used = (): number => {
      js.sync();
      return js.view.getUint32(image.heapBytes, true);
    };
    super({ fuel: js.ex.$fuel, used, counted: () => js.memoryBytes }, limits, options);
  }

  /** Called when a portion of fuel is used up, wherever the guest is. */
  sample: (() => void) | undefined;
  /** Whether a slice of fuel has ended in this turn. */
  sliceEnded = false;

  /** Whether what runs is to end: asked by QuickJS from time to time. */
  get isOver(): boolean {
    return this.breach !== undefined && !this.#aside;
  }

  /** A slice of fuel is used up. */
  interrupt(): void {
    if (this.#aside) throw new GuestKilled(this.note(limitError("fuel", this.limits)).message);
    if (this.breach !== undefined) {
      if (!this.fuel.grace()) throw new GuestKilled(this.breach.message);
      return;
    }
    const memory = this.memoryBytes();
    if (this.fuel.passesMark(false)) {
      this.sample?.();
    } else {
      const reached = this.refill(false, memory);
      if (reached !== undefined) this.breakOff(reached);
      this.sliceEnded = true;
    }
    this.look(memory);
  }

  /** What runs is ended where QuickJS next asks, or killed when its grace is used up. */
  breakOff(reason: SpellError): void {
    if (this.breach !== undefined) return;
    this.fuel.startGrace();
    this.note(reason);
  }

  /** Runs guest code for the host alone: with fuel of its own, which is not the guest's. */
  aside<T>(fuel: number, action: () => T): T {
    this.#aside = true;
    try {
      return this.fuel.aside(fuel, action);
    } finally {
      this.#aside = false;
    }
  }
}
