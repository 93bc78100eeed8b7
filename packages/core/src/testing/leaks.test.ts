import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { MessageChannel } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trackLeaks, withoutLeaks, type Leak } from "./leaks.js";

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "leaks-"));
  file = path.join(folder, "data.txt");
  await writeFile(file, "x");
});
afterAll(() => rm(folder, { recursive: true }));

/** What is left of a scope whose work returns how to release what it made. */
async function leftOf(work: () => Promise<() => unknown>, options = {}): Promise<readonly Leak[]> {
  let release: (() => unknown) | undefined;
  const leave = async (): Promise<void> => {
    await using _ = trackLeaks({ graceMs: 30, ...options });
    release = await work();
  };
  const error = await leave().then(
    () => undefined,
    (thrown: { code: string; details: { leaks: Leak[] } }) => thrown,
  );
  await release?.();
  if (error === undefined) return [];
  expect(error.code).toBe("ASSERTION_FAILED");
  return error.details.leaks;
}

const kinds: readonly [kind: string, make: () => Promise<() => unknown>][] = [
  [
    "timer",
    async () => {
      const timer = setInterval(() => {}, 1000).unref();
      return () => clearInterval(timer);
    },
  ],
  [
    "server",
    async () => {
      const server = createServer();
      await once(server.listen(0, "127.0.0.1"), "listening");
      return () => new Promise((resolve) => server.close(resolve));
    },
  ],
  [
    "process",
    async () => {
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
      await once(child, "spawn");
      return async () => {
        child.kill("SIGKILL");
        await once(child, "exit");
      };
    },
  ],
  [
    "message port",
    async () => {
      const { port1 } = new MessageChannel();
      return () => port1.close();
    },
  ],
  [
    "file",
    async () => {
      const handle = await open(file);
      return () => handle.close();
    },
  ],
  [
    "listener",
    async () => {
      const listener = (): void => {};
      process.on("SIGUSR2", listener);
      return () => process.off("SIGUSR2", listener);
    },
  ],
];

describe("leaks", () => {
  it.each(kinds)("TK-5: a %s that is left is found, one that is released is not", async (kind, make) => {
    const left = await leftOf(make);
    expect(left.map((leak) => leak.kind)).toContain(kind);
    const released = async (): Promise<() => void> => {
      const release = await make();
      await release();
      return () => {};
    };
    expect(await leftOf(released, { graceMs: 20_000 })).toEqual([]);
  });

  it("TK-5: says where it was made", async () => {
    const [timer] = await leftOf(async () => {
      const made = setTimeout(() => {}, 60_000);
      return () => clearTimeout(made);
    });
    expect(timer?.what).toContain("leaks.test.ts");
  });

  it("TK-5: sockets of both ends, until they have closed", async () => {
    const server = createServer((socket) => void socket.on("error", () => {}));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const left = await leftOf(async () => {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      return () => socket.destroy();
    });
    expect(left.map(({ kind }) => kind)).toEqual(["socket"]);
    // Destroyed is not yet closed: leaving the scope waits for it.
    await leftOf(
      async () => {
        const socket = connect(port, "127.0.0.1");
        await once(socket, "connect");
        socket.destroy();
        return () => {};
      },
      { graceMs: 20_000 },
    ).then((none) => expect(none).toEqual([]));
    await new Promise((resolve) => server.close(resolve));
  });

  it("TK-5: registries and listeners of one's own are counted", async () => {
    const [table, emitter, stop] = [new Set<number>([0]), new EventEmitter(), new AbortController()];
    const left = await leftOf(
      async () => {
        table.add(1).add(2);
        emitter.on("data", () => {});
        stop.signal.addEventListener("abort", () => {});
        return () => {};
      },
      { counts: { handles: () => table.size }, listeners: { emitter, signal: stop.signal } },
    );
    expect(left).toEqual([
      { kind: "listener", what: "emitter data 0 → 1" },
      { kind: "listener", what: "signal abort 0 → 1" },
      { kind: "count", what: "handles 1 → 3" },
    ]);
  });

  it("TK-5: what others make meanwhile is not counted, and neither is what is ignored", async () => {
    const timers: NodeJS.Timeout[] = [];
    const others = new EventEmitter();
    // Bound to where it is made, outside of the scope.
    const outside = setInterval(() => {
      timers.push(setTimeout(() => {}, 60_000));
      others.emit("made");
    }, 1);
    try {
      expect(
        await leftOf(async () => {
          await once(others, "made");
          return () => {};
        }),
      ).toEqual([]);
    } finally {
      clearInterval(outside);
      timers.forEach((timer) => clearTimeout(timer));
    }
    const ignored = await leftOf(
      async () => {
        const timer = setTimeout(() => {}, 60_000);
        return () => clearTimeout(timer);
      },
      { ignore: ({ kind }: Leak) => kind === "timer" },
    );
    expect(ignored).toEqual([]);
  });

  it("TK-5: watches a function where there is no 'using'", async () => {
    const table = new Set([1]);
    const counts = { handles: () => table.size };
    expect(await withoutLeaks(() => table.size, { counts })).toBe(1);
    await expect(withoutLeaks(() => table.add(2), { counts, graceMs: 10 })).rejects.toThrow("count: handles 1 → 2");
    await expect(withoutLeaks(() => Promise.reject(new Error("own")))).rejects.toThrow("own");
    // What the work threw is told, not what it could not release after that.
    const broken = (): never => (table.add(3), expect.fail("own"));
    await expect(withoutLeaks(broken, { counts })).rejects.toThrow("own");
    // What the caller makes meanwhile is its own.
    const quiet = withoutLeaks(() => new Promise((resolve) => setImmediate(resolve)), { graceMs: 10 });
    const timer = setTimeout(() => {}, 60_000);
    await quiet;
    clearTimeout(timer);
  });

  it("TK-5: without await nothing is waited for", () => {
    let timer: NodeJS.Timeout | undefined;
    const leave = (): void => {
      using tracker = trackLeaks();
      timer = setTimeout(() => {}, 60_000);
      expect(tracker.leaks()).toHaveLength(1);
    };
    expect(leave).toThrow("something was not released:\n  timer:");
    clearTimeout(timer);
    const clean = (): void => {
      using _ = trackLeaks();
      clearTimeout(setTimeout(() => {}, 60_000));
    };
    expect(clean).not.toThrow();
  });
});
