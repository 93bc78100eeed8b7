import type { Host } from "../index.js";

/** How long a turn may last before its host is told that it does not end. */
const STUCK_MS = 100;

/** Tells a host of turns that do not end, and when they have. */
export class StuckWatch {
  readonly #host: Host;
  turnBegan = 0;
  #isStuck = false;

  constructor(host: Host) {
    this.#host = host;
  }

  begin(): void {
    this.turnBegan = performance.now();
  }

  look(): void {
    if (this.#isStuck || this.#host.onStuck === undefined || performance.now() - this.turnBegan < STUCK_MS) return;
    this.#isStuck = true;
    this.#host.onStuck(true);
  }

  end(): void {
    if (!this.#isStuck) return;
    this.#isStuck = false;
    this.#host.onStuck?.(false);
  }
}
