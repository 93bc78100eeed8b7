import type { Limits } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { parseDuration } from "../door/types.js";

const SIZES: Record<string, number> = { "": 1, b: 1, kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 };

function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)?$/i.exec(text.trim());
  return match ? Math.floor(Number(match[1]) * (SIZES[(match[2] ?? "").toLowerCase()] ?? 1)) : undefined;
}

function parseCount(text: string): number | undefined {
  const plain = text.replaceAll("_", "");
  return /^\d+(\.\d+)?(e\d+)?$/i.test(plain) ? Math.floor(Number(plain)) : undefined;
}

const parseTime = (text: string): number | undefined => parseDuration(text) ?? parseCount(text);

interface LimitName {
  readonly limit: keyof Limits;
  readonly parse: (text: string) => number | undefined;
  readonly example: string;
}

/** The limits as people write them: `memory=64MB`, `time=30s`. */
export const LIMIT_NAMES: Readonly<Record<string, LimitName>> = {
  fuel: { limit: "fuel", parse: parseCount, example: "fuel=1e9" },
  memory: { limit: "memoryBytes", parse: parseSize, example: "memory=64MB" },
  time: { limit: "timeMs", parse: parseTime, example: "time=30s" },
  output: { limit: "outputBytes", parse: parseSize, example: "output=1MB" },
  calls: { limit: "hostCalls", parse: parseCount, example: "calls=1000" },
  pending: { limit: "pendingCalls", parse: parseCount, example: "pending=100" },
  value: { limit: "valueBytes", parse: parseSize, example: "value=1MB" },
  depth: { limit: "callDepth", parse: parseCount, example: "depth=1000" },
};

/**
 * One limit by the name and text that a person wrote.
 *
 * @throws SpellError `INVALID_ARGUMENT` with an example.
 */
export function parseLimit(name: string, text: string): Partial<Limits> {
  const known = Object.hasOwn(LIMIT_NAMES, name) ? LIMIT_NAMES[name] : undefined;
  if (known === undefined) {
    throw new SpellError(
      "INVALID_ARGUMENT",
      `there is no limit '${name}'; known: ${Object.keys(LIMIT_NAMES).join(", ")}`,
    );
  }
  const value = known.parse(text);
  if (value === undefined || !(value > 0) || !Number.isFinite(value)) {
    throw new SpellError(
      "INVALID_ARGUMENT",
      `the limit '${name}=${text}' is not understood; write it like ${known.example}`,
    );
  }
  return { [known.limit]: value };
}
