import { afterAll, describe, expect, it } from "vitest";
import type { GuestOptions, Host, Warning } from "@llmspell/engine";
import { TestHost } from "@llmspell/engine/conformance";
import { createJavaScriptEngine } from "@llmspell/engine-js";

const engine = createJavaScriptEngine();
afterAll(() => engine[Symbol.dispose]());

/** What a script logs to a host that has a log. */
async function logged(source: string, options: GuestOptions = {}): Promise<readonly Warning[]> {
  const heard: Warning[] = [];
  const guest = engine.createGuest({ ...options, host: { warn: (warning) => heard.push(warning), ...options.host } });
  try {
    await guest.run(source, { name: "spell.js" }).result();
    return heard;
  } finally {
    guest[Symbol.dispose]();
  }
}

describe("console", () => {
  it("is text for the host's streams where the host has no log", async () => {
    const streams: string[] = [];
    const host: Host = { write: (stream, bytes) => streams.push(`${stream}: ${Buffer.from(bytes).toString()}`) };
    const guest = engine.createGuest({ host });
    await guest.run("for (const say of ['log', 'debug', 'info', 'warn', 'error']) console[say](say, 1)").result();
    expect(streams).toEqual([
      "stdout: log 1\n",
      "stdout: debug 1\n",
      "stdout: info 1\n",
      "stderr: warn 1\n",
      "stderr: error 1\n",
    ]);
    expect(guest.usage.warnings).toBe(0);
    guest[Symbol.dispose]();
  });

  it("gives a log lines with their level and place; what is printed is no line of it", async () => {
    const host = new TestHost();
    const lines: Warning[] = [];
    const guest = engine.createGuest({
      host: { write: (stream, bytes) => host.write(stream, bytes), warn: (line) => lines.push(line) },
    });
    const source = `console.log("printed")
console.debug({ a: [1n] })
const f = () => {
  console.info("b", null)
}
f()
await null
console.warn("deprecated: c")
console.error(new TypeError("d"))`;
    await guest.run(source, { name: "spell.js" }).result();
    guest[Symbol.dispose]();
    expect(lines).toEqual([
      { message: "{a: [1n]}", level: "debug", file: "spell.js", line: 2 },
      { message: "b null", level: "info", file: "spell.js", line: 4 },
      { message: "deprecated: c", category: "deprecated", file: "spell.js", line: 8 },
      { message: "TypeError: d", level: "error", file: "spell.js", line: 9 },
    ]);
    expect(host.output).toBe("printed\n");
  });

  it("shows cycles, getters, symbols, handles and what nests deeply as such", async () => {
    const lines = await logged(`
      const o = { get g() { throw 1 }, s: Symbol("x"), f() {}, u: undefined }
      o.me = o
      let deep = 1
      for (let i = 0; i < 20; i++) deep = [deep]
      console.warn(o, deep)`);
    expect(lines[0]?.message).toBe(
      "{g: [getter], s: Symbol(), f: [function], u: undefined, me: [circular]} [[[[[[[…]]]]]]]",
    );
  });
});

describe("the host's limits on log lines", () => {
  const flood = (n: number): string => `for (let i = 1; i <= ${n}; i++) console.warn("w" + i)`;

  it("leave categories out", async () => {
    const source = 'console.warn("deprecated: x"); console.info("slow: y"); console.warn("z")';
    const heard = await logged(source, { warnings: { ignore: ["deprecated", "slow"] } });
    expect(heard.map(({ message }) => message)).toEqual(["z"]);
  });

  it("let a number through in all, and in each second of the host's clock", async () => {
    expect(await logged(flood(2_000))).toHaveLength(1_000);
    let clock = 0;
    const heard: Warning[] = [];
    const host: Host = { now: () => clock, warn: (warning) => heard.push(warning) };
    const guest = engine.createGuest({ host, warnings: { perSecond: 2 } });
    for (const time of [0, 1_000]) {
      clock = time;
      await guest.run(flood(3)).result();
    }
    expect(heard.map(({ message, dropped = 0 }) => [message, dropped])).toEqual([
      ["w1", 0],
      ["w2", 0],
      ["w1", 1],
      ["w2", 0],
    ]);
    expect(guest.usage.warnings).toBe(6);
    guest[Symbol.dispose]();
  });

  it("leave the guest's own limits in force, and its lines bounded", async () => {
    await expect(logged("while (true) console.warn('x')", { limits: { fuel: 500_000 } })).rejects.toMatchObject({
      code: "LIMIT_FUEL",
    });
    const [line] = await logged('console.warn("x".repeat(1e6))');
    expect(line?.message).toHaveLength(4_096);
  });

  it("of a host that fails are an error of the guest that says nothing of it", async () => {
    const host: Host = {
      warn() {
        throw new TypeError("secret");
      },
    };
    const failing = logged("try { console.warn(1) } catch (e) { throw e.message + e.stack }", { host });
    const { message } = await failing.then(
      () => expect.fail("it did not fail"),
      (thrown: Error) => thrown,
    );
    expect(message).toMatch(/a defect|internal|failed/i);
    expect(message).not.toContain("secret");
  });
});
