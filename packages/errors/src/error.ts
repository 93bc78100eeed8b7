import { ERROR_CODES, type ErrorCategory, type ErrorCode } from "./codes.js";

// Registered globally, so that two copies of this package in one process agree.
const BRAND = Symbol.for("llmspell.error");

/** Plain data that explains an error further; never holds a key or a host path. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/**
 * The one error class of llmspell.
 *
 * @example
 * throw new SpellError("NOT_FOUND", "no tool is named 'wether'", { details: { known: ["weather"] } });
 */
export class SpellError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SpellError";
    this.code = code;
    this.details = options.details ?? {};
    Object.defineProperty(this, BRAND, { value: true });
  }

  get category(): ErrorCategory {
    return ERROR_CODES[this.code][0];
  }

  /** `{code, category, message, details, cause?}`; the cause chain is kept, host stacks are not. */
  toJSON(): Record<string, unknown> {
    return {
      code: this.code,
      category: this.category,
      message: this.message,
      details: this.details,
      ...(this.cause === undefined ? {} : { cause: describeCause(this.cause, 8) }),
    };
  }
}

function describeCause(cause: unknown, depth: number): unknown {
  if (isSpellError(cause)) return cause.toJSON();
  if (!(cause instanceof Error)) return wordsOf(cause);
  const inner = cause.cause === undefined || depth === 0 ? {} : { cause: describeCause(cause.cause, depth - 1) };
  return { name: cause.name, message: cause.message, ...inner };
}

/** Whether `value` is a {@link SpellError}, of this copy of the package or another. */
export function isSpellError(value: unknown): value is SpellError {
  return typeof value === "object" && value !== null && BRAND in value;
}

/**
 * Returns `value` when it is a {@link SpellError}, else wraps it as `code`
 * (default `INTERNAL`) with the thrown value as cause.
 */
export function toSpellError(value: unknown, code: ErrorCode = "INTERNAL"): SpellError {
  if (isSpellError(value)) return value;
  return new SpellError(code, wordsOf(value), { cause: value });
}

/** Of anything that can be thrown, also of what is no error and has no text. */
function wordsOf(value: unknown): string {
  try {
    const message: unknown = typeof value === "object" && value !== null && "message" in value ? value.message : value;
    return String(message);
  } catch {
    return "something without words";
  }
}
