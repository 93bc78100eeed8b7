import { describe, expect, it } from "vitest";
import { formatTime, timeBetween } from "./time.js";

const AT = Date.UTC(2024, 1, 29, 21, 5, 9, 7);

describe("formatTime", () => {
  it.each<[string, Parameters<typeof formatTime>[2], string]>([
    ["iso", {}, "2024-02-29T21:05:09.007Z"],
    ["iso", { tz: "Europe/Helsinki" }, "2024-02-29T23:05:09.007+02:00"],
    ["iso", { tz: "Asia/Kolkata" }, "2024-03-01T02:35:09.007+05:30"],
    ["%Y-%m-%d %H:%M:%S.%L", {}, "2024-02-29 21:05:09.007"],
    ["%F %T", { tz: "America/New_York" }, "2024-02-29 16:05:09"],
    ["%I:%M %p", {}, "09:05 PM"],
    ["%j", { tz: "Asia/Kolkata" }, "061"],
    ["%A %e %B", {}, "Thursday 29 February"],
    ["%A, %B", { locale: "de" }, "Donnerstag, Februar"],
    ["%a %b", { locale: "fr" }, "jeu. févr."],
    ["%z", { tz: "America/New_York" }, "-0500"],
    ["%D %R %y %s%%", {}, "02/29/24 21:05 24 1709240709%"],
  ])("%s with %j", (format, options, expected) => {
    expect(formatTime(AT, format, options)).toBe(expected);
  });

  it("knows midnight, and summer time", () => {
    expect(formatTime(Date.UTC(2024, 0, 1), "%H %I %p")).toBe("00 12 AM");
    expect(formatTime(Date.UTC(2024, 6, 1), "%z", { tz: "Europe/Berlin" })).toBe("+0200");
  });

  it.each([
    [Number.NaN, "iso", {}],
    [0, "%Q", {}],
    [0, "iso", { tz: "Mars/Olympus" }],
    [0, "%A", { locale: "not a locale" }],
  ])("refuses %d, %s, %j", (ms, format, options) => {
    expect(() => formatTime(ms, format, options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("timeBetween", () => {
  it.each([
    [93_784_005, "1d 2h 3m 4.005s"],
    [0, "0s"],
    [-90_000, "-1m 30s"],
    [7_200_000, "2h"],
  ])("%d ms", (ms, text) => {
    expect(timeBetween(1000, 1000 + ms)).toMatchObject({ ms, text, seconds: ms / 1000, hours: ms / 3_600_000 });
  });
});
