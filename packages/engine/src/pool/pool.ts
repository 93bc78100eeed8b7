import { SpellError } from "@llmspell/errors";
import type { Origin } from "./origin.js";
import { resolvePolicy, type PoolPolicy, type ResolvedPolicy } from "./policy.js";
import { PoolCounters, type DiscardReason, type PoolStats } from "./stats.js";
import { WaitLine } from "./wait-line.js";

/** How an engine makes what its pool keeps: instances `I`, which start from an image `M` of their origin. */
export interface InstanceMaker<M, I> {
  /** Builds the image of `origin`; `first` is the instance it was built on, if there is one to keep. */
  prepare(origin: Origin): { readonly image: M; readonly first?: I };
  /** A new instance in the state of the image. */
  create(image: M): I;
  /** Puts the image's state back; `trapped` says that nothing the guest left behind can be relied on. */
  reset(image: M, instance: I, trapped: boolean): void;
  /** Why a reset would not give back all that the instance once was, if so. Asked before each reset. */
  obstacle(image: M, instance: I): "grown" | "unsafe" | undefined;
  /** Looks closely at an instance that was reset, and leaves it in the state of the image. */
  isHealthy(image: M, instance: I): boolean;
}

/** An instance in the hands of one guest. */
export interface Lease<M, I> {
  readonly instance: I;
  readonly image: M;
  /** Gives it back, once; `trapped` says that the guest was ended by a trap. */
  release(trapped?: boolean): void;
}

interface Entry<I> {
  readonly instance: I;
  readonly madeAt: number;
  uses: number;
}

/** The instances of one origin. */
interface Shelf<M, I> {
  readonly origin: Origin;
  readonly image: M;
  readonly idle: Entry<I>[];
  live: number;
  served: number;
  reused: number;
  evicted: boolean;
}

/**
 * Instances of one engine, kept warm by the origin they were made for.
 * Nothing here knows the guest's language.
 */
export class InstancePool<M, I> {
  readonly #maker: InstanceMaker<M, I>;
  readonly #policy: ResolvedPolicy;
  /** Least recently used first. */
  readonly #shelves = new Map<Origin, Shelf<M, I>>();
  readonly #counters = new PoolCounters();
  readonly #line: WaitLine;
  #latest: Shelf<M, I> | undefined;
  #filling = false;
  #closed = false;

  constructor(maker: InstanceMaker<M, I>, policy?: PoolPolicy) {
    this.#maker = maker;
    this.#policy = resolvePolicy(policy);
    this.#line = new WaitLine(this.#policy.maxWaiting);
  }

