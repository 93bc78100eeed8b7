import { SpellError } from "@llmspell/errors";

export interface TimeFormatOptions {
  /** An IANA name such as `Europe/Helsinki`; `UTC` by default. */
  tz?: string;
  /** Of the names of days and months, as BCP 47; `en` by default. */
  locale?: string;
}

type Part = Intl.DateTimeFormatPartTypes;

/**
 * A time as text: `iso` (RFC 3339 with the offset of the zone) or a pattern with the directives of
 * POSIX `strftime`: %Y %y %m %d %e %H %I %M %S %p %j %a %A %b %B %Z %z %F %T %D %R %s %n %t %%, and %L for milliseconds.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a time, zone, locale or directive that there is not.
 */
export function formatTime(ms: number, format = "iso", { tz = "UTC", locale = "en" }: TimeFormatOptions = {}): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) throw new SpellError("INVALID_ARGUMENT", `${ms} is no time that can be written`);
  const part = (type: Part, options: Intl.DateTimeFormatOptions, language = "en"): string =>
    formatter(language, { ...options, timeZone: tz })
      .formatToParts(date)
      .find((each) => each.type === type)?.value ?? "";
  const number = (type: Part, options: Intl.DateTimeFormatOptions, width = 2): string =>
    part(type, { ...options, hourCycle: "h23" }).padStart(width, "0");

  const directive = (letter: string): string => {
    switch (letter) {
      case "Y":
        return number("year", { year: "numeric" }, 4);
      case "y":
        return number("year", { year: "numeric" }, 4).slice(-2);
      case "m":
        return number("month", { month: "2-digit" });
      case "d":
        return number("day", { day: "2-digit" });
      case "e":
        return String(Number(number("day", { day: "numeric" }))).padStart(2, " ");
      case "H":
        return number("hour", { hour: "2-digit" });
      case "I":
        return String(Number(number("hour", { hour: "2-digit" })) % 12 || 12).padStart(2, "0");
      case "M":
        return number("minute", { hour: "2-digit", minute: "2-digit" });
      case "S":
        return number("second", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
      case "L":
        return String(date.getUTCMilliseconds()).padStart(3, "0");
      case "p":
        return Number(number("hour", { hour: "2-digit" })) < 12 ? "AM" : "PM";
      case "j":
        return String(dayOfYear(Number(directive("Y")), Number(directive("m")), Number(directive("d")))).padStart(
          3,
          "0",
        );
      case "a":
        return part("weekday", { weekday: "short" }, locale);
      case "A":
        return part("weekday", { weekday: "long" }, locale);
      case "b":
        return part("month", { month: "short", day: "numeric" }, locale);
      case "B":
        return part("month", { month: "long", day: "numeric" }, locale);
      case "Z":
        return part("timeZoneName", { timeZoneName: "short" }, locale);
      case "z":
        return offset(part("timeZoneName", { timeZoneName: "longOffset" })).replace(":", "");
      case "F":
        return all("%Y-%m-%d");
      case "T":
        return all("%H:%M:%S");
      case "D":
        return all("%m/%d/%y");
      case "R":
        return all("%H:%M");
      case "s":
        return String(Math.floor(ms / 1000));
      case "n":
        return "\n";
      case "t":
        return "\t";
      case "%":
        return "%";
      default:
        throw new SpellError("INVALID_ARGUMENT", `there is no directive '%${letter}'`);
    }
  };
  const all = (pattern: string): string => pattern.replaceAll(/%(.?)/gs, (_, letter: string) => directive(letter));

  if (format !== "iso") return all(format);
  const zone = offset(part("timeZoneName", { timeZoneName: "longOffset" }));
  return `${all("%FT%T.%L")}${zone === "+00:00" ? "Z" : zone}`;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, options]);
  const known = formatters.get(key);
  if (known !== undefined) return known;
  // Zones and locales may come from scripts.
  if (formatters.size >= 500) formatters.clear();
  try {
    const made = new Intl.DateTimeFormat(locale, { calendar: "gregory", numberingSystem: "latn", ...options });
    formatters.set(key, made);
    return made;
  } catch {
    throw new SpellError(
      "INVALID_ARGUMENT",
      `there is no time zone '${String(options.timeZone)}' or no locale '${locale}'`,
    );
  }
}

/** `GMT+02:00` as `+02:00`. */
const offset = (name: string): string => (name === "GMT" ? "+00:00" : name.replace("GMT", ""));

const dayOfYear = (year: number, month: number, day: number): number =>
  Math.round((Date.UTC(year, month - 1, day) - Date.UTC(year, 0, 1)) / 86_400_000) + 1;

/** The time between two moments: in each unit as a whole, and in words. Negative when `end` is before `start`. */
export interface TimeSpan {
  ms: number;
  seconds: number;
  minutes: number;
  hours: number;
  days: number;
  /** `1d 2h 3m 4.005s`; units of nothing are left out. */
  text: string;
}

export function timeBetween(start: number, end: number): TimeSpan {
  const ms = end - start;
  return {
    ms,
    seconds: ms / 1000,
    minutes: ms / 60_000,
    hours: ms / 3_600_000,
    days: ms / 86_400_000,
    text: inWords(ms),
  };
}

function inWords(ms: number): string {
  const size = Math.abs(ms);
  const units: [string, number][] = [
    ["d", Math.floor(size / 86_400_000)],
    ["h", Math.floor(size / 3_600_000) % 24],
    ["m", Math.floor(size / 60_000) % 60],
    ["s", (size % 60_000) / 1000],
  ];
  const shown = units.flatMap(([unit, count]) => (count === 0 ? [] : [`${count}${unit}`]));
  return `${ms < 0 ? "-" : ""}${shown.length === 0 ? "0s" : shown.join(" ")}`;
}
