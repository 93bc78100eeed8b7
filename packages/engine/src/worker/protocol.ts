import type { MessagePort } from "node:worker_threads";
import type { Alert } from "../alerts.js";
import type { Bindings } from "../bindings.js";
import type { Denial, SourcePosition } from "../denials.js";
import type { Charge, GuestOptions, GuestState, GuestUsage, TaskUsage } from "../engine.js";
import type { Limits } from "../limits.js";
import type { ProfilerOptions } from "../profile.js";
import type { TrapRecord } from "../traps.js";
import type { Warning } from "../warning.js";
import type { Wire } from "./wire.js";

/**
 * What the two threads say to each other.
 *
 * There are three queues. The host's requests wait until the guest's thread is
 * back in its event loop. Its answers go to a guest that stands still in a host
 * call. And everything that the guest's thread says is in one order.
 *
 * Every message names its guest by number, so that what an earlier guest of the
 * thread has said late is not taken for the present one's.
 */

/** How a call, a task or a question ended. */
export type WireOutcome =
  | { readonly ok: true; readonly value: Wire }
  /** The error as {@link encodeError} made it. */
  | { readonly ok: false; readonly error: Wire };

/** Which parts of a host there are; what is absent costs no message. */
export interface HostParts {
  readonly call: boolean;
  readonly loadModule: boolean;
  readonly write: boolean;
  readonly warn: boolean;
  readonly retain: boolean;
  readonly release: boolean;
  readonly upgrade: boolean;
  readonly denied: boolean;
  readonly alert: boolean;
  readonly now: boolean;
  /** Not called from here; but a guest whose turns end at time slices also hears what the host asks for in between. */
  readonly pause: boolean;
}

/** The options of a guest that are data. */
export type PlainOptions = Omit<GuestOptions, "limits" | "bindings" | "host" | "tenant" | "onAlert" | "onDenied">;

export interface OpenRequest {
  readonly type: "open";
  readonly guest: number;
  readonly limits: Limits;
  readonly parts: HostParts;
  /** The bindings' number in this thread; the first time with the bindings themselves. */
  readonly bindings: number;
  readonly newBindings?: Bindings;
  /** Whatever else the guest was asked for. */
  readonly options: PlainOptions;
}

/** Host → guest's thread, in turn. Those with a `step` may make guest code run. */
export type Request =
  | OpenRequest
  | {
      readonly type: "run";
      readonly guest: number;
      readonly step: number;
      readonly task: number;
      readonly source: string;
      readonly name: string;
      readonly part: boolean;
    }
  | {
      readonly type: "call";
      readonly guest: number;
      readonly step: number;
      readonly task: number;
      readonly fn: Wire;
      readonly args: readonly Wire[];
      readonly discard: boolean;
    }
  | {
      readonly type: "reload";
      readonly guest: number;
      readonly step: number;
      readonly task: number;
      readonly name: string;
      readonly source: string;
    }
  | { readonly type: "expireHandles"; readonly guest: number; readonly step: number; readonly task: number }
  | {
      readonly type: "cancel";
      readonly guest: number;
      readonly step: number;
      readonly task: number;
      readonly reason: Wire;
    }
  | {
      readonly type: "settle";
      readonly guest: number;
      readonly step: number;
      readonly operation: number;
      readonly outcome: WireOutcome;
    }
  | { readonly type: "getGlobal"; readonly guest: number; readonly step: number; readonly name: string }
  | {
      readonly type: "setGlobal";
      readonly guest: number;
      readonly step: number;
      readonly name: string;
      readonly value: Wire;
    }
  /** Answered by its number. */
  | { readonly type: "startProfiler"; readonly guest: number; readonly step: number; readonly options: ProfilerOptions }
  /** Answered by what it has found, as text. */
  | { readonly type: "stopProfiler"; readonly guest: number; readonly step: number; readonly profiler: number }
  | {
      readonly type: "sameFunction";
      readonly guest: number;
      readonly step: number;
      readonly a: Wire;
      readonly b: Wire;
    }
  | { readonly type: "release"; readonly guest: number; readonly fn: number }
  /** Limits have changed: there is an answer that says which. */
  | { readonly type: "look"; readonly guest: number }
  | { readonly type: "close"; readonly guest: number };

/** A request without what every one of its type has. */
type Bare<Type extends Request["type"]> =
  Extract<Request, { type: Type }> extends infer R
    ? R extends Request
      ? Omit<R, "guest" | "step" | "task">
      : never
    : never;
/** What starts a task. */
export type Job = Bare<"run"> | Bare<"call"> | Bare<"reload"> | Bare<"expireHandles">;
/** What is answered by a `reply`. */
export type Question = Bare<"getGlobal"> | Bare<"setGlobal"> | Inquiry;
/** What may be asked of a guest in a host call, too. */
export type Inquiry = Bare<"startProfiler"> | Bare<"stopProfiler"> | Bare<"sameFunction">;

