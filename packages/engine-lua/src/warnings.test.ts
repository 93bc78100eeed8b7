import { afterAll, describe, expect, it } from "vitest";
import type { GuestOptions, Host, Warning } from "@llmspell/engine";
import { TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

/** The warnings of a script whose host asks for them. */
async function warnings(source: string, options: GuestOptions = {}): Promise<readonly Warning[]> {
  const heard: Warning[] = [];
  const guest = engine.createGuest({ ...options, host: { warn: (warning) => heard.push(warning), ...options.host } });
  try {
    await guest.run(source, { name: "spell.lua" }).result();
    return heard;
  } finally {
    guest[Symbol.dispose]();
  }
}

const AT_1 = { file: "spell.lua", line: 1 };

describe("warn", () => {
  it("gives all its parts as one record, with the place of the call", async () => {
    expect(await warnings('\n\nwarn("a", "b", 3)\nwarn("c")')).toEqual([
      { message: "ab3", file: "spell.lua", line: 3 },
      { message: "c", file: "spell.lua", line: 4 },
    ]);
  });

  it.each([
    ['local function f()\n  warn("x")\nend\nf()', { file: "spell.lua", line: 2 }],
    ['\npcall(warn, "x")', { file: "spell.lua", line: 2 }],
    ['\ncoroutine.wrap(function() warn("x") end)()', { file: "spell.lua", line: 2 }],
    ['load("\\n\\nwarn(\'x\')", "=inner")()', { file: "inner", line: 3 }],
  ])("has the script's own place: %j", async (source, place) => {
    expect(await warnings(source)).toEqual([{ message: "x", ...place }]);
  });

  it("has a category when the message begins with a word and a colon", async () => {
    const source = (message: string): string => `warn(${JSON.stringify(message)})`;
    expect(await warnings(source("deprecated: use open()"))).toEqual([
      { message: "deprecated: use open()", category: "deprecated", ...AT_1 },
    ]);
    for (const message of ["two words: x", "Upper: x", "x:y", `${"a".repeat(40)}: x`, ": x"]) {
      expect(await warnings(source(message))).toEqual([{ message, ...AT_1 }]);
    }
  });

  it("can be turned off and on by the script, and other control messages mean nothing", async () => {
    const source = 'warn("a") warn("@off") warn("b") warn("@other") warn("@on") warn("c") warn("@on", "d")';
    expect((await warnings(source)).map(({ message }) => message)).toEqual(["a", "c", "@ond"]);
  });

  it("does not stay off in the next guest", async () => {
    await warnings('warn("@off")');
    expect(await warnings('warn("x")')).toHaveLength(1);
    const host = new TestHost();
    for (const source of ['warn("@on")', 'warn("x")']) {
      const guest = engine.createGuest({ host });
      await guest.run(source).result();
      guest[Symbol.dispose]();
    }
    expect(host.output).toBe("");
  });

  it("stays off in a restored guest", async () => {
    const heard: Warning[] = [];
    const host: Host = { warn: (warning) => heard.push(warning) };
    const guest = engine.createGuest({ host });
    await guest.run('warn("@off")').result();
    const restored = engine.restore(guest.snapshot(), { host });
    await restored.run('warn("x") warn("@on") warn("y")').result();
    expect(heard.map(({ message }) => message)).toEqual(["y"]);
    for (const each of [guest, restored]) each[Symbol.dispose]();
  });

  it("is text for stderr, once it is on, when the host does not ask for it", async () => {
    const streams: string[] = [];
    const host: Host = { write: (stream, bytes) => streams.push(`${stream}: ${Buffer.from(bytes).toString()}`) };
    const guest = engine.createGuest({ host });
    await guest.run('warn("unheard") warn("@on") warn("a", "b")').result();
    expect(streams).toEqual(["stderr: Lua warning: ab\n"]);
    expect(guest.usage.outputBytes).toBe("Lua warning: ab\n".length);
    guest[Symbol.dispose]();
  });

  it.each([
    ["warn()", "warn: argument 1 must be text"],
    ["warn(nil)", "warn: argument 1 must be text, not nil"],
    ["warn('a', {})", "warn: argument 2 must be text, not table"],
    ["warn(setmetatable({}, { __tostring = function() return 'x' end }))", "warn: argument 1 must be text, not table"],
  ])("%s is refused", async (source, message) => {
    await expect(warnings(source)).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message, details: { line: 1 } });
  });

  it("is cut when it is long, in one part or in many, and takes any bytes", async () => {
    for (const source of [
      'warn(("x"):rep(1000000))',
      'local t = {} for i = 1, 200 do t[i] = ("x"):rep(100) end warn(table.unpack(t))',
    ]) {
      const [{ message = "" } = {}] = await warnings(source);
      expect(message).toMatch(/^x+$/);
      expect(message.length).toBeGreaterThanOrEqual(4_096);
      expect(message.length).toBeLessThanOrEqual(8_192);
    }
    expect(await warnings('warn("a\\0b\\n\\255")')).toEqual([{ message: "a\0b\n\uFFFD", ...AT_1 }]);
  });
});

