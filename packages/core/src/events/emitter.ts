import { systemClock, type Clock } from "../clock.js";
import { SpellError } from "@llmspell/errors";
import { createEvent, type EventInput, type SpellEvent } from "./event.js";
import { compilePattern } from "./pattern.js";

/** How a listener is called. */
export interface ListenOptions {
  /** Lower ones come first, 0 by default; ties go by subscription. */
  priority?: number;
  /**
   * `sync` (default): inside `emit`. `async`: later, one event after the other, each
   * awaited before the next; `emit` does not wait.
   */
  delivery?: "sync" | "async";
  /** Only events for which it is true; see `compileFilter` for filters as data. */
  filter?: (event: SpellEvent) => boolean;
  /** As `filter`, but asked when the event has its turn, so it may wait; only with `async` delivery. */
  when?: (event: SpellEvent) => boolean | Promise<boolean>;
  /** Ends with the first event. */
  once?: boolean;
  /** Events that may wait for an `async` listener; the newest beyond are dropped. 10 000 by default. */
  maxQueue?: number;
}

export type Listener = (event: SpellEvent) => void | Promise<void>;

/** Calls of one listener. */
export interface ListenerStats {
  delivered: number;
  failed: number;
  dropped: number;
  /** How long the listener took in all, with what it waited for. */
  totalMs: number;
  /** What it threw last. */
  lastError?: unknown;
}

/** One listener. `using` it, or `off()`, ends it, also from inside a listener; events that still waited for it are dropped. */
export interface Subscription extends Disposable {
  readonly pattern: string;
  readonly stats: Readonly<ListenerStats>;
  /** False once it has ended. */
  readonly on: boolean;
  /** Lower ones come first. @throws (when set) SpellError `INVALID_ARGUMENT` for what is no number. */
  priority: number;
  /** While it is paused, events pass it by. */
  paused: boolean;
  off(): void;
}

/** Where events go. */
export interface Emitter {
  /**
   * Calls the listeners of `event.type`. What a listener throws stops neither the
   * others nor the caller: it goes to `onError` and is counted.
   *
   * @throws SpellError `INVALID_ARGUMENT` for a malformed type.
   */
  emit(event: EventInput): SpellEvent;
  /** Delivers an event that exists already, e.g. from a recording. */
  deliver(event: SpellEvent): void;
  on(pattern: string, listener: Listener, options?: ListenOptions): Subscription;
  /** Whether anybody listens to events of this type. */
  hears(type: string): boolean;
  /** Waits until all asynchronous listeners have had all events so far, and whatever these promised. */
  flush(): Promise<void>;
  /** Subscriptions that are on. */
  readonly size: number;
}

interface Entry {
  readonly matches: (type: string) => boolean;
  readonly listener: Listener;
  readonly options: ListenOptions;
  readonly stats: ListenerStats;
  readonly queue: Waiting[];
  priority: number;
  paused: boolean;
  draining: boolean;
  on: boolean;
}

/** An event that a listener is to have, after those of `behind` that were busy when it came. */
interface Waiting {
  readonly event: SpellEvent;
  readonly behind: readonly Entry[];
}

// Types may come from scripts, so the cache of who hears what is bounded.
const CACHED_TYPES = 1000;
const NOBODY: readonly Entry[] = [];

/**
 * Makes an emitter.
 *
 * @example
 * const events = createEmitter();
 * events.on("tool.*", (event) => console.log(event.type, event.payload));
 */
