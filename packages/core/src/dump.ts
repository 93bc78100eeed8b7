import { inspect, isDeepStrictEqual } from "node:util";

export interface DumpOptions {
  /** Levels of lists and objects that are shown; 4 by default. */
  depth?: number;
  /** Characters; longer text is cut off. 100 000 by default. */
  maxLength?: number;
  /** Whether all is in one line; false by default. */
  inLine?: boolean;
  /** What is shown in the place of a value that is no data. */
  nameOf?: (value: object) => string | undefined;
}

/** A value as text for people; never long, never the insides of what `nameOf` names. */
export function dump(
  value: unknown,
  { depth = 4, maxLength = 100_000, inLine = false, nameOf = () => undefined }: DumpOptions = {},
): string {
  const shown = (each: unknown): unknown => {
    if (typeof each !== "object" || each === null) return each ?? null;
    const name = nameOf(each);
    if (name !== undefined) return { [inspect.custom]: () => `<${name}>` };
    if (Array.isArray(each)) return each.map(shown);
    return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, shown(inner)]));
  };
  const text = inspect(shown(value), {
    depth,
    sorted: true,
    maxArrayLength: 1000,
    ...(inLine ? { breakLength: Number.POSITIVE_INFINITY, compact: true } : {}),
  });
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** Whether both values are the same in all that they hold. */
export const sameData = (a: unknown, b: unknown): boolean => isDeepStrictEqual(a, b);