describe("the host's limits on warnings", () => {
  const flood = (n: number): string => `for i = 1, ${n} do warn("w" .. i) end`;

  it("leave categories out", async () => {
    const source = 'warn("deprecated: x") warn("slow: y") warn("z")';
    const heard = await warnings(source, { warnings: { ignore: ["deprecated", "slow"] } });
    expect(heard.map(({ message }) => message)).toEqual(["z"]);
  });

  it("let a number through in all", async () => {
    expect(await warnings(flood(5_000))).toHaveLength(1_000);
    expect(await warnings(flood(10), { warnings: { total: 3 } })).toHaveLength(3);
  });

  it("let a number through in each second of the host's clock, and say how many were kept back", async () => {
    let clock = 0;
    const heard: Warning[] = [];
    const host: Host = { now: () => clock, warn: (warning) => heard.push(warning) };
    const guest = engine.createGuest({ host, warnings: { perSecond: 2 } });
    for (const time of [0, 999, 1_000, 60_000]) {
      clock = time;
      await guest.run(flood(3), { name: "spell.lua" }).result();
    }
    expect(heard.map(({ message, dropped = 0 }) => [message, dropped])).toEqual([
      ["w1", 0],
      ["w2", 0],
      ["w1", 4],
      ["w2", 0],
      ["w1", 1],
      ["w2", 0],
    ]);
    expect(guest.usage.warnings).toBe(12);
    guest[Symbol.dispose]();
  });

  it("leave the guest's own limits in force", async () => {
    await expect(warnings("while true do warn('x') end", { limits: { fuel: 200_000 } })).rejects.toMatchObject({
      code: "LIMIT_FUEL",
    });
  });
});

describe("Lua's own warnings", () => {
  const FAILING = 'setmetatable({}, {\n__gc = function() error("lost") end })\ncollectgarbage()';

  it("of an error in a finalizer arrive with its place", async () => {
    expect(await warnings(FAILING)).toEqual([
      {
        message: "error in __gc (spell.lua:2: lost)",
        category: "finalizer",
        file: "spell.lua",
        line: 2,
      },
    ]);
  });

  it.each([
    ["error({})", "error object is not a string"],
    ["error(setmetatable({}, { __tostring = function() while true do end end }))", "error object is not a string"],
    ["error()", "error object is not a string"],
    ["error('(x', 0)", "(x"],
    ["error(('y'):rep(100000), 0)", "yyyy"],
  ])("tell of %s", async (statement, text) => {
    const [warning, ...more] = await warnings(
      `setmetatable({}, { __gc = function() ${statement} end }) collectgarbage()`,
    );
    expect(more).toEqual([]);
    expect(warning?.message).toContain(text);
    expect(warning?.message.length).toBeLessThanOrEqual(4_096);
  });

  it("are off when the script has turned warnings off, and text when the host does not ask for them", async () => {
    expect(await warnings(`warn("@off")${FAILING}`)).toEqual([]);
    const host = new TestHost();
    const guest = engine.createGuest({ host });
    await guest.run(`warn("@on")${FAILING}`, { name: "spell.lua" }).result();
    expect(host.output).toBe("Lua warning: error in __gc (spell.lua:2: lost)\n");
    guest[Symbol.dispose]();
  });

  it("end the guest when the host fails to take them", async () => {
    const host: Host = {
      warn() {
        throw new TypeError("secret");
      },
    };
    await expect(warnings(FAILING, { host })).rejects.toMatchObject({
      code: "INTERNAL",
      message: "the host failed to take a warning",
    });
    await expect(warnings("return pcall(warn, 'x')", { host })).resolves.toEqual([]);
    expect(await warnings('warn("x")')).toHaveLength(1);
  });
});
