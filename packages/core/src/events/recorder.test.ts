import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { createEmitter } from "./emitter.js";
import { openEventFile, readEvents } from "./event-file.js";
import { createEvent, type SpellEvent } from "./event.js";
import { keepEvents, recordEvents } from "./recorder.js";

const folder = mkdtempSync(path.join(tmpdir(), "events-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => path.join(folder, `${++files}.jsonl`);
const read = async (file: string): Promise<SpellEvent[]> => {
  const events: SpellEvent[] = [];
  for await (const event of readEvents(file)) events.push(event);
  return events;
};
const payloads = (events: readonly SpellEvent[]): unknown[] => events.map(({ payload }) => payload);

describe("a recorder", () => {
  it("EVT-4: keeps events in memory and answers queries", async () => {
    let now = 0;
    const events = createEmitter({ clock: { now: () => (now += 10) } });
    const recorder = await recordEvents(events, { pattern: "a.**" });
    events.emit({ type: "a.x", payload: 1, correlationId: "run" });
    events.emit({ type: "a.y", payload: 2 });
    events.emit({ type: "b", payload: 3 });
    events.emit({ type: "a.y", payload: 4, correlationId: "run" });
    expect(payloads(recorder.events())).toEqual([1, 2, 4]);
    expect(payloads(recorder.events({ pattern: "a.y" }))).toEqual([2, 4]);
    expect(payloads(recorder.events({ correlationId: "run" }))).toEqual([1, 4]);
    expect(payloads(recorder.events({ from: 20, to: 30 }))).toEqual([2]);
    expect(payloads(recorder.events({ limit: 2 }))).toEqual([2, 4]);
    expect(payloads(recorder.events({ filter: ({ payload }) => payload === 4 }))).toEqual([4]);
    await recorder.stop();
    events.emit({ type: "a.x" });
    expect(recorder.events()).toHaveLength(3);
    recorder.clear();
    expect(recorder.events()).toEqual([]);
  });

  it("keeps the newest within its limits", async () => {
    const events = createEmitter();
    const few = await recordEvents(events, { maxEvents: 3 });
    const small = await recordEvents(events, { maxBytes: 1000 });
    for (let payload = 0; payload < 5000; payload++) events.emit({ type: "x", payload });
    expect(payloads(few.events())).toEqual([4997, 4998, 4999]);
    expect(few.stats).toEqual({ recorded: 5000, dropped: 4997, failed: 0 });
    expect(small.events().length).toBeGreaterThan(1);
    expect(JSON.stringify(small.events()).length).toBeLessThan(1100);
    await expect(recordEvents(events, { maxEvents: -1 })).rejects.toThrow("'maxEvents'");
  });

  it("keeps an event as it was when it came, and counts what is not JSON", async () => {
    const events = createEmitter();
    const recorder = await recordEvents(events);
    const payload = { n: 1 };
    events.emit({ type: "x", payload });
    payload.n = 2;
    events.emit({ type: "x", payload: 1n });
    expect(payloads(recorder.events())).toEqual([{ n: 1 }]);
    expect(recorder.stats).toMatchObject({ recorded: 1, failed: 1 });
  });

  it("EVT-4: a recording survives its process, killed in the middle of a line", async () => {
    const file = newFile();
    const core = fileURLToPath(new URL("../../dist/index.js", import.meta.url));
    const script = `
      import { createEmitter, recordEvents } from ${JSON.stringify(core)};
      import { appendFileSync } from "node:fs";
      const events = createEmitter();
      const recorder = await recordEvents(events, { file: ${JSON.stringify(file)} });
      for (const payload of [1, 2, 3]) events.emit({ type: "x", payload });
      await recorder.flush();
      appendFileSync(${JSON.stringify(file)}, '{"id":"cut');
      process.kill(process.pid, "SIGKILL");`;
    expect(() => execFileSync(process.execPath, ["--input-type=module", "-e", script])).toThrow(/SIGKILL|failed/);
    expect(payloads(await read(file))).toEqual([1, 2, 3]);

    const events = createEmitter();
    const recorder = await recordEvents(events, { file });
    events.emit({ type: "x", payload: 4 });
    await recorder.stop();
    expect(payloads(await read(file))).toEqual([1, 2, 3, 4]);
  });

  it("tells a malformed line before the last by its number", async () => {
    const file = newFile();
    const line = JSON.stringify(createEvent({ type: "x" }));
    writeFileSync(file, `${line}\nnonsense\n${line}\n`);
    await expect(read(file)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      message: expect.stringContaining("line 2 of the recording"),
    });
  });

  it("cuts off a partial line of any length, also an only one", async () => {
    for (const whole of ["", `${JSON.stringify(createEvent({ type: "x" }))}\n`]) {
      const file = newFile();
      writeFileSync(file, `${whole}${"y".repeat(200_000)}`);
      await (await openEventFile(file)).close();
      expect(readFileSync(file, "utf8")).toBe(whole);
    }
  });

  it("says without a path that a file cannot be used", async () => {
    const missing = path.join(folder, "none", "x.jsonl");
    const failures = [openEventFile(missing), read(missing)].map(
      async (attempt) => await attempt.catch((error) => error),
    );
    for (const error of await Promise.all(failures)) {
      expect(error).toMatchObject({ code: "IO_ERROR", message: "the file cannot be used: ENOENT" });
    }
  });

  it("tells in flush and close that writing failed", async () => {
    const file = await openEventFile("/dev/full");
    file.append(createEvent({ type: "x" }));
    await expect(file.flush()).rejects.toMatchObject({ code: "IO_ERROR", details: { code: "ENOSPC" } });
    await expect(file.close()).rejects.toMatchObject({ code: "IO_ERROR" });
  });

  it("writes many events in their order", async () => {
    const file = newFile();
    const events = createEmitter();
    const recorder = await recordEvents(events, { file, maxEvents: 0 });
    const numbers = Array.from({ length: 2000 }, (_, index) => index);
    for (const payload of numbers) {
      events.emit({ type: "x", payload });
      if (payload % 500 === 0) await recorder.flush();
    }
    await recorder.stop();
    expect(recorder.events()).toEqual([]);
    expect(payloads(await read(file))).toEqual(numbers);
    truncateSync(file, 0);
    appendFileSync(file, "\n");
    expect(await read(file)).toEqual([]);
  });

  it("forgets what a query finds, and can do without a file", () => {
    const events = createEmitter();
    using kept = keepEvents(events);
    for (const type of ["a.x", "b.x", "a.y"]) events.emit({ type });
    expect(kept.clear({ pattern: "a.*", limit: 1 })).toBe(1);
    expect(kept.events().map(({ type }) => type)).toEqual(["a.x", "b.x"]);
    expect([kept.clear(), kept.events()]).toEqual([2, []]);
    events.emit({ type: "c" });
    expect(kept.events()).toHaveLength(1);
  });

  it("hears on for a time that no timer of Node can wait", async () => {
    const events = createEmitter();
    using kept = keepEvents(events, { durationMs: 2 ** 40 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    events.emit({ type: "a" });
    expect(kept.events()).toHaveLength(1);
  });

  it("hears no more after its time", async () => {
    const events = createEmitter();
    using kept = keepEvents(events, { durationMs: 1 });
    events.emit({ type: "a" });
    while (events.size > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    events.emit({ type: "b" });
    expect(kept.events().map(({ type }) => type)).toEqual(["a"]);
  });
});
