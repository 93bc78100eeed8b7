/**
 * The calendar functions that Lua's `os.date` and `os.time` need, in UTC.
 * A guest knows no time zone and no locale.
 */

/** Byte offsets of C's `struct tm` in emscripten's layout: nine i32 fields, then offset and zone. */
const TM_FIELDS = 9;
const DAY_MS = 86_400_000;
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

function dayOfYear(date: Date): number {
  return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / DAY_MS);
}

function writeTm(view: DataView, tm: number, date: Date): void {
  const fields = [
    date.getUTCSeconds(),
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDate(),
    date.getUTCMonth(),
    date.getUTCFullYear() - 1900,
    date.getUTCDay(),
    dayOfYear(date),
    0,
  ];
  for (let i = 0; i < TM_FIELDS; i++) view.setInt32(tm + 4 * i, fields[i] ?? 0, true);
}

function readTm(view: DataView, tm: number): Date {
  const field = (i: number): number => view.getInt32(tm + 4 * i, true);
  const date = new Date(0);
  date.setUTCFullYear(field(5) + 1900, field(4), field(3));
  date.setUTCHours(field(2), field(1), field(0));
  return date;
}

/** C's `gmtime`: seconds since the epoch into the `struct tm` at `tm`. */
export function gmtime(view: DataView, seconds: bigint, tm: number): void {
  const date = new Date(Number(seconds) * 1000);
  writeTm(view, tm, Number.isNaN(date.getTime()) ? new Date(0) : date);
}

/** C's `mktime` in UTC; normalizes the fields. Returns -1 for a date out of range. */
export function mktime(view: DataView, tm: number): bigint {
  const date = readTm(view, tm);
  if (Number.isNaN(date.getTime())) return -1n;
  writeTm(view, tm, date);
  return BigInt(Math.floor(date.getTime() / 1000));
}

const two = (n: number): string => String(n).padStart(2, "0");

/** ISO 8601 week-based year and week. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY_MS);
  const year = thursday.getUTCFullYear();
  return { year, week: Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1 };
}

/** Weeks since the year began, counted from its first `firstDay` (0 = Sunday). */
function weekOfYear(date: Date, firstDay: number): number {
  return Math.floor((dayOfYear(date) + 7 - ((date.getUTCDay() - firstDay + 7) % 7)) / 7);
}

const CONVERSIONS: Record<string, (d: Date) => string> = {
  a: (d) => (DAYS[d.getUTCDay()] ?? "").slice(0, 3),
  A: (d) => DAYS[d.getUTCDay()] ?? "",
  b: (d) => (MONTHS[d.getUTCMonth()] ?? "").slice(0, 3),
  B: (d) => MONTHS[d.getUTCMonth()] ?? "",
  c: (d) => format("%a %b %e %H:%M:%S %Y", d),
  C: (d) => two(Math.floor(d.getUTCFullYear() / 100)),
  d: (d) => two(d.getUTCDate()),
  D: (d) => format("%m/%d/%y", d),
  e: (d) => String(d.getUTCDate()).padStart(2, " "),
  F: (d) => format("%Y-%m-%d", d),
  g: (d) => two(isoWeek(d).year % 100),
  G: (d) => String(isoWeek(d).year),
  h: (d) => format("%b", d),
  H: (d) => two(d.getUTCHours()),
  I: (d) => two(d.getUTCHours() % 12 || 12),
  j: (d) => String(dayOfYear(d) + 1).padStart(3, "0"),
  m: (d) => two(d.getUTCMonth() + 1),
  M: (d) => two(d.getUTCMinutes()),
  n: () => "\n",
  p: (d) => (d.getUTCHours() < 12 ? "AM" : "PM"),
  r: (d) => format("%I:%M:%S %p", d),
  R: (d) => format("%H:%M", d),
  S: (d) => two(d.getUTCSeconds()),
  t: () => "\t",
  T: (d) => format("%H:%M:%S", d),
  u: (d) => String(d.getUTCDay() || 7),
  U: (d) => two(weekOfYear(d, 0)),
  V: (d) => two(isoWeek(d).week),
  w: (d) => String(d.getUTCDay()),
  W: (d) => two(weekOfYear(d, 1)),
  x: (d) => format("%m/%d/%y", d),
  X: (d) => format("%H:%M:%S", d),
  y: (d) => two(d.getUTCFullYear() % 100),
  Y: (d) => String(d.getUTCFullYear()),
  z: () => "+0000",
  Z: () => "UTC",
  "%": () => "%",
};

function format(template: string, date: Date): string {
  return template.replace(/%[EO]?([a-zA-Z%])/g, (whole, kind: string) => CONVERSIONS[kind]?.(date) ?? whole);
}

/** C's `strftime` in the "C" locale, in UTC, for the `struct tm` at `tm`. */
export function strftime(view: DataView, template: string, tm: number): string {
  return format(template, readTm(view, tm));
}
