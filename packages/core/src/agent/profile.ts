import { SpellError } from "@llmspell/errors";
import { systemClock, type Clock } from "../clock.js";
import type { Emitter } from "../events/emitter.js";
import type { SpellEvent } from "../events/event.js";

/** Where the time of runs went, in milliseconds. Times that overlap count once in the sums. */
export interface RunProfile {
  /** From start to stop, or to now. */
  wallMs: number;
  /** While at least one run was under way. */
  runMs: number;
  /** While at least one model was asked. */
  modelMs: number;
  /** While a tool ran and no model was asked. */
  toolMs: number;
  /** Of `runMs`, what neither a model nor a tool took. */
  ownMs: number;
  runs: number;
  /** Calls and their time by name, the longest first. */
  models: ProfileEntry[];
  tools: ProfileEntry[];
}

export interface ProfileEntry {
  name: string;
  calls: number;
  failed: number;
  totalMs: number;
}

export interface RunProfiler extends Disposable {
  /** Begins anew. @throws SpellError `INVALID_STATE` when it is on. */
  start(): void;
  /** @throws SpellError `INVALID_STATE` when it is off. */
  stop(): RunProfile;
  report(): RunProfile;
}

type Kind = "agent" | "model" | "tool";

/**
 * Measures where runs spend their time, by the events that they emit.
 *
 * @example
 * const profiler = profileRuns(events);
 * profiler.start();
 * await agent.run("Hello");
 * const { modelMs, toolMs, ownMs } = profiler.stop();
 */
export function profileRuns(events: Emitter, { clock = systemClock }: { clock?: Clock } = {}): RunProfiler {
  let subscription: Disposable | undefined;
  let data = emptyProfile(clock.now());

  const finish = (): RunProfile => {
    subscription?.[Symbol.dispose]();
    subscription = undefined;
    return report(data, clock.now());
  };
  return {
    start() {
      if (subscription !== undefined) throw new SpellError("INVALID_STATE", "the profiler is on");
      data = emptyProfile(clock.now());
      subscription = events.on("**", (event) => take(data, event, clock.now()));
    },
    stop() {
      if (subscription === undefined) throw new SpellError("INVALID_STATE", "the profiler is off");
      return finish();
    },
    report: () => report(data, clock.now()),
    [Symbol.dispose]: () => void finish(),
  };
}

interface Profile {
  begin: number;
  last: number;
  open: Record<Kind, number>;
  sums: { run: number; model: number; tool: number; own: number };
  runs: number;
  entries: Record<"model" | "tool", Map<string, ProfileEntry>>;
}

function emptyProfile(now: number): Profile {
  return {
    begin: now,
    last: now,
    open: { agent: 0, model: 0, tool: 0 },
    sums: { run: 0, model: 0, tool: 0, own: 0 },
    runs: 0,
    entries: { model: new Map(), tool: new Map() },
  };
}

// Names come from models and scripts.
const MOST_NAMES = 1000;

function take(profile: Profile, { type, payload }: SpellEvent, now: number): void {
  const [, kind, phase] = /^(agent|model|tool)\.(started|completed|failed)$/.exec(type) ?? [];
  if (kind === undefined) return;
  pass(profile, now);
  if (phase === "started") profile.open[kind as Kind]++;
  // What began before the profiler was on is not counted.
  else if (profile.open[kind as Kind] > 0) profile.open[kind as Kind]--;
  if (kind === "agent" && phase === "started") profile.runs++;
  if (kind === "agent" || phase === "started") return;
  const { name, model, provider, durationMs } = payload as Record<string, unknown>;
  const entries = profile.entries[kind as "model" | "tool"];
  const key = kind === "model" ? `${String(provider)}:${String(model)}` : String(name);
  const entry = entries.get(key) ?? { name: key, calls: 0, failed: 0, totalMs: 0 };
  if (!entries.has(key) && entries.size >= MOST_NAMES) return;
  entry.calls++;
  if (phase === "failed") entry.failed++;
  entry.totalMs += Number(durationMs);
  entries.set(key, entry);
}

/** Gives the time since the last event to what was under way in it. */
function pass(profile: Profile, now: number): void {
  const { open, sums, last } = profile;
  const elapsed = now - last;
  profile.last = now;
  if (open.agent > 0) sums.run += elapsed;
  if (open.model > 0) sums.model += elapsed;
  else if (open.tool > 0) sums.tool += elapsed;
  else if (open.agent > 0) sums.own += elapsed;
}

function report(profile: Profile, now: number): RunProfile {
  pass(profile, now);
  const { begin, sums, runs, entries } = profile;
  const sorted = (kind: "model" | "tool"): ProfileEntry[] =>
    [...entries[kind].values()].map((entry) => ({ ...entry })).toSorted((a, b) => b.totalMs - a.totalMs);
  return {
    wallMs: now - begin,
    runMs: sums.run,
    modelMs: sums.model,
    toolMs: sums.tool,
    ownMs: sums.own,
    runs,
    models: sorted("model"),
    tools: sorted("tool"),
  };
}
