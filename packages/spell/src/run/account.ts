import type { Charge, Engine, Guest, GuestOptions, Host, Limits } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";

/** What guests use up. What one prints is its payer's output only where it is passed on as that. */
type Spent = Required<Charge>;

const KINDS = ["fuel", "hostCalls", "outputBytes"] as const;
const SILENT_KINDS = ["fuel", "hostCalls"] as const;

const each = (of: (kind: keyof Spent) => number): Spent => ({
  fuel: of("fuel"),
  hostCalls: of("hostCalls"),
  outputBytes: of("outputBytes"),
});

const spentBy = ({ usage }: Guest): Spent => each((kind) => usage[kind]);

export interface AccountOptions {
  /** Whose work the guest does: it pays for it, and they use no more together than it may. Default: nobody's. */
  readonly payer?: Account | undefined;
  /** Whether what the guest prints is output of the payer. Default: false. */
  readonly prints?: boolean;
}

/**
 * A guest, and what it and all who work for it use. At each call, time slice and end of a worker its payer is
 * charged, and what the others may use becomes less; so a spell multiplies nothing by having work done side by side.
 * What a guest does between two of these moments is seen at the next.
 */
export class Account implements Disposable {
  readonly guest: Guest;
  readonly #payer: Account | undefined;
  readonly #prints: boolean;
  readonly #workers = new Set<Account>();
  readonly #began = performance.now();
  /** What its payer has been charged. */
  #paid: Spent;
  /** Bytes of memory that it may hold when its payer has enough. */
  readonly #mostBytes: number;

  constructor(
    guest: Guest,
    { payer, prints = false }: AccountOptions = {},
    mostBytes = payer?.guest.limits.memoryBytes ?? guest.limits.memoryBytes,
  ) {
    this.guest = guest;
    this.#payer = payer;
    this.#prints = prints;
    this.#paid = spentBy(guest);
    this.#mostBytes = mostBytes;
    if (payer !== undefined) payer.#workers.add(this);
  }

  /**
   * Makes a guest with no more to use than its payer has left.
   *
   * @throws SpellError what `make` throws.
   */
  static open(options: GuestOptions, make: (options: GuestOptions) => Guest, about: AccountOptions = {}): Account {
    const { payer } = about;
    payer?.settle();
    const { host } = options;
    const limits = payer === undefined ? options.limits : lower(payer.left(), options.limits);
    let account: Account | undefined;
    const watched = { ...options, ...(host && { host: watch(host, () => account?.settle()) }) };
    account = new Account(
      make(limits === undefined ? watched : { ...watched, limits }),
      about,
      options.limits?.memoryBytes,
    );
    // One that goes on from a snapshot has limits of its own.
    payer?.settle();
    return account;
  }

  /** What is left of its limits, for another guest; at least 1 of each. */
  left(): Limits {
    const { limits, usage } = this.guest;
    const left = each((kind) => Math.max(1, limits[kind] - usage[kind]));
    return {
      ...limits,
      ...left,
      memoryBytes: Math.max(1, limits.memoryBytes - this.#memoryBytes),
      timeMs: Math.max(1, limits.timeMs - (performance.now() - this.#began)),
    };
  }

  /** Charges the payer for what was used since, and keeps those who work for it within the rest. */
  settle(): void {
    if (this.#payer !== undefined) this.#pay(this.#payer);
    if (this.#workers.size > 0) this.#keepWorkers();
  }

  /** Charges it for calls that did not cross one by one. @throws SpellError `LIMIT_CALLS` when it has not as many left; it ends then. */
  chargeCalls(count: number): void {
    const { limits, usage } = this.guest;
    if (usage.hostCalls + count > limits.hostCalls) {
      const error = new SpellError("LIMIT_CALLS", `the spell reached its limit of ${limits.hostCalls} host calls`);
      this.guest.stop(error);
      throw error;
    }
    this.#charge({ hostCalls: count });
  }

  /** The end of the guest. */
  [Symbol.dispose](): void {
    this.settle();
    if (this.#payer !== undefined) this.#payer.#workers.delete(this);
    this.guest[Symbol.dispose]();
  }

  get #memoryBytes(): number {
    let bytes = this.guest.usage.memoryBytes;
    for (const worker of this.#workers) bytes += worker.#memoryBytes;
    return bytes;
  }

  #pay(payer: Account): void {
    const [used, paid] = [spentBy(this.guest), this.#paid];
    this.#paid = used;
    const more = each((kind) => (kind === "outputBytes" && !this.#prints ? 0 : used[kind] - paid[kind]));
    if (KINDS.some((kind) => more[kind] > 0)) payer.#charge(more);
  }

  #charge(more: Charge): void {
    if (!isOver(this.guest)) this.guest.charge(more);
    this.settle();
  }

  #keepWorkers(): void {
    const left = this.left();
    for (const worker of this.#workers) worker.#keepWithin(left);
  }

  #keepWithin(left: Limits): void {
    const { guest } = this;
    if (isOver(guest)) return;
    const { limits, usage } = guest;
    const changed: { -readonly [Limit in keyof Limits]?: Limits[Limit] } = {};
    for (const kind of this.#prints ? KINDS : SILENT_KINDS) {
      const most = usage[kind] + left[kind];
      if (most < limits[kind]) changed[kind] = most;
    }
    // What others give back of their memory is there again.
    const memoryBytes = Math.min(this.#mostBytes, usage.memoryBytes + left.memoryBytes);
    if (memoryBytes !== limits.memoryBytes) changed.memoryBytes = memoryBytes;
    if (Object.keys(changed).length === 0) return;
    guest.updateLimits(changed);
    if (this.#workers.size > 0) this.#keepWorkers();
  }
}

/** A guest for work of `payer`, or a pooled one when nobody pays. */
export async function hire(
  engine: Engine,
  options: GuestOptions,
  { signal, ...about }: AccountOptions & { signal: AbortSignal },
): Promise<Account> {
  // Who has a guest already must not wait in line for another: all places may be taken by such.
  if (about.payer !== undefined) return Account.open(options, (own) => engine.createGuest(own), about);
  return new Account(await engine.acquireGuest(options, signal));
}

const isOver = ({ state }: Guest): boolean => state === "killed" || state === "disposed";

/** Of each limit the lower one. */
function lower(most: Limits, own: Partial<Limits> = {}): Limits {
  const names = Object.keys(most) as (keyof Limits)[];
  return Object.fromEntries(
    names.map((name) => [name, Math.min(most[name], own[name] ?? most[name])]),
  ) as unknown as Limits;
}

/** A host that looks up whenever its guest calls or pauses. */
function watch(host: Host, look: () => void): Host {
  const { call, pause } = host;
  return {
    ...host,
    ...(call && {
      call(...args: Parameters<typeof call>) {
        look();
        return call.apply(host, args);
      },
    }),
    ...(pause && {
      pause(...args: Parameters<typeof pause>) {
        look();
        pause.apply(host, args);
      },
    }),
  };
}
