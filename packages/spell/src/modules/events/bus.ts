import {
  defined,
  aggregateEvents,
  keepEvents,
  replayEvents,
  type Aggregate,
  type Emitter,
  type EventHistory,
  type Replay,
  type SpellEvent,
  type Subscription,
} from "@llmspell/core";
import type { FunctionRef } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { RunContext } from "../../run/context.js";
import { eventsOf } from "../../run/core-context.js";
import { Numbered } from "../../run/numbered.js";
import { perRun } from "../../run/per-run.js";
import { scriptEvent, type EventTest } from "./shapes.js";

/** A function of the spell that hears events. */
interface Handler {
  readonly subscription: Subscription;
  readonly fn: FunctionRef;
}

/** Events that are kept until they are replayed or written to a file. */
interface Recording {
  readonly kept: EventHistory;
  readonly file: string | undefined;
  active: boolean;
}

type AggregateType = "count" | "sum" | "average" | "rate" | "min" | "max";

// What waits for handlers and is kept of events is the host's memory.
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
const RECORDING_BYTES = 4 * 1024 * 1024;

/** What the functions of `events` share in one run. The history begins when one of them is first used. */
class Bus implements Disposable {
  readonly emitter: Emitter;
  readonly history: EventHistory;
  readonly handlers = new Numbered<Handler>("subscription", "sub", 1000);
  readonly recordings = new Numbered<Recording>("recording", "recording", 20);
  readonly replays = new Numbered<Replay>("replay", "replay", 20);
  readonly aggregates = new Numbered<{ type: AggregateType; aggregate: Aggregate }>("aggregation", "agg", 100);
  /** Types that the spell has emitted. */
  readonly types = new Set<string>();
  logging: Subscription | undefined;
  readonly #run: RunContext;
  #waitingBytes = 0;

  constructor(run: RunContext) {
    this.#run = run;
    this.emitter = eventsOf(run);
    this.history = keepEvents(this.emitter, { maxBytes: 4 * 1024 * 1024 });
    run.onSettle(() => this.emitter.flush());
  }

  /**
   * Counts what is emitted faster than handlers take it.
   *
   * @throws SpellError `BUDGET_EXCEEDED`.
   */
  takeIn(bytes: number): void {
    if (this.handlers.size === 0) return;
    if (this.#waitingBytes + bytes > MOST_WAITING_BYTES) {
      throw new SpellError(
        "BUDGET_EXCEEDED",
        `events of more than ${MOST_WAITING_BYTES} bytes wait for their handlers; emit_async waits until they are done`,
        { details: { limit: MOST_WAITING_BYTES } },
      );
    }
    if (this.#waitingBytes === 0) void this.#forget();
    this.#waitingBytes += bytes;
  }

  async #forget(): Promise<void> {
    await Promise.resolve();
    await this.emitter.flush();
    this.#waitingBytes = 0;
  }

  listen(
    pattern: string,
    fn: FunctionRef,
    { test, priority, once = false }: { test?: EventTest; priority?: number; once?: boolean },
  ): string {
    this.handlers.checkRoom();
    let id = "";
    const subscription = this.emitter.on(
      pattern,
      async (event) => {
        // One that hears but one event is gone before its handler runs.
        if (once) this.handlers.delete(id);
        try {
          await this.#run.tellGuest(fn, [scriptEvent(event)]);
        } finally {
          if (!subscription.on) fn.release();
        }
      },
      {
        delivery: "async",
        once,
        ...(priority === undefined ? {} : { priority }),
        ...(test === undefined ? {} : { when: (event) => test.test(event) }),
      },
    );
    id = this.handlers.add({ subscription, fn });
    return id;
  }

  /** Ends what has this id or this pattern; with `handler`, only that function's. How many. */
  unlisten(patternOrId: string, handler?: FunctionRef): number {
    const { guest } = this.#run;
    const gone = this.handlers
      .entries()
      .filter(([id, { subscription }]) => id === patternOrId || subscription.pattern === patternOrId)
      .filter(([, { fn }]) => handler === undefined || guest.sameFunction(fn, handler));
    for (const [id, { subscription, fn }] of gone) {
      subscription.off();
      this.handlers.delete(id);
      fn.release();
    }
    return gone.length;
  }

  record({
    pattern,
    file,
    max,
    duration,
  }: {
    pattern?: string | undefined;
    file?: string | undefined;
    max?: number | undefined;
    duration?: number | undefined;
  }): string {
    makeRoom(this.recordings, ({ active }) => !active);
    const kept = keepEvents(this.emitter, {
      maxBytes: RECORDING_BYTES,
      ...defined({ pattern, maxEvents: max }),
      // Only hearing ends by itself; a file is written when the recording is stopped.
      ...(duration === undefined ? {} : { durationMs: duration }),
    });
    return this.recordings.add({ kept, file, active: true });
  }

  /** The recording `id`, or the latest that is active. @throws SpellError `NOT_FOUND`, `INVALID_STATE`. */
  stopRecording(id = this.recordings.entries().findLast(([, { active }]) => active)?.[0]): [string, Recording] {
    if (id === undefined) throw new SpellError("INVALID_STATE", "nothing is being recorded");
    const recording = this.recordings.get(id);
    if (!recording.active) throw new SpellError("INVALID_STATE", `the recording '${id}' has been stopped`);
    endRecording(recording);
    return [id, recording];
  }

  replay(events: readonly SpellEvent[], speed: number): [string, Replay] {
    makeRoom(this.replays, ({ status }) => status !== "running" && status !== "paused");
    this.replays.checkRoom();
    const replay = replayEvents(events, this.emitter.deliver, { speed });
    return [this.replays.add(replay), replay];
  }

  /** The replay `id`, or the latest that is under way. @throws SpellError `NOT_FOUND`, `INVALID_STATE`. */
  replayOf(id: string | undefined): Replay {
    if (id !== undefined) return this.replays.get(id);
    const latest = this.replays.entries().findLast(([, { status }]) => status === "running" || status === "paused");
    if (latest === undefined) throw new SpellError("INVALID_STATE", "nothing is being replayed");
    return latest[1];
  }

  aggregate(type: AggregateType, options: { pattern?: string; field?: string; windowMs?: number }): string {
    this.aggregates.checkRoom();
    return this.aggregates.add({ type, aggregate: aggregateEvents(this.emitter, options) });
  }

  [Symbol.dispose](): void {
    this.logging?.off();
    for (const [, { subscription }] of this.handlers.entries()) subscription.off();
    for (const [, recording] of this.recordings.entries()) endRecording(recording);
    for (const [, replay] of this.replays.entries()) replay.stop();
    for (const [, { aggregate }] of this.aggregates.entries()) aggregate[Symbol.dispose]();
    this.history[Symbol.dispose]();
  }
}

export const busOf = perRun((run) => new Bus(run));

function endRecording(recording: Recording): void {
  recording.active = false;
  recording.kept[Symbol.dispose]();
}

/** Forgets the oldest that is over, if there would be too many. */
function makeRoom<T>(things: Numbered<T>, isOver: (thing: T) => boolean): void {
  try {
    things.checkRoom();
  } catch (error) {
    const oldest = things.entries().find(([, thing]) => isOver(thing));
    if (oldest === undefined) throw error;
    things.delete(oldest[0]);
  }
}
