import {
  InstancePool,
  TrapHistory,
  originOf,
  resolveLimits,
  type Engine,
  type EngineFeatures,
  type Guest,
  type GuestOptions,
  type InstanceMaker,
  type Lease,
  type Limits,
  type Origin,
  type PoolPolicy,
  type PoolStats,
  type RestoreOptions,
  type Seat,
  type Snapshot,
  type TrapRecord,
} from "../index.js";
import { SpellError } from "@llmspell/errors";
import type { GuestServices } from "./image-guest.js";
import type { ImageMemory, Interpreter, WarmImage } from "./image-memory.js";
import type { Resume } from "./runner.js";
import type { SavedGuest } from "./saved-guest.js";
import type { GuestSnapshot, SnapshotFormat } from "./snapshot-format.js";

/** What an engine is made of. */
export interface EngineParts<Saved extends SavedGuest, Memory extends object, Instance extends object> {
  /** Identifies the machine code. */
  readonly hash: string;
  readonly maker: InstanceMaker<Memory, Instance>;
  readonly pool: PoolPolicy | undefined;
  readonly format: SnapshotFormat<Saved>;
}

/** An engine whose guests have an instance of WebAssembly each, from a pool. */
export abstract class PooledEngine<
  Saved extends SavedGuest,
  Memory extends ImageMemory<WarmImage, Instance, Saved>,
  Instance extends Interpreter,
> implements Engine {
  abstract readonly name: string;
  abstract readonly language: string;
  abstract readonly extensions: readonly string[];
  abstract readonly features: EngineFeatures;
  readonly hash: string;
  readonly #format: SnapshotFormat<Saved>;
  readonly #pool: InstancePool<Memory, Instance>;
  readonly #traps = new TrapHistory();

  constructor({ hash, maker, pool, format }: EngineParts<Saved, Memory, Instance>) {
    this.hash = hash;
    this.#format = format;
    this.#pool = new InstancePool(maker, pool);
  }

  /** Makes the guest itself. */
  protected abstract make(
    lease: Lease<Memory, Instance>,
    limits: Limits,
    options: GuestOptions,
    services: GuestServices<Saved>,
  ): Guest;

  /** Looks at options before anything is made. @throws SpellError `INVALID_ARGUMENT` */
  protected check(_options: GuestOptions): void {}

  get pool(): PoolStats {
    return this.#pool.stats;
  }

  get traps(): readonly TrapRecord[] {
    return this.#traps.records;
  }

  createGuest(options: GuestOptions = {}): Guest {
    return this.#admit(options);
  }

  restore(snapshot: Snapshot | Uint8Array, options: RestoreOptions = {}): Guest {
    const target = {
      engineHash: this.hash,
      base: this.#pool.image(originOf(options)).base,
      memoryBytes: options.limits?.memoryBytes,
      ...(options.key ? { key: options.key } : {}),
    };
    const format = this.#format;
    const own =
      snapshot instanceof Uint8Array ? format.decode(snapshot, target) : format.own(snapshot).checkFits(target);
    return this.#admit(options, { snapshot: own });
  }

  acquireGuest(options?: GuestOptions, signal?: AbortSignal): Promise<Guest> {
    return this.#pool.whenFree(() => this.createGuest(options), signal);
  }

  warmUp(options: Pick<GuestOptions, "bindings" | "sandbox">, count: number): void {
    this.#pool.warmUp(originOf(options), count);
  }

  [Symbol.dispose](): void {
    this.#pool.close();
  }

  #admit(options: GuestOptions, from?: Beginning<Saved>): Guest {
    const { tenant } = options;
    if (tenant === undefined) return this.#begin(options, from);
    return tenant.admit(options.limits, (seat) => this.#begin(options, from, seat));
  }

  #begin(options: GuestOptions, from?: Beginning<Saved>, seat?: Seat): Guest {
    const limits = resolveLimits({
      ...seat?.tenant.guestLimits,
      ...from?.snapshot.guest.limits,
      ...options.limits,
    });
    this.check(options);
    const lease = this.#lease(originOf(options), limits, from?.snapshot);
    try {
      if (seat?.hold(lease.instance.memoryBytes) === false) throw seat.refusal();
      return this.make(lease, limits, options, {
        traps: this.#traps,
        seat,
        format: this.#format,
        saved: from && { guest: from.snapshot.guest, resume: from.resume },
        restore: (snapshot, host, resume) =>
          this.#admit({ ...options, host, limits: snapshot.guest.limits }, { snapshot, resume }),
      });
    } catch (thrown) {
      lease.instance.port = undefined;
      lease.release(from !== undefined);
      throw thrown;
    }
  }

  /** An instance in the state of the image of `origin` or of a snapshot; the guest gives it back when it is disposed. */
  #lease(origin: Origin, { memoryBytes }: Limits, snapshot?: GuestSnapshot<Saved>): Lease<Memory, Instance> {
    const lease = this.#pool.acquire(origin);
    try {
      const least = lease.image.leastBytes(snapshot);
      if (memoryBytes < least) {
        const { language } = this.#format;
        throw new SpellError("INVALID_ARGUMENT", `${language} needs a memory limit of ${least} bytes at least`);
      }
      if (snapshot !== undefined) lease.image.restore(lease.instance, snapshot);
      return lease;
    } catch (thrown) {
      lease.release();
      throw thrown;
    }
  }
}

/** What a guest goes on from. */
interface Beginning<Saved extends SavedGuest> {
  readonly snapshot: GuestSnapshot<Saved>;
  readonly resume?: Resume;
}
