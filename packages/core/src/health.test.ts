import { createServer } from "node:http";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { checkHealth, memoryCheck } from "./health.js";
import { createManualClock } from "./testing/manual-clock.js";
import { listenOn } from "./testing/loopback.js";

describe("health checks", () => {
  it("PROD-1: say what works, what works badly and what does not", async () => {
    await using server = await listenOn(
      createServer((_, response) => void response.end("ok")),
      "http",
    );
    const report = await checkHealth(
      [
        { name: "server", check: async (signal) => `answered ${(await fetch(server.url, { signal })).status}` },
        { name: "memory", check: () => memoryCheck(1) },
        { name: "quiet", check: () => memoryCheck(2 ** 50) },
      ],
      { clock: createManualClock(0) },
    );
    const durationMs = expect.any(Number);
    expect(report).toEqual({
      status: "warn",
      time: "1970-01-01T00:00:00.000Z",
      checks: {
        server: { status: "pass", durationMs, output: "answered 200" },
        memory: {
          status: "warn",
          durationMs,
          output: expect.stringMatching(/^the process holds \d+ MB, more than 0 MB$/),
        },
        quiet: { status: "pass", durationMs },
      },
    });
  });

  it("PROD-1: a failure counts by what it is for, and one that hangs is given up", async () => {
    const fail = (): never => {
      throw new SpellError("IO_ERROR", "no disk");
    };
    let given: AbortSignal | undefined;
    const hang = (signal: AbortSignal): Promise<never> => {
      given = signal;
      return new Promise(() => {});
    };
    const side = await checkHealth([{ name: "cache", critical: false, check: fail }]);
    expect(side).toMatchObject({ status: "warn", checks: { cache: { status: "warn", output: "IO_ERROR: no disk" } } });
    const main = await checkHealth([
      { name: "disk", check: fail },
      { name: "model", check: hang, timeoutMs: 10 },
      { name: "fine", check: () => {} },
    ]);
    expect(main).toMatchObject({
      status: "fail",
      checks: {
        disk: { status: "fail" },
        model: { status: "fail", output: "TIMEOUT: the health check 'model' did not finish within 10 ms" },
        fine: { status: "pass" },
      },
    });
    expect(given?.aborted).toBe(true);
    expect(await checkHealth([])).toMatchObject({ status: "pass", checks: {} });
  });

  it("refuses two of one name", async () => {
    const check = (): void => {};
    await expect(
      checkHealth([
        { name: "a", check },
        { name: "a", check },
      ]),
    ).rejects.toThrow("have the same name");
  });
});
