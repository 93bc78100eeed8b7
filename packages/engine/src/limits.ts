import { SpellError, type ErrorCode } from "@llmspell/errors";

/** What one guest may use. Every limit is on by default. */
export interface Limits {
  /** Units of work inside the guest, library loops included; large values that cross cost their host's work as well. */
  readonly fuel: number;
  /** Bytes of guest memory. */
  readonly memoryBytes: number;
  /** Milliseconds from the first instruction, waiting included. */
  readonly timeMs: number;
  /** Calls from the guest to the host. */
  readonly hostCalls: number;
  /** Host calls that wait for an answer at the same time. */
  readonly pendingCalls: number;
  /** Bytes of one value that crosses between guest and host. */
  readonly valueBytes: number;
  /** Bytes the guest prints. */
  readonly outputBytes: number;
  /** Nested calls inside the guest. */
  readonly callDepth: number;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  fuel: 1_000_000_000,
  memoryBytes: 64 * 1024 * 1024,
  timeMs: 300_000,
  hostCalls: 100_000,
  pendingCalls: 4_096,
  valueBytes: 16 * 1024 * 1024,
  outputBytes: 4 * 1024 * 1024,
  callDepth: 190_000,
});

interface LimitKind {
  readonly code: ErrorCode;
  readonly noun: string;
}

const KINDS: Record<keyof Limits, LimitKind> = {
  fuel: { code: "LIMIT_FUEL", noun: "units of fuel" },
  memoryBytes: { code: "LIMIT_MEMORY", noun: "bytes of memory" },
  timeMs: { code: "LIMIT_TIME", noun: "milliseconds" },
  hostCalls: { code: "LIMIT_CALLS", noun: "host calls" },
  pendingCalls: { code: "LIMIT_PENDING", noun: "pending host calls" },
  valueBytes: { code: "LIMIT_VALUE", noun: "bytes in one value" },
  outputBytes: { code: "LIMIT_OUTPUT", noun: "bytes of output" },
  callDepth: { code: "LIMIT_DEPTH", noun: "nested calls" },
};

/** The error that ends a guest which reached `limit`. */
export function limitError(limit: keyof Limits, limits: Limits): SpellError {
  const { code, noun } = KINDS[limit];
  return new SpellError(code, `the spell reached its limit of ${limits[limit]} ${noun}`, {
    details: { limit, value: limits[limit] },
  });
}

/** Completes `partial` with {@link DEFAULT_LIMITS}; a limit that is not a positive number is refused. */
export function resolveLimits(partial: Partial<Limits> = {}): Limits {
  return Object.freeze({ ...DEFAULT_LIMITS, ...checkLimits(partial) });
}

/**
 * The limits that `partial` defines, as whole numbers.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a limit that is not known or not a positive number.
 */
export function checkLimits(partial: Partial<Limits>): Partial<Limits> {
  const limits: { -readonly [K in keyof Limits]?: number } = {};
  for (const name of Object.keys(partial) as (keyof Limits)[]) {
    const value = partial[name];
    if (value === undefined) continue;
    if (!Object.hasOwn(KINDS, name)) {
      throw new SpellError("INVALID_ARGUMENT", `there is no limit named '${name}'`, {
        details: { known: Object.keys(KINDS) },
      });
    }
    if (!(Number.isFinite(value) && value > 0)) {
      throw new SpellError("INVALID_ARGUMENT", `the limit ${name} must be a positive number, not ${value}`);
    }
    limits[name] = Math.max(1, Math.floor(value));
  }
  return limits;
}

/** The limits that fill up while a guest runs, so that one can be told when they are nearly reached. */
export type AlertLimit = Exclude<keyof Limits, "valueBytes" | "callDepth">;
