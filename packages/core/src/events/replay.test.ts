import { describe, expect, it } from "vitest";
import { createManualClock } from "../testing/manual-clock.js";
import { createEmitter } from "./emitter.js";
import { createEvent, type SpellEvent } from "./event.js";
import { replayEvents } from "./replay.js";

const recording = [0, 100, 100, 400].map((timestamp, index) =>
  createEvent({ type: index % 2 === 0 ? "even" : "odd", payload: index, timestamp }),
);

/** Where a replay puts its events, with the time of each. */
function heardAt(clock: { now(): number }): { heard: string[]; deliver: (event: SpellEvent) => void } {
  const heard: string[] = [];
  return { heard, deliver: ({ payload }) => void heard.push(`${String(payload)}@${clock.now()}`) };
}

describe("a replay", () => {
  it("EVT-5: keeps the order and scales the distances", async () => {
    for (const [speed, expected] of [
      [1, ["0@0", "1@100", "2@100", "3@400"]],
      [2, ["0@0", "1@50", "2@50", "3@200"]],
      [Infinity, ["0@0", "1@0", "2@0", "3@0"]],
    ] as const) {
      const clock = createManualClock();
      const { heard, deliver } = heardAt(clock);
      const replay = replayEvents(recording, deliver, { speed, clock });
      await clock.advance(1000);
      expect(heard).toEqual(expected);
      expect(await replay.done).toEqual({ replayed: 4, status: "completed" });
    }
  });

  it("EVT-5: leaves out what the filter does, and marks what it delivers", async () => {
    const events = createEmitter();
    const heard: SpellEvent[] = [];
    events.on("**", (event) => void heard.push(event));
    async function* stored() {
      yield* recording;
    }
    const filter = ({ type }: SpellEvent): boolean => type === "odd";
    await replayEvents(stored(), events.deliver, { speed: Infinity, filter }).done;
    expect(heard).toEqual([recording[1], recording[3]].map((event) => ({ ...event, replayed: true })));
  });

  it("EVT-5: pauses, resumes and stops", async () => {
    const clock = createManualClock();
    const { heard, deliver } = heardAt(clock);
    const replay = replayEvents(recording, deliver, { clock });
    await clock.advance(60);
    replay.pause();
    replay.pause();
    expect(replay.status).toBe("paused");
    await clock.advance(1000);
    expect(heard).toEqual(["0@0"]);
    replay.resume();
    replay.resume();
    await clock.advance(40);
    expect(heard).toEqual(["0@0", "1@1100", "2@1100"]);
    replay.stop();
    expect(await replay.done).toEqual({ replayed: 3, status: "stopped" });
    replay.pause();
    expect([replay.status, replay.replayed]).toEqual(["stopped", 3]);
  });

  it("stops in a pause, and by a signal", async () => {
    const paused = replayEvents(recording, () => {});
    paused.pause();
    await new Promise((resolve) => setImmediate(resolve));
    paused.stop();
    expect(await paused.done).toMatchObject({ replayed: 0, status: "stopped" });
    const aborted = replayEvents(recording, () => {}, { signal: AbortSignal.abort() });
    expect(await aborted.done).toMatchObject({ replayed: 0, status: "stopped" });
  });

  it("fails with what the delivery throws", async () => {
    const replay = replayEvents(recording, () => {
      throw new Error("no");
    });
    await expect(replay.done).rejects.toThrow("no");
    expect(replay.status).toBe("failed");
    expect(() => replayEvents([], () => {}, { speed: 0 })).toThrow("'speed'");
  });
});