export function createEmitter({
  clock = systemClock,
  onError,
}: { clock?: Pick<Clock, "now">; onError?: (error: unknown, event: SpellEvent) => void } = {}): Emitter {
  let entries: readonly Entry[] = [];
  const byType = new Map<string, readonly Entry[]>();
  // What listeners promised and queues that are being worked off, also of those that ended since.
  const promised = new Set<Promise<void>>();
  const remember = (promise: Promise<void>): void => {
    promised.add(promise);
    promise.then(() => promised.delete(promise));
  };

  const listenersOf = (type: string): readonly Entry[] => {
    const known = byType.get(type);
    if (known !== undefined) return known;
    if (byType.size >= CACHED_TYPES) byType.clear();
    const found = entries.filter((entry) => entry.matches(type));
    byType.set(type, found);
    return found;
  };
  // A new list each time: a delivery under way keeps its own.
  const change = (next: readonly Entry[]): void => {
    entries = next;
    byType.clear();
  };
  const failed = (entry: Entry, error: unknown, event: SpellEvent): void => {
    entry.stats.failed++;
    entry.stats.lastError = error;
    try {
      onError?.(error, event);
    } catch {
      // Nobody is left to tell.
    }
  };
  const call = (entry: Entry, event: SpellEvent): void | Promise<void> => {
    const started = performance.now();
    const took = (): void => void (entry.stats.totalMs += performance.now() - started);
    entry.stats.delivered++;
    try {
      const result = entry.listener(event);
      if (result instanceof Promise) return result.catch((error: unknown) => failed(entry, error, event)).finally(took);
    } catch (error) {
      failed(entry, error, event);
    }
    took();
  };
  const drain = async (entry: Entry): Promise<void> => {
    entry.draining = true;
    await Promise.resolve();
    for (let next = entry.queue.shift(); next !== undefined; next = entry.queue.shift()) {
      const { event, behind } = next;
      // One of higher priority may be about to end the call in which this event was emitted;
      // one that waits for longer does not hold up the others.
      const isFirst = behind.every((other) => other.queue.every((waiting) => waiting.event !== event));
      if (!isFirst) {
        const wasOn = entry.on;
        await new Promise((resolve) => void setImmediate(resolve));
        if (wasOn && !entry.on) continue;
      }
      const { once = false, when } = entry.options;
      if (when !== undefined) {
        if (!(await wants(when, entry, event)) || !entry.on) continue;
        if (once) end(entry);
      }
      await call(entry, event);
    }
    entry.draining = false;
  };
  const wants = async (when: NonNullable<ListenOptions["when"]>, entry: Entry, event: SpellEvent): Promise<boolean> => {
    try {
      return await when(event);
    } catch (error) {
      failed(entry, error, event);
      return false;
    }
  };
  const place = (entry: Entry, among: readonly Entry[]): readonly Entry[] => {
    const at = among.findIndex((other) => other.priority > entry.priority);
    return among.toSpliced(at < 0 ? among.length : at, 0, entry);
  };
  const remove = (entry: Entry): void => {
    entry.on = false;
    change(entries.filter((other) => other !== entry));
  };
  const end = (entry: Entry): void => {
    remove(entry);
    entry.stats.dropped += entry.queue.splice(0).length;
  };

  const give = (entry: Entry, event: SpellEvent, behind: readonly Entry[]): void => {
    const { delivery = "sync", filter, once = false, maxQueue = 10_000 } = entry.options;
    if (!entry.on || entry.paused) return;
    try {
      if (filter !== undefined && !filter(event)) return;
    } catch (error) {
      failed(entry, error, event);
      return;
    }
    // One that may still be refused when its turn comes does not end the subscription yet.
    if (once && entry.options.when === undefined) remove(entry);
    if (delivery === "sync") {
      const promise = call(entry, event);
      if (promise !== undefined) remember(promise);
    } else if (entry.queue.length >= maxQueue) {
      entry.stats.dropped++;
    } else {
      entry.queue.push({ event, behind });
      if (!entry.draining) remember(drain(entry));
    }
  };

  const deliver = (event: SpellEvent): void => {
    let busy: readonly Entry[] = NOBODY;
    for (const entry of listenersOf(event.type)) {
      const { draining } = entry;
      give(entry, event, busy);
      if (draining) busy = [...busy, entry];
    }
  };

  return {
    deliver,
    emit(input) {
      const event = createEvent(input, clock);
      deliver(event);
      return event;
    },
    on(pattern, listener, options = {}) {
      const { priority = 0 } = options;
      if (typeof listener !== "function") throw new SpellError("INVALID_ARGUMENT", "a listener must be a function");
      checkPriority(priority);
      if (options.when !== undefined && options.delivery !== "async")
        throw new SpellError("INVALID_ARGUMENT", "'when' needs 'delivery' to be 'async'");
      const entry: Entry = {
        matches: compilePattern(pattern),
        listener,
        options,
        stats: { delivered: 0, failed: 0, dropped: 0, totalMs: 0 },
        queue: [],
        priority,
        paused: false,
        draining: false,
        on: true,
      };
      change(place(entry, entries));
      const off = (): void => end(entry);
      return {
        pattern,
        stats: entry.stats,
        get on() {
          return entry.on;
        },
        get priority() {
          return entry.priority;
        },
        set priority(next) {
          checkPriority(next);
          entry.priority = next;
          if (entry.on)
            change(
              place(
                entry,
                entries.filter((other) => other !== entry),
              ),
            );
        },
        get paused() {
          return entry.paused;
        },
        set paused(is) {
          entry.paused = is;
        },
        off,
        [Symbol.dispose]: off,
      };
    },
    hears: (type) => listenersOf(type).length > 0,
    async flush() {
      while (promised.size > 0) await Promise.all(promised);
    },
    get size() {
      return entries.length;
    },
  };
}

function checkPriority(priority: number): void {
  if (!Number.isFinite(priority)) throw new SpellError("INVALID_ARGUMENT", "'priority' must be a number");
}
