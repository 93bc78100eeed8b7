import type { Host } from "../engine.js";
import type { Tenant } from "./tenant.js";

export interface FairSchedulerOptions {
  /** Runs something in a later turn of the event loop. Default `setImmediate`. */
  readonly defer?: (run: () => void) => void;
  /** Runs something after so many milliseconds. Default `setTimeout`. */
  readonly delay?: (run: () => void, ms: number) => void;
}

/** What one tenant, or all guests without one, wait to do. */
interface Queue {
  readonly tenant: Tenant | undefined;
  /** Guests to resume, first in first out. */
  readonly resumes: (() => void)[];
  /** Work done so far by weight; the queue with the least goes next. */
  time: number;
  /** The tenant's fuel that `time` includes. */
  seen: number;
}

/** What a slice counts at least: a guest that does nothing must not be free. */
const LEAST_COST = 1_000;
/** What a slice without a tenant counts: as much as the engine's slices hold. */
const SLICE = 1_000_000;
/** A tenant that waits for fuel is looked at so often, for its limits may change meanwhile. */
const MAX_DELAY_MS = 100;
/** Guests that were killed while they waited are passed over, so many in one turn of the event loop. */
const MAX_IDLE_RESUMES = 64;

/**
 * Gives time slices in turns to *tenants*, not to guests: however many guests of
 * a tenant compute, another one waits for one slice of each tenant. A slice
 * counts with the fuel that it took, and what a tenant's guests used beside
 * their slices counts too, so a tenant whose guests cannot be paused for long
 * waits longer afterwards. One slice runs in each turn of the event loop.
 *
 * @example
 * const scheduler = new FairScheduler();
 * engine.createGuest({ tenant, host: { pause: scheduler.pauseFor(tenant) } });
 */
export class FairScheduler {
  readonly #defer: (run: () => void) => void;
  readonly #delay: (run: () => void, ms: number) => void;
  /** Only those in which guests wait. */
  readonly #waiting = new Map<Tenant | undefined, Queue>();
  /** Of the tenants that have used slices before. */
  readonly #queues = new WeakMap<Tenant, Queue>();
  readonly #untenanted: Queue = { tenant: undefined, resumes: [], time: 0, seen: 0 };
  /** The time of the queue that ran last: one that was away does not save up slices. */
  #time = 0;
  #scheduled: "soon" | "later" | undefined;
  #turns = 0;
  #slices = 0;

  constructor({ defer, delay }: FairSchedulerOptions = {}) {
    this.#defer = defer ?? ((run) => void setImmediate(run));
    this.#delay = delay ?? ((run, ms) => void setTimeout(run, ms));
  }

  /** Slices given so far. */
  get slices(): number {
    return this.#slices;
  }

  /** The {@link Host.pause} of guests of `tenant`. */
  pauseFor(tenant?: Tenant): NonNullable<Host["pause"]> {
    return (resume) => {
      const queue = this.#queue(tenant);
      if (queue.resumes.length === 0) {
        queue.time = Math.max(queue.time, this.#time);
        this.#waiting.set(tenant, queue);
      }
      queue.resumes.push(resume);
      this.#schedule();
    };
  }

  #queue(tenant: Tenant | undefined): Queue {
    if (tenant === undefined) return this.#untenanted;
    let queue = this.#queues.get(tenant);
    if (queue === undefined) {
      queue = { tenant, resumes: [], time: this.#time, seen: tenant.usage.fuel };
      this.#queues.set(tenant, queue);
    }
    return queue;
  }

  #schedule(): void {
    if (this.#scheduled === "soon" || this.#waiting.size === 0) return;
    const wait = this.#msToWait();
    // A turn that waits for fuel gives way to one that need not.
    if (wait > 0 && this.#scheduled === "later") return;
    this.#scheduled = wait > 0 ? "later" : "soon";
    const turn = ++this.#turns;
    const run = (): void => {
      if (turn !== this.#turns) return;
      this.#scheduled = undefined;
      try {
        this.#turn();
      } finally {
        this.#schedule();
      }
    };
    if (wait > 0) this.#delay(run, Math.min(wait, MAX_DELAY_MS));
    else this.#defer(run);
  }

  /** Until a tenant has fuel again, when all that wait have used what they may per second. */
  #msToWait(): number {
    let least = Infinity;
    for (const { tenant } of this.#waiting.values()) {
      least = Math.min(least, tenant?.msUntilFuel(SLICE) ?? 0);
      if (least === 0) break;
    }
    return least;
  }

  #turn(): void {
    for (let i = 0; i < MAX_IDLE_RESUMES; i++) {
      const queue = this.#next();
      const resume = queue?.resumes.shift();
      if (queue === undefined || resume === undefined) return;
      // Before the guest runs, for it may wait again within.
      if (queue.resumes.length === 0) this.#waiting.delete(queue.tenant);
      this.#time = queue.time;
      const before = queue.tenant?.usage.fuel;
      resume();
      this.#charge(queue);
      if (queue.tenant?.usage.fuel !== before || queue.tenant === undefined) {
        this.#slices++;
        return;
      }
    }
  }

  /** The queue with the least time, of those whose tenant may run now; the one that waits longest of several. */
  #next(): Queue | undefined {
    let next: Queue | undefined;
    for (const queue of this.#waiting.values()) {
      this.#catchUp(queue);
      if (next !== undefined && queue.time >= next.time) continue;
      if (queue.tenant === undefined || queue.tenant.msUntilFuel(SLICE) === 0) next = queue;
    }
    return next;
  }

  #charge(queue: Queue): void {
    if (queue.tenant === undefined) queue.time += SLICE;
    else if (!this.#catchUp(queue)) queue.time += LEAST_COST / queue.tenant.weight;
  }

  /** Adds what the tenant has used since; false when that is nothing. */
  #catchUp(queue: Queue): boolean {
    if (queue.tenant === undefined) return false;
    const { fuel } = queue.tenant.usage;
    const used = fuel - queue.seen;
    queue.seen = fuel;
    queue.time += used / queue.tenant.weight;
    return used > 0;
  }
}