/** Host → a guest that stands still in a host call. */
export type Answer =
  | { readonly type: "answer"; readonly outcome: WireOutcome }
  /** The host call waits: this is its number. */
  | { readonly type: "pending"; readonly operation: number }
  /** Call this function first; the answer comes later. */
  | { readonly type: "callSync"; readonly fn: Wire; readonly args: readonly Wire[] }
  /** Answer this first. */
  | Inquiry
  /** The guest was stopped. */
  | { readonly type: "stopped" }
  /** Comes at any time, also while the guest runs. */
  | { readonly type: "limits"; readonly guest: number; readonly limits: Partial<Limits> }
  /** The same. */
  | { readonly type: "charge"; readonly guest: number; readonly use: Charge }
  /** Nothing: asks whether the thread is still there. */
  | { readonly type: "ping" };

/** Where a guest is, after it has done everything up to `step`. */
export interface Progress {
  readonly state: GuestState;
  readonly step: number;
  /** Why it was killed. */
  readonly breach?: Wire;
  /** The trap that killed it. */
  readonly trap?: TrapRecord;
}

/** What a guest calls: a function of the door, or one that it was given as a value. */
export type Called = { readonly door: number } | { readonly function: number };

/** Guest's thread → host. */
export type Message =
  /** The engine is there, or why not. */
  | { readonly type: "up"; readonly guest: 0; readonly failed?: Wire }
  | {
      readonly type: "hostCall";
      readonly guest: number;
      /** The request that it was made in. */
      readonly step: number;
      readonly fn: Called;
      readonly args: readonly Wire[];
      readonly position: SourcePosition | undefined;
    }
  | { readonly type: "loadModule"; readonly guest: number; readonly name: string; readonly from: string }
  /** The guest has let go of a function of the host, which it had received so many times. */
  | { readonly type: "dropped"; readonly guest: number; readonly fn: number; readonly received: number }
  | { readonly type: "retain" | "release"; readonly guest: number; readonly kind: string; readonly id: number }
  | { readonly type: "upgrade"; readonly guest: number; readonly kind: string; readonly id: number }
  | { readonly type: "warn"; readonly guest: number; readonly warning: Warning }
  | { readonly type: "denied"; readonly guest: number; readonly denial: Denial }
  | { readonly type: "alert"; readonly guest: number; readonly alert: Alert }
  | { readonly type: "now"; readonly guest: number }
  | { readonly type: "write"; readonly guest: number; readonly stream: "stdout" | "stderr"; readonly bytes: Uint8Array }
  | { readonly type: "abort"; readonly guest: number; readonly operation: number; readonly reason: Wire }
  | {
      readonly type: "ended";
      readonly guest: number;
      readonly task: number;
      readonly outcome: WireOutcome;
      readonly usage: TaskUsage | undefined;
      readonly progress: Progress;
    }
  | { readonly type: "progress"; readonly guest: number; readonly progress: Progress }
  /** To a question and to `callSync`. */
  | { readonly type: "reply"; readonly guest: number; readonly outcome: WireOutcome; readonly progress?: Progress }
  | { readonly type: "closed"; readonly guest: number };

const SIGNALS = 4;
const USAGE = [
  "fuel",
  "memoryBytes",
  "peakMemoryBytes",
  "hostCalls",
  "pendingCalls",
  "outputBytes",
  "warnings",
] as const;

/** The memory that both threads see: counters to wait on, and what the guest has used. */
export class SharedState {
  readonly buffer: SharedArrayBuffer;
  readonly #signals: Int32Array;
  readonly #usage: Float64Array;

  constructor(buffer = new SharedArrayBuffer(SIGNALS * 4 + USAGE.length * 8)) {
    this.buffer = buffer;
    this.#signals = new Int32Array(buffer, 0, SIGNALS);
    this.#usage = new Float64Array(buffer, SIGNALS * 4, USAGE.length);
  }

  count(signal: Signal): number {
    return Atomics.load(this.#signals, signal);
  }

  /** Wakes the thread that waits for the signal. */
  raise(signal: Signal): void {
    Atomics.add(this.#signals, signal, 1);
    Atomics.notify(this.#signals, signal);
  }

  /** Blocks this thread until the signal's count is no longer `seen`, or so many milliseconds have passed. */
  wait(signal: Signal, seen: number, ms?: number): void {
    Atomics.wait(this.#signals, signal, seen, ms);
  }

  /** The guest that is to stop as soon as it can; numbers only grow. */
  get stopped(): number {
    return Atomics.load(this.#signals, STOPPED);
  }

  set stopped(guest: number) {
    Atomics.store(this.#signals, STOPPED, guest);
  }

  get usage(): GuestUsage {
    return Object.fromEntries(USAGE.map((name, i) => [name, this.#usage[i] ?? 0])) as unknown as GuestUsage;
  }

  clearUsage(): void {
    this.#usage.fill(0);
  }

  set usage(usage: GuestUsage) {
    for (let i = 0; i < USAGE.length; i++) this.#usage[i] = usage[USAGE[i] as keyof GuestUsage] ?? 0;
  }
}

/** `answers`: the host has answered; `messages`: the guest's thread has said something; `left`: it has ended. */
export const Signal = { answers: 0, messages: 1, left: 2 } as const;
export type Signal = (typeof Signal)[keyof typeof Signal];
const STOPPED = 3;

/** What a thread is started with. */
export interface ThreadStart {
  readonly requests: MessagePort;
  readonly answers: MessagePort;
  readonly shared: SharedArrayBuffer;
  readonly data: unknown;
}
