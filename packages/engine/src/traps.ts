import type { ErrorCode } from "@llmspell/errors";

/**
 * How the machine below a guest failed:
 *
 * - `unreachable`: the interpreter ran into what it holds impossible
 * - `out-of-bounds`: memory or a table was accessed beyond its end
 * - `bad-call`: a function pointer led to no function, or to one of another type
 * - `arithmetic`: a division by zero or a conversion that does not fit
 * - `stack`: the stack of the host thread ended
 * - `abort`: the interpreter gave up by itself
 */
export type TrapKind = "unreachable" | "out-of-bounds" | "bad-call" | "arithmetic" | "stack" | "abort" | "unknown";

/** What V8 says of each, in the order in which it is looked for. */
const MESSAGES: readonly (readonly [RegExp, TrapKind])[] = [
  [/unreachable/, "unreachable"],
  [/signature mismatch|null function|table index is out of bounds|table entry/, "bad-call"],
  [/out of bounds/, "out-of-bounds"],
  [/by zero|unrepresentable|overflow/, "arithmetic"],
];

/** The kind of trap that `thrown` is; nothing for an error that is none. */
export function classifyTrap(thrown: unknown): TrapKind | undefined {
  if (isStackOverflow(thrown)) return "stack";
  if (!(thrown instanceof WebAssembly.RuntimeError)) return undefined;
  const { message } = thrown;
  return MESSAGES.find(([pattern]) => pattern.test(message))?.[1] ?? "unknown";
}

/** Whether the stack of the host thread ended; any other RangeError is a defect of host code. */
export function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message.includes("call stack");
}

/** What is known of a guest that a trap ended. */
export interface TrapRecord {
  /** 1, 2, 3 … in the engine. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly kind: TrapKind;
  /** The code of the error that the guest ended with. */
  readonly code: ErrorCode;
  /** What the machine said. */
  readonly message: string;
  /** The name of the source that ran last. */
  readonly source: string | undefined;
  readonly fuel: number;
  readonly memoryBytes: number;
  readonly hostCalls: number;
}

const KEPT = 100;

/** The last traps of an engine's guests. */
export class TrapHistory {
  readonly #records: TrapRecord[] = [];
  readonly #now: () => number;
  #sequence = 0;

  /** @param now gives milliseconds since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** The last 100, oldest first. */
  get records(): readonly TrapRecord[] {
    return [...this.#records];
  }

  add(record: Omit<TrapRecord, "sequence" | "at">): void {
    if (this.#records.length === KEPT) this.#records.shift();
    this.#records.push({ ...record, sequence: ++this.#sequence, at: this.#now() });
  }
}
