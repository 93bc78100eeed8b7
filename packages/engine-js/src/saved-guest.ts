import { FunctionRef, resolveLimits, type GuestState, type Limits, type ScriptValue } from "@llmspell/engine";
import type { SavedOperations } from "@llmspell/engine/guest-kit";
import { isSpellError } from "@llmspell/errors";
import type { SavedUsage } from "./keeper.js";
import type { SavedValues } from "./wire.js";

/** The host's side of a guest. Everything else is in its memory. */
export interface SavedGuest {
  readonly state: GuestState;
  readonly limits: Limits;
  readonly lastId: number;
  /** The size of memory as the guest sees it. */
  readonly pages: number;
  /** Ids of tasks that have not ended. */
  readonly tasks: readonly number[];
  readonly usage: SavedUsage;
  readonly operations: SavedOperations;
  readonly values: SavedValues;
}

/** Stands for a function until there is a guest that has it. */
export const looseFunction = (id: number): FunctionRef => new FunctionRef(id, () => {});

type Check = (value: unknown) => boolean;

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isInteger: Check = (value) => Number.isSafeInteger(value);
const isText: Check = (value) => typeof value === "string";
const isOptionalTime: Check = (value) => value === undefined || (typeof value === "number" && value >= 0);
const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const tuple =
  (...items: readonly Check[]): Check =>
  (value) =>
    Array.isArray(value) && value.length === items.length && items.every((check, i) => check(value[i]));
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(checks).every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]));

const isOutcome: Check = (value) => {
  const { ok, error } = (value ?? {}) as { readonly ok?: unknown; readonly error?: unknown };
  return ok === true || (ok === false && isSpellError(error));
};
const isLimits: Check = (value) => {
  try {
    resolveLimits(value as Partial<Limits>);
    return typeof value === "object" && value !== null;
  } catch {
    return false; // names a limit that does not exist, or gives it no number
  }
};

const isSavedGuest = fields({
  state: (value) => ["ready", "suspended", "finished", "failed"].includes(value as GuestState),
  limits: isLimits,
  lastId: isCount,
  pages: (value) => isCount(value) && value <= 65_536,
  tasks: list(isCount),
  usage: fields({
    fuel: fields({ spent: isInteger, left: isInteger, shortSlices: isCount, elapsedMs: isOptionalTime }),
    hostCalls: isCount,
    outputBytes: isCount,
    peakMemory: isCount,
    memoryRefusal: (value) => value === undefined || isSpellError(value),
  }),
  operations: fields({
    pending: list(fields({ operation: isCount, functionId: isCount, args: Array.isArray })),
    outcomes: list(tuple(isCount, isOutcome)),
  }),
  values: fields({
    functions: list(tuple(isCount, isCount)),
    handles: list(tuple(isCount, isText, isCount)),
    weak: list(tuple(isCount, isText, isCount)),
    errors: fields({ next: isCount, kept: list(tuple(isCount, isSpellError)) }),
    host: fields({ lastId: isCount, copies: list(tuple(isText, isCount, isCount)) }),
  }),
});

/** A saved guest read back; undefined when `value` is none. */
export function readSavedGuest(value: ScriptValue): SavedGuest | undefined {
  return isSavedGuest(value) ? (value as unknown as SavedGuest) : undefined;
}