  get stats(): PoolStats {
    const shelves = [...this.#shelves.values()].map(({ origin, idle, live, served, reused }) => ({
      modules: origin.bindings.modules.map(({ name }) => name),
      sandbox: origin.sandbox,
      idle: idle.length,
      live,
      served,
      reused,
    }));
    return this.#counters.stats(shelves, this.#line.size);
  }

  /** The image that guests of `origin` start from. */
  image(origin: Origin): M {
    this.#checkOpen();
    return this.#shelf(origin).image;
  }

  /** @throws SpellError `LIMIT_GUESTS` when the policy allows no more guests; `INVALID_STATE` when closed. */
  acquire(origin: Origin): Lease<M, I> {
    this.#checkOpen();
    if (!this.#hasRoom()) throw this.#full();
    const counters = this.#counters;
    const { created } = counters;
    const shelf = this.#shelf(origin);
    const entry = this.#takeIdle(shelf) ?? this.#create(shelf);
    entry.uses++;
    shelf.live++;
    shelf.served++;
    counters.served++;
    counters.live++;
    if (counters.live > counters.peakLive) counters.peakLive = counters.live;
    if (counters.created === created) {
      shelf.reused++;
      counters.reused++;
    }
    if (shelf.idle.length < this.#policy.min) this.#fillLater();
    return this.#lease(shelf, entry);
  }

  /**
   * Does `action`, which acquires, as soon as one more guest may live: now, or
   * after those who have waited longer.
   *
   * @throws SpellError as {@link WaitLine.join}.
   */
  async whenFree<R>(action: () => R, signal?: AbortSignal): Promise<R> {
    this.#checkOpen();
    if (this.#hasRoom() && signal?.aborted !== true) return action();
    this.#counters.waits++;
    return await this.#line.join(action, signal);
  }

  /** Makes instances now, so that `count` are idle, or as many as the policy keeps. */
  warmUp(origin: Origin, count: number): void {
    this.#checkOpen();
    const shelf = this.#shelf(origin);
    const wanted = Math.min(count, this.#policy.max);
    while (shelf.idle.length < wanted) shelf.idle.push(this.#create(shelf));
  }

  /** Drops idle instances that are too old to be handed out. */
  trim(): void {
    for (const { idle } of this.#shelves.values()) {
      const kept = idle.filter((entry) => !this.#isAged(entry));
      this.#discard("aged", idle.length - kept.length);
      idle.splice(0, idle.length, ...kept);
    }
  }

  /** Drops all that is idle; what is out comes back to nothing. */
  close(): void {
    this.#closed = true;
    for (const { idle } of this.#shelves.values()) this.#discard("closed", idle.length);
    this.#shelves.clear();
    this.#latest = undefined;
    this.#line.refuseAll(closedError());
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }

  #hasRoom(): boolean {
    return this.#counters.live < this.#policy.maxGuests;
  }

  #full(): SpellError {
    const { maxGuests } = this.#policy;
    return new SpellError("LIMIT_GUESTS", `the engine reached its limit of ${maxGuests} live guests`, {
      details: { limit: "maxGuests", value: maxGuests },
    });
  }

  #shelf(origin: Origin): Shelf<M, I> {
    if (this.#latest?.origin === origin) return this.#latest;
    let shelf = this.#shelves.get(origin);
    if (shelf === undefined) shelf = this.#build(origin);
    else this.#shelves.delete(origin);
    this.#shelves.set(origin, shelf);
    this.#latest = shelf;
    return shelf;
  }

  #build(origin: Origin): Shelf<M, I> {
    const { image, first } = this.#maker.prepare(origin);
    for (const oldest of this.#shelves.values()) {
      if (this.#shelves.size < this.#policy.maxBindings) break;
      this.#shelves.delete(oldest.origin);
      oldest.evicted = true;
      this.#discard("evicted", oldest.idle.length);
      oldest.idle.length = 0;
    }
    const shelf: Shelf<M, I> = { origin, image, idle: [], live: 0, served: 0, reused: 0, evicted: false };
    if (first !== undefined) {
      this.#counters.created++;
      this.#maker.reset(image, first, false);
      shelf.idle.push({ instance: first, madeAt: this.#policy.clock(), uses: 0 });
    }
    return shelf;
  }

  #create({ image }: Shelf<M, I>): Entry<I> {
    this.#counters.created++;
    return { instance: this.#maker.create(image), madeAt: this.#policy.clock(), uses: 0 };
  }

  #takeIdle({ idle }: Shelf<M, I>): Entry<I> | undefined {
    for (;;) {
      const entry = idle.pop();
      if (entry === undefined || !this.#isAged(entry)) return entry;
      this.#discard("aged");
    }
  }

  #isAged({ madeAt }: Entry<I>): boolean {
    const { maxAgeMs, clock } = this.#policy;
    return maxAgeMs !== Infinity && clock() - madeAt > maxAgeMs;
  }

  #lease(shelf: Shelf<M, I>, entry: Entry<I>): Lease<M, I> {
    let isOut = true;
    return {
      instance: entry.instance,
      image: shelf.image,
      release: (trapped = false) => {
        if (!isOut) throw new SpellError("INTERNAL", "an instance was given back twice");
        isOut = false;
        shelf.live--;
        this.#counters.live--;
        this.#putBack(shelf, entry, trapped);
        if (this.#line.size > 0) this.#line.serve(() => this.#hasRoom());
      },
    };
  }

  #putBack(shelf: Shelf<M, I>, entry: Entry<I>, trapped: boolean): void {
    const { image, idle } = shelf;
    const reason = this.#whyNotKept(shelf, entry, trapped);
    if (reason !== undefined) {
      this.#discard(reason);
      return;
    }
    this.#maker.reset(image, entry.instance, trapped);
    const { checkEvery } = this.#policy;
    const isDue = trapped || (checkEvery > 0 && entry.uses % checkEvery === 0);
    if (isDue && !this.#maker.isHealthy(image, entry.instance)) this.#discard("unhealthy");
    else idle.push(entry);
  }

  #whyNotKept(shelf: Shelf<M, I>, entry: Entry<I>, trapped: boolean): DiscardReason | undefined {
    const { max, maxUses, afterTrap } = this.#policy;
    if (this.#closed) return "closed";
    if (shelf.evicted) return "evicted";
    if (trapped && afterTrap === "discard") return "trapped";
    const obstacle = this.#maker.obstacle(shelf.image, entry.instance);
    if (obstacle !== undefined) return obstacle;
    if (entry.uses >= maxUses) return "worn";
    if (this.#isAged(entry)) return "aged";
    return shelf.idle.length >= max ? "surplus" : undefined;
  }

  #discard(reason: DiscardReason, count = 1): void {
    this.#counters.discardedBy[reason] += count;
  }

  /** One instance in each idle moment, so that none of them takes long. */
  #fillLater(): void {
    if (this.#filling) return;
    this.#filling = true;
    this.#policy.defer(() => {
      this.#filling = false;
      if (this.#closed) return;
      const { min } = this.#policy;
      const short = [...this.#shelves.values()].filter(({ idle }) => idle.length < min);
      const [shelf] = short;
      if (shelf === undefined) return;
      shelf.idle.push(this.#create(shelf));
      if (short.length > 1 || shelf.idle.length < min) this.#fillLater();
    });
  }
}

function closedError(): SpellError {
  return new SpellError("INVALID_STATE", "the engine was disposed");
}
