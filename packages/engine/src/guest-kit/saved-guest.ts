import { FunctionRef, resolveLimits, type GuestState, type Limits, type ScriptValue } from "../index.js";
import { isSpellError } from "@llmspell/errors";
import type { SavedUsage } from "./limit-keeper.js";
import type { SavedOperations } from "./operations.js";

/** The host's side of a guest of any language. Everything else is in its memory. */
export interface SavedGuest {
  readonly state: GuestState;
  /** Whether something is ready to run: the guest was between two time slices. */
  readonly goingOn: boolean;
  readonly limits: Limits;
  /** The id of the task or operation that was begun last. */
  readonly lastId: number;
  /** Ids of tasks that have not ended. */
  readonly tasks: readonly number[];
  /** Whether the task that ended last has failed. */
  readonly failed: boolean;
  readonly usage: SavedUsage;
  readonly operations: SavedOperations;
  /** What has crossed and may come back. */
  readonly values: object;
}

/** Stands for a function until there is a guest that has it. */
export const looseFunction = (id: number): FunctionRef => new FunctionRef(id, () => {});

export type Check = (value: unknown) => boolean;

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
export const isBoolean: Check = (value) => typeof value === "boolean";
export const isText: Check = (value) => typeof value === "string";
const isInteger: Check = (value) => Number.isSafeInteger(value);
const isOptionalTime: Check = (value) => value === undefined || (typeof value === "number" && value >= 0);

export const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);

export const tuple =
  (...items: readonly Check[]): Check =>
  (value) =>
    Array.isArray(value) && value.length === items.length && items.every((check, i) => check(value[i]));

export const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(checks).every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]));

/** {@link SavedFunctions}. */
export const isSavedFunctions = list(tuple(isCount, isCount));
/** {@link SavedErrors}. */
export const isSavedErrors = fields({ next: isCount, kept: list(tuple(isCount, isSpellError)) });
/** {@link SavedHostValues}. */
export const isSavedHostValues = fields({ lastId: isCount, copies: list(tuple(isText, isCount, isCount)) });

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

const SHARED: Readonly<Record<string, Check>> = {
  state: (value) => ["ready", "suspended", "finished", "failed"].includes(value as GuestState),
  goingOn: isBoolean,
  limits: isLimits,
  lastId: isCount,
  tasks: list(isCount),
  failed: isBoolean,
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
};

/** Reads a saved guest back, which has the fields `own` beside those of every guest; undefined when a value is none. */
export function savedGuestReader<S extends SavedGuest>(
  own: Readonly<Record<Exclude<keyof S, Exclude<keyof SavedGuest, "values">>, Check>>,
): (value: ScriptValue) => S | undefined {
  const isSaved = fields({ ...SHARED, ...(own as Readonly<Record<string, Check>>) });
  return (value) => (isSaved(value) ? (value as unknown as S) : undefined);
}
