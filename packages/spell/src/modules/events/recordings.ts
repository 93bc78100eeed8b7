import { eventFromJson, eventToJson, executeTool, type SpellEvent } from "@llmspell/core";
import { onAbort } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { busOf } from "./bus.js";
import { coreQuery, historyQuery } from "./history.js";
import { filterHandle } from "./shapes.js";

/** Reads or writes a file below the working folder as the tool for files does, with the same powers. */
async function useFile(
  run: RunContext,
  fn: string,
  call: { operation: "read" | "write"; path: string; content?: string },
  signal: AbortSignal,
): Promise<string> {
  const context = { signal, authorize: run.authorizer(fn), run: coreContext(run) };
  const result = await executeTool(run.tools.get("file_operations"), call, context);
  return String((result as { content?: unknown }).content ?? "");
}

const source = t.union(t.string, t.object({ file: t.string }), historyQuery);

async function recordedEvents(
  run: RunContext,
  given: ReturnType<typeof source.check>,
  signal: AbortSignal,
): Promise<SpellEvent[]> {
  const { recordings, history } = busOf(run);
  if (typeof given === "string") return recordings.get(given).kept.events();
  if (!("file" in given)) return history.events(coreQuery(given));
  const text = await useFile(run, "events.replay_start", { operation: "read", path: String(given.file) }, signal);
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map(eventFromJson);
}

const recording = { recording_id: t.optional(t.string) };
const replay = { replay_id: t.optional(t.string) };

/** Keeping events and telling them again. */
export const recordings = {
  recording_start: awaitable({
    doc: "Begins to keep events of a pattern, the latest `max` (10000) and 4 MB of them, for so long; the id. With `file` they are written there, a line of JSON each, when it is stopped.",
    mayNeed: { "file.write": "the file" },
    params: {
      opts: t.optional(
        t.object(
          {
            pattern: t.optional(t.string),
            file: t.optional(t.string),
            max: t.optional(t.integer(1)),
            duration: t.optional(t.duration),
          },
          "RecordingOptions",
        ),
      ),
    },
    result: "string",
    aliases: ["record"],
    example: 'events.recording_start()\nevents.emit("tick")\nreturn events.recording_stop().count',
    async call(run, { opts: { pattern, file, max, duration } = {} }, signal) {
      // Says at once whether it may be written, and empties it.
      if (file !== undefined)
        await useFile(run, "events.recording_start", { operation: "write", path: file, content: "" }, signal);
      return busOf(run).record({ pattern, file, max, duration });
    },
  }),
  recording_stop: awaitable({
    doc: "Ends a recording, the latest one by default. It can be replayed by its id.",
    mayNeed: { "file.write": "the file" },
    params: recording,
    result: "{id: string, count: integer, dropped: integer, file?: string}",
    example:
      'local id = events.recording_start({ pattern = "a.*" })\nevents.emit("b.x")\nreturn events.recording_stop(id).count',
    async call(run, { recording_id }, signal) {
      const [id, { kept, file }] = busOf(run).stopRecording(recording_id);
      const all = kept.events();
      if (file !== undefined) {
        const content = all.map((event) => `${eventToJson(event)}\n`).join("");
        await useFile(run, "events.recording_stop", { operation: "write", path: file, content }, signal);
      }
      return { id, count: all.length, dropped: kept.stats.dropped, ...(file === undefined ? {} : { file }) };
    },
  }),
  recording_is_recording: sync({
    doc: "Whether a recording is under way.",
    result: "boolean",
    example: "return events.recording_is_recording()",
    call: (run) =>
      busOf(run)
        .recordings.entries()
        .some(([, { active }]) => active),
  }),
  replay_start: awaitable({
    doc: "Emits events again, with `replay` set: those of a recording, a file ({file=}), or the history ({pattern=, since=, limit=}); the id. Their distances in time are divided by `speed` (1; 0 for none); with `wait` it ends when the replay has.",
    mayNeed: { "file.read": "the file" },
    params: {
      recording_or_query: source,
      opts: t.optional(
        t.object(
          { speed: t.optional(t.number), filter: t.optional(filterHandle), wait: t.optional(t.boolean) },
          "ReplayOptions",
        ),
      ),
    },
    result: "string",
    aliases: ["replay"],
    example: `local id = events.recording_start()
events.emit("tick")
events.recording_stop(id)
local replayed = 0
events.on("tick", function(event) if event.replay then replayed = replayed + 1 end end)
events.replay_start(id, { speed = 0, wait = true })
return replayed`,
    async call(run, { recording_or_query, opts: { speed = 1, filter, wait = false } = {} }, signal) {
      const all = await recordedEvents(run, recording_or_query, signal);
      const wanted: SpellEvent[] = [];
      for (const event of all) if (filter === undefined || (await filter.test(event))) wanted.push(event);
      const bus = busOf(run);
      const [id, under] = bus.replay(wanted, speed === 0 ? Number.POSITIVE_INFINITY : speed);
      if (!wait) return id;
      const stop = (): void => under.stop();
      onAbort(signal, stop);
      await under.done.finally(() => signal.removeEventListener("abort", stop));
      await bus.emitter.flush();
      return id;
    },
  }),
  replay_pause: sync({
    doc: "Holds a replay, the latest one by default; the time in between does not count.",
    params: replay,
    example: `local id = events.recording_start()
events.emit("tick") sleep(5) events.emit("tock")
events.recording_stop(id)
events.replay_pause(events.replay_start(id, { speed = 0.001 }))
return events.replay_stop().replayed`,
    call(run, { replay_id }) {
      busOf(run).replayOf(replay_id).pause();
      return undefined;
    },
  }),
  replay_resume: sync({
    doc: "Lets a held replay go on.",
    params: replay,
    example: `local id = events.recording_start()
events.recording_stop(id)
local replay = events.replay_start(id)
events.replay_pause(replay)
events.replay_resume(replay)
return replay`,
    call(run, { replay_id }) {
      busOf(run).replayOf(replay_id).resume();
      return undefined;
    },
  }),
  replay_stop: sync({
    doc: "Ends a replay, the latest one by default; how many events it has emitted.",
    params: replay,
    result: "{replayed: integer}",
    example: `local id = events.recording_start()
events.recording_stop(id)
return events.replay_stop(events.replay_start(id)).replayed`,
    call(run, { replay_id }) {
      const stopped = busOf(run).replayOf(replay_id);
      stopped.stop();
      return { replayed: stopped.replayed };
    },
  }),
};
