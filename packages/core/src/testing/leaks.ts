import { AsyncLocalStorage, AsyncResource, createHook, type AsyncHook } from "node:async_hooks";
import { getEventListeners, EventEmitter } from "node:events";
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { SpellError } from "@llmspell/errors";

/** Something that was made and not released. */
export interface Leak {
  /** `timer`, `socket`, `server`, …, `file`, `listener` or `count`. */
  readonly kind: string;
  /** What it is: the place in the source that made it, a file, the name of a listener or counter. */
  readonly what: string;
}

export interface LeakOptions {
  /** Objects whose listeners are counted, by a name for reports. Those of `process` always are. */
  listeners?: Readonly<Record<string, EventEmitter | EventTarget>>;
  /** Sizes of registries, by a name for reports: handles, entries of a cache, live guests, buffers. */
  counts?: Readonly<Record<string, () => number>>;
  /** What is no leak here. */
  ignore?: (leak: Leak) => boolean;
  /** Milliseconds that something may take to close, when the scope is left with `await`; 2000 by default. */
  graceMs?: number;
}

/** Watches what is made until it is disposed, which throws when something of it is left. */
export interface LeakTracker extends Disposable, AsyncDisposable {
  /** What is there now and was not when this began. */
  leaks(): Leak[];
  /** Watches no more, whatever is left. */
  stop(): void;
}

/**
 * Watches from here on what this function and everything that it calls and awaits makes:
 * timers, sockets, servers, pipes, child processes, watchers, message ports; listeners; registries;
 * on Linux open files too. What others make at the same time does not count, but for files.
 *
 * @example
 * await using _ = trackLeaks({ counts: { handles: () => table.size } });
 * @throws SpellError (when disposed) `ASSERTION_FAILED` naming each leak and where it was made.
 */
export function trackLeaks({ listeners = {}, counts = {}, ignore, graceMs = 2000 }: LeakOptions = {}): LeakTracker {
  const made: Made = new Map();
  const outer = owner.getStore();
  owner.enterWith(made);
  watch(made);
  const watched = { process, ...listeners };
  const listenersBefore = listenerCounts(watched);
  const countsBefore = valuesOf(counts);
  const filesBefore = new Map(openFiles());

  const leaks = (): Leak[] => {
    const files = openFiles().filter(([descriptor, name]) => filesBefore.get(descriptor) !== name);
    const all: Leak[] = [
      ...[...made.values()].flatMap(({ leak, isOver }) => (isOver() ? [] : [leak])),
      ...files.map(([, name]): Leak => ({ kind: "file", what: name })),
      ...grown("listener", listenersBefore, listenerCounts(watched)),
      ...grown("count", countsBefore, valuesOf(counts)),
    ];
    return ignore === undefined ? all : all.filter((leak) => !ignore(leak));
  };
  const stop = (): void => {
    unwatch(made);
    owner.enterWith(outer);
  };
  return {
    leaks,
    stop,
    [Symbol.dispose]() {
      stop();
      complain(leaks());
    },
    async [Symbol.asyncDispose]() {
      owner.enterWith(outer);
      const until = performance.now() + graceMs;
      // What is closing ends in one of the next turns.
      while (leaks().length > 0 && performance.now() < until) await wait(5);
      const left = leaks();
      stop();
      complain(left);
    },
  };
}

/**
 * `work` in a scope of its own; for languages without `using`.
 *
 * @throws what `work` throws, else SpellError as {@link trackLeaks}.
 */
export async function withoutLeaks<T>(work: () => T | Promise<T>, options?: LeakOptions): Promise<T> {
  // Apart from what the caller makes while it waits.
  return await new AsyncResource("withoutLeaks").runInAsyncScope(async () => {
    const tracker = trackLeaks(options);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      tracker.stop();
      throw error;
    }
    await tracker[Symbol.asyncDispose]();
    return result;
  });
}

