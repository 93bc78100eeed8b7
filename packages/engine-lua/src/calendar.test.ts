import { describe, expect, it } from "vitest";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();

async function lua(source: string, now = 0): Promise<unknown> {
  const guest = engine.createGuest({ host: { now: () => now } });
  try {
    return await guest.run(source).result();
  } finally {
    guest[Symbol.dispose]();
  }
}

/** `os.date` in UTC of an ISO time. */
const date = (format: string, iso: string): Promise<unknown> =>
  lua(`return os.date("${format}", ${Date.parse(iso) / 1000})`);

describe("os.time", () => {
  it.each([
    ["{ year = 1970, month = 1, day = 1, hour = 0 }", 0],
    ["{ year = 1970, month = 1, day = 1 }", 43_200], // noon is the default
    ["{ year = 2000, month = 2, day = 29, hour = 12, min = 34, sec = 56 }", 951_827_696],
    ["{ year = 2024, month = 2, day = 30, hour = 0 }", 1_709_251_200], // 1 March
    ["{ year = 2023, month = 2, day = 29, hour = 0 }", 1_677_628_800], // 1 March
    ["{ year = 2024, month = 14, day = -3, hour = 25, min = -1, sec = 61 }", Date.UTC(2025, 1, -3, 25, -1, 61) / 1000],
    ["{ year = 1900, month = 1, day = 1, hour = 0 }", -2_208_988_800],
    ["{ year = 99, month = 1, day = 1, hour = 0 }", -59_042_995_200],
    ["{ year = 9999, month = 12, day = 31, hour = 23, min = 59, sec = 59 }", 253_402_300_799],
  ])("%s is %i", async (fields, seconds) => {
    expect(await lua(`return os.time(${fields})`)).toBe(seconds);
  });

  it("writes the normalized fields back", async () => {
    expect(await lua("local t = { year = 2024, month = 13, day = 32, hour = 24 } os.time(t) return t")).toEqual({
      year: 2025,
      month: 2,
      day: 2,
      hour: 0,
      min: 0,
      sec: 0,
      yday: 33,
      wday: 1,
      isdst: false,
    });
  });

  it("without arguments is the host's clock", async () => {
    expect(await lua("return os.time()", 1_700_000_000_999)).toBe(1_700_000_000);
    expect(await lua("return os.time()")).toBe(0);
  });

  it("refuses a time that has no number", async () => {
    await expect(lua("return os.time({ year = 300000, month = 1, day = 1 })")).rejects.toThrow("cannot be represented");
  });

  it("inverts os.date", async () => {
    expect(
      await lua(`
      for _, t in ipairs({ 0, 1, -1000, 86399, 951782400, 4102444800, -62135596800, 253402300799 }) do
        if os.time(os.date("!*t", t)) ~= t then return t end
      end
      return "all"`),
    ).toBe("all");
  });
});

describe("os.date", () => {
  it.each([
    ["%Y-%m-%d %H:%M:%S", "2024-02-29T07:08:09Z", "2024-02-29 07:08:09"],
    ["%c", "2024-02-09T07:08:09Z", "Fri Feb  9 07:08:09 2024"],
    ["%x %X %p %I %r", "2024-02-09T00:08:09Z", "02/09/24 00:08:09 AM 12 12:08:09 AM"],
    ["%p %I", "2024-02-09T13:00:00Z", "PM 01"],
    ["%a %A %b %B %h", "2023-12-31T00:00:00Z", "Sun Sunday Dec December Dec"],
    ["%D %F %R %T %e", "2024-03-01T01:02:03Z", "03/01/24 2024-03-01 01:02 01:02:03  1"],
    ["%C %y %G %g", "2024-12-30T00:00:00Z", "20 24 2025 25"],
    ["%u %w", "2024-03-03T00:00:00Z", "7 0"],
    ["%z %Z %%", "2024-03-03T00:00:00Z", "+0000 UTC %"],
    ["%Ey %Od", "2024-03-03T00:00:00Z", "24 03"],
    ["%Y", "1969-12-31T23:59:59Z", "1969"],
    ["%A %Y", "0001-01-01T00:00:00Z", "Monday 1"],
    ["%Y-%m-%d", "+100000-01-01T00:00:00Z", "100000-01-01"],
  ])("%s of %s is '%s'", async (format, iso, text) => {
    expect(await date(format, iso)).toBe(text);
    expect(await date(`!${format}`, iso)).toBe(text);
  });

  // Day of the year; week with Sunday first; ISO week; week with Monday first. From GNU date.
  it.each([
    ["2023-01-01", "001 01 52 00"],
    ["2024-01-01", "001 00 01 01"],
    ["2024-02-29", "060 08 09 09"],
    ["2024-12-29", "364 52 52 52"],
    ["2024-12-30", "365 52 01 53"],
    ["2024-12-31", "366 52 01 53"],
    ["2023-12-31", "365 53 52 52"],
    ["2021-01-03", "003 01 53 00"],
    ["2020-12-31", "366 52 53 52"],
    ["1900-12-31", "365 52 01 53"],
    ["2000-12-31", "366 53 52 52"],
  ])("%%j %%U %%V %%W of %s are %s", async (day, text) => {
    expect(await date("%j %U %V %W", `${day}T12:00:00Z`)).toBe(text);
  });

  it("gives the fields of a table", async () => {
    expect(await lua('return os.date("*t", 951827696)')).toEqual({
      year: 2000,
      month: 2,
      day: 29,
      hour: 12,
      min: 34,
      sec: 56,
      yday: 60,
      wday: 3,
      isdst: false,
    });
  });

  it("keeps what is not a conversion, in any script", async () => {
    expect(await date("年 %Y", "2024-01-01T00:00:00Z")).toBe("年 2024");
  });

  it.each(["%Q", "%E", "%Ea", "%"])("refuses the conversion %s", async (format) => {
    await expect(lua(`return os.date("${format}")`)).rejects.toThrow("invalid conversion specifier");
  });
});

describe("the clock of a guest", () => {
  it("is the host's and goes no faster than it", async () => {
    expect(await lua("return os.clock() == os.clock()", 5_000)).toBe(true);
    expect(await lua("return os.difftime(7, 3)")).toBe(4);
  });
});
