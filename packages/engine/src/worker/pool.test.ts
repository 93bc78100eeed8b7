import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SpellError } from "@llmspell/errors";
import { afterEach, describe, expect, it } from "vitest";
import { bundleForThread } from "../../../../test/support/bundle.js";
import { folder } from "../../../../test/support/cli.js";
import type { Engine, Guest } from "../engine.js";
import { createWorkerEngine, type ThreadSettings } from "./index.js";
import { ABOUT } from "./testing/raw-engine.js";

const module = await bundleForThread(new URL("./testing/raw-worker.ts", import.meta.url));
const library = await bundleForThread(new URL("./index.ts", import.meta.url));
const engines: Engine[] = [];

function create(threads: ThreadSettings = {}): Engine {
  const engine = createWorkerEngine({ about: ABOUT, module, threads });
  engines.push(engine);
  return engine;
}

afterEach(() => {
  for (const engine of engines.splice(0)) engine[Symbol.dispose]();
});

const one = (guest: Guest): Promise<unknown> => guest.run("return 1").result();

describe("the threads of an engine", () => {
  it("serve one guest after the other", async () => {
    const engine = create();
    for (let i = 0; i < 5; i++) {
      using guest = engine.createGuest();
      guest.setGlobal("x", i);
      expect(guest.getGlobal("x")).toBe(i);
      expect(await one(guest)).toBe(1);
    }
    expect(engine.pool).toMatchObject({ idle: 1, created: 1, reused: 4, discarded: 0 });
  });

  it("are started ahead when asked, and again when one was killed", async () => {
    const engine = create({ min: 2, graceMs: 0 });
    expect(engine.pool).toMatchObject({ idle: 2, created: 2, reused: 0, discarded: 0 });
    const guest = engine.createGuest();
    const ended = one(guest).then(() => guest.run("for (;;) {}").result());
    setTimeout(() => guest.stop(new SpellError("CANCELLED", "enough")), 20);
    await expect(ended).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => engine.pool).toMatchObject({ idle: 2, created: 3, reused: 1, discarded: 1 });
  });

  it("are kept up to a number", () => {
    const engine = create({ idle: 1 });
    const guests = [engine.createGuest(), engine.createGuest(), engine.createGuest()];
    for (const guest of guests) guest[Symbol.dispose]();
    expect(engine.pool).toMatchObject({ idle: 1, created: 3, reused: 0, discarded: 2 });
  });

  it("have a limit, and a guest that ends makes room", async () => {
    const engine = create({ max: 2 });
    const [first, second] = [engine.createGuest(), engine.createGuest()];
    expect(() => engine.createGuest()).toThrow(
      expect.objectContaining({ code: "LIMIT_GUESTS", details: { limit: "max", value: 2 } }),
    );
    first[Symbol.dispose]();
    expect(await one(engine.createGuest())).toBe(1);
    expect(await one(second)).toBe(1);
  });

  it("can be waited for", async () => {
    const engine = create({ max: 1, maxWaiting: 1 });
    const first = engine.createGuest();
    const waiting = engine.acquireGuest();
    await expect(engine.acquireGuest()).rejects.toMatchObject({ code: "LIMIT_GUESTS" });
    expect(engine.pool).toMatchObject({ live: 1, waiting: 1 });
    first[Symbol.dispose]();
    const second = await waiting;
    expect(await one(second)).toBe(1);
    const cancelled = engine.acquireGuest({}, AbortSignal.timeout(5));
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
    second[Symbol.dispose]();
    expect(engine.pool).toMatchObject({ live: 0, peakLive: 1, served: 2, created: 1, idle: 1, waiting: 0 });
  });

  it.each<[ThreadSettings]>([[{ min: -1 }], [{ min: 2, max: 1 }], [{ idle: 0.5 }], [{ max: 0 }], [{ graceMs: NaN }]])(
    "refuse settings that make no sense: %j",
    (threads) => {
      expect(() => create(threads)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    },
  );

  it("refuse an option that cannot be given to them", () => {
    const engine = create();
    expect(() => engine.createGuest({ odd: () => {} } as object)).toThrow(
      expect.objectContaining({ code: "UNSUPPORTED" }),
    );
    expect(engine.pool.created).toBe(0);
  });

  it("leave nothing behind after 200 guests that succeed, fail, wait and are stopped", async () => {
    const before = process.getActiveResourcesInfo().toSorted();
    const engine = create({ max: 4 });
    const sources = ["return 1", "throw new Error('x')", "return new Promise(() => {})"];
    for (let i = 0; i < 200; i++) {
      const guest = engine.createGuest();
      const task = guest.run(sources[i % 3] ?? "");
      const result = task.result().catch(() => {});
      if (i % 4 === 0) guest.stop(new SpellError("CANCELLED", "enough"));
      else if (i % 3 !== 2) await result;
      guest[Symbol.dispose]();
      await result;
      await expect.poll(() => engine.pool.idle, { interval: 1 }).toBeGreaterThan(0);
    }
    expect(engine.pool.created).toBe(1);
    engine[Symbol.dispose]();
    await expect.poll(() => process.getActiveResourcesInfo().toSorted()).toEqual(before);
  });
});

describe("a process", () => {
  async function program(body: string): Promise<{ stdout: string }> {
    const cwd = await folder();
    const file = join(cwd, "main.mjs");
    await writeFile(
      file,
      `import { createWorkerEngine } from ${JSON.stringify(library.href)};
       const engine = createWorkerEngine({ about: { features: {} }, module: new URL(${JSON.stringify(module.href)}) });
       const guest = engine.createGuest({ host: { call: (ms) => new Promise(() => {}) } });
       ${body}`,
    );
    return await promisify(execFile)(process.execPath, [file], { timeout: 30_000 });
  }

  it("is kept by a task, and ends with idle threads around", async () => {
    const { stdout } = await program(
      "guest.run('return new Promise((done) => setTimeout(done, 50, 7))').result().then(console.log);",
    );
    expect(stdout).toBe("7\n");
  });

  it("is kept until a thread that dies has failed its task", async () => {
    const { stdout } = await program("guest.run('process.exit()').result().catch((e) => console.log(e.code));");
    expect(stdout).toBe("INTERNAL\n");
  });

  it("is not kept by a guest that does nothing", async () => {
    const { stdout } = await program("guest.setGlobal('x', 1); console.log(guest.getGlobal('x'));");
    expect(stdout).toBe("1\n");
  });
});