function complain(left: readonly Leak[]): void {
  if (left.length === 0) return;
  const told = left.slice(0, 20).map(({ kind, what }) => `\n  ${kind}: ${what}`);
  const more = left.length > told.length ? `\n  and ${left.length - told.length} more` : "";
  const message = `${left.length === 1 ? "something was" : `${left.length} things were`} not released:${told.join("")}${more}`;
  throw new SpellError("ASSERTION_FAILED", message, { details: { leaks: left } });
}

/** Resources of Node that are released by a call, and what people call them. */
const KINDS: Readonly<Record<string, string>> = {
  Timeout: "timer",
  TCPWRAP: "socket",
  TLSWRAP: "socket",
  TCPSERVERWRAP: "server",
  PIPEWRAP: "pipe",
  PIPESERVERWRAP: "server",
  UDPWRAP: "socket",
  PROCESSWRAP: "process",
  FSEVENTWRAP: "watcher",
  STATWATCHER: "watcher",
  MESSAGEPORT: "message port",
};

/** What was made in one scope, by Node's id of it. */
type Made = Map<number, { leak: Leak; isOver: () => boolean }>;

/** In whose scope the code that runs is. */
const owner = new AsyncLocalStorage<Made | undefined>();
const active = new Set<Made>();
let hook: AsyncHook | undefined;

function watch(made: Made): void {
  active.add(made);
  hook ??= createHook({
    init(id, type, _, resource: { _destroyed?: boolean }) {
      const kind = KINDS[type];
      const scope = kind === undefined ? undefined : owner.getStore();
      if (kind === undefined || scope === undefined || !active.has(scope)) return;
      // A timer is over at once; that it was destroyed is told in a later turn.
      const weak = new WeakRef(resource);
      scope.set(id, { leak: { kind, what: maker() }, isOver: () => weak.deref()?._destroyed === true });
    },
    destroy(id) {
      for (const scope of active) scope.delete(id);
    },
  });
  hook.enable();
}

function unwatch(made: Made): void {
  active.delete(made);
  if (active.size === 0) hook?.disable();
}

/** The innermost frame that is neither Node's nor of this file. */
function maker(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 30;
  const frames = (new Error("made here").stack ?? "").split("\n").slice(1);
  Error.stackTraceLimit = limit;
  const own = frames.find((frame) => !frame.includes("node:") && !/[\\/]testing[\\/]leaks\.[jt]s/.test(frame));
  return (own ?? frames.at(-1) ?? "").trim().replace(/^at /, "") || "unknown";
}

type Counts = ReadonlyMap<string, number>;

function listenerCounts(watched: Readonly<Record<string, EventEmitter | EventTarget>>): Counts {
  const counts = new Map<string, number>();
  for (const [name, target] of Object.entries(watched)) {
    // An EventTarget does not tell the types it has listeners for; of ours only signals live long.
    const types = target instanceof EventEmitter ? target.eventNames() : ["abort"];
    for (const type of types) {
      const size =
        target instanceof EventEmitter ? target.listenerCount(type) : getEventListeners(target, String(type)).length;
      counts.set(`${name} ${String(type)}`, size);
    }
  }
  return counts;
}

const valuesOf = (counts: Readonly<Record<string, () => number>>): Counts =>
  new Map(Object.entries(counts).map(([name, count]) => [name, count()]));

function grown(kind: string, before: Counts, after: Counts): Leak[] {
  return [...after].flatMap(([name, size]) => {
    const earlier = before.get(name) ?? 0;
    return size > earlier ? [{ kind, what: `${name} ${earlier} → ${size}` }] : [];
  });
}

/** Regular files that are open, by descriptor, where the system tells. */
function openFiles(): [descriptor: string, name: string][] {
  const folder = "/proc/self/fd";
  let descriptors: string[];
  try {
    descriptors = readdirSync(folder);
  } catch {
    return [];
  }
  return descriptors.flatMap((descriptor): [string, string][] => {
    try {
      const name = readlinkSync(`${folder}/${descriptor}`);
      // Sockets and pipes are counted by their handles; the folder itself is open while it is read.
      return name.startsWith("/") && !/^\/(proc|dev)\//.test(name) ? [[descriptor, name]] : [];
    } catch {
      return [];
    }
  });
}
