import { SpellError } from "@llmspell/errors";
import { isRecord, type JsonSchema } from "../json.js";
import { subschemasOf } from "./subschemas.js";

// V8 ends the process, with no error to catch, when its compiler of regular expressions runs
// out of stack, and it compiles at the first uses. Measured on Node 20 with eight kinds of
// pattern: 1,000 characters need up to 144 kB of stack, 240 need less than 16 kB.
const MAX_PATTERN_LENGTH = 1000;
const CHARACTERS_PER_FRAME = 25;
const LEAST_FRAMES = 4;

const MAX_SCHEMA_DEPTH = 100;

/** What matters for running a schema safely. */
export interface SchemaTraits {
  /** Whether it has references, so that checking may recurse. */
  refers: boolean;
  /** Whether the time for checking is bounded by the sizes of schema and value. */
  isLinear: boolean;
}

// Each can take longer than the sizes of schema and value say, or runs foreign code.
const COSTLY = [
  "$ref",
  "format",
  "pattern",
  "patternProperties",
  "uniqueItems",
  "unevaluatedItems",
  "unevaluatedProperties",
  "x-validator",
];

/**
 * Looks through a schema before it is compiled.
 *
 * @throws SpellError `VALIDATION_FAILED` when `schema` nests so deep, or holds so long a pattern,
 *   that compiling it could end the process.
 */
export function guardSchema(schema: JsonSchema): SchemaTraits {
  const traits = { refers: false, isLinear: true };
  let level: unknown[] = [schema];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_SCHEMA_DEPTH) throw unusable(`it is nested more than ${MAX_SCHEMA_DEPTH} levels deep`);
    level = level.flatMap((inner) => {
      if (!isRecord(inner)) return [];
      traits.refers ||= inner["$ref"] !== undefined;
      traits.isLinear &&= !COSTLY.some((keyword) => inner[keyword] !== undefined);
      if (inner["$dynamicRef"] !== undefined) throw unusable("'$dynamicRef' is not supported; use '$ref'");
      const patterns = [
        inner["pattern"],
        ...(isRecord(inner["patternProperties"]) ? Object.keys(inner["patternProperties"]) : []),
      ];
      for (const pattern of patterns)
        if (typeof pattern === "string" && pattern.length > MAX_PATTERN_LENGTH)
          throw unusable(`a pattern has more than ${MAX_PATTERN_LENGTH} characters`);
      return subschemasOf(inner).map(({ schema: deeper }) => deeper);
    });
  }
  return traits;
}

export function unusable(reason: string): SpellError {
  return new SpellError("VALIDATION_FAILED", `the JSON Schema cannot be used: ${reason}`);
}

/** A regular expression that can be run near the end of the stack: it then throws a RangeError. */
export function safeExpression(expression: RegExp): Pick<RegExp, "test"> & { toString(): string } {
  const frames =
    LEAST_FRAMES + Math.ceil(Math.min(expression.source.length, MAX_PATTERN_LENGTH) / CHARACTERS_PER_FRAME);
  return {
    test(text) {
      if (isReserving) reserve(frames);
      expression.lastIndex = 0;
      return expression.test(text);
    },
    // By this ajv tells expressions apart.
    toString: () => expression.toString(),
  };
}

/** `work` of small expressions, which does not start when there is little stack left. */
export function withStack<T>(work: () => T): T {
  if (isReserving) reserve(2 * LEAST_FRAMES);
  return work();
}

let isReserving = false;

/** Runs `work`, in which expressions look after the stack when `needed`: it takes microseconds each. */
export function reserving<T>(needed: boolean, work: () => T): T {
  const before = isReserving;
  isReserving = needed;
  try {
    return work();
  } finally {
    isReserving = before;
  }
}

// A call with 512 arguments of 8 bytes takes 4 kB of stack.
const FRAME: readonly number[] = Array.from({ length: 512 }, () => 0);

function reserve(frames: number, ...values: readonly number[]): number {
  return frames === 0 ? values.length : reserve(frames - 1, ...FRAME) + 0;
}
