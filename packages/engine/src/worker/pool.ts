import { SpellError } from "@llmspell/errors";
import { PoolCounters, type DiscardReason, type PoolStats } from "../pool/stats.js";
import { WaitLine } from "../pool/wait-line.js";
import { GuestThread, type ThreadOptions, type ThreadOwner } from "./thread.js";

export interface ThreadPoolOptions extends ThreadOptions {
  readonly min: number;
  readonly idle: number;
  readonly max: number;
  readonly maxWaiting: number;
}

/** Threads that wait for guests, and those that have one. */
export class ThreadPool implements ThreadOwner, Disposable {
  readonly #options: ThreadPoolOptions;
  /** Every thread that has not ended. */
  readonly #threads = new Set<GuestThread>();
  readonly #idle: GuestThread[] = [];
  /** Threads that have a guest, or are on their way out of one. */
  readonly #busy = new Set<GuestThread>();
  readonly #counters = new PoolCounters();
  readonly #line: WaitLine;
  #isDisposed = false;

  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    this.#line = new WaitLine(options.maxWaiting);
    this.warmUp(options.min);
  }

  get stats(): PoolStats {
    this.#counters.live = this.#busy.size;
    return { ...this.#counters.stats([], this.#line.size), idle: this.#idle.length };
  }

  get isDisposed(): boolean {
    return this.#isDisposed;
  }

  /** @throws SpellError `LIMIT_GUESTS` when every thread has a guest. */
  take(): GuestThread {
    const { max } = this.#options;
    if (!this.#hasRoom()) {
      throw new SpellError("LIMIT_GUESTS", `each of the ${max} threads has a guest`, {
        details: { limit: "max", value: max },
      });
    }
    const idle = this.#idle.pop();
    const thread = idle ?? this.#start();
    this.#busy.add(thread);
    const counters = this.#counters;
    counters.served++;
    if (idle !== undefined) counters.reused++;
    counters.peakLive = Math.max(counters.peakLive, this.#busy.size);
    return thread;
  }

  /** Does `action` when a guest can be made. */
  async whenFree<R>(action: () => R, signal?: AbortSignal): Promise<R> {
    if (this.#hasRoom() && this.#line.size === 0 && signal?.aborted !== true) return action();
    this.#counters.waits++;
    return await this.#line.join(action, signal);
  }

  /** Starts threads until so many are idle, or no more are kept. */
  warmUp(count: number): void {
    const { idle, max } = this.#options;
    while (this.#idle.length < Math.min(count, idle) && this.#threads.size < max) this.#idle.push(this.#start());
  }

  #hasRoom(): boolean {
    return this.#idle.length > 0 || this.#threads.size < this.#options.max;
  }

  #start(): GuestThread {
    const thread = new GuestThread(this.#options, this);
    this.#counters.created++;
    this.#threads.add(thread);
    return thread;
  }

  free(thread: GuestThread): void {
    this.#busy.delete(thread);
    if (this.#isDisposed || this.#idle.length >= this.#options.idle) this.#discard(thread, "surplus");
    else this.#idle.push(thread);
    this.#serve();
  }

  #discard(thread: GuestThread, why: DiscardReason): void {
    this.#counters.discardedBy[why]++;
    // So that it is not counted once more when it is lost.
    this.#threads.delete(thread);
    thread.kill();
  }

  lost(thread: GuestThread): void {
    if (this.#threads.has(thread)) this.#counters.discardedBy[this.#isDisposed ? "closed" : "trapped"]++;
    this.#busy.delete(thread);
    const at = this.#idle.indexOf(thread);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  gone(thread: GuestThread): void {
    this.#threads.delete(thread);
    if (this.#isDisposed) return;
    if (this.#threads.size < this.#options.min) this.warmUp(this.#idle.length + 1);
    this.#serve();
  }

  #serve(): void {
    this.#line.serve(() => this.#hasRoom());
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    const reason = new SpellError("CANCELLED", "the engine was disposed");
    this.#line.refuseAll(reason);
    for (const thread of this.#threads) thread.kill(reason);
  }
}
