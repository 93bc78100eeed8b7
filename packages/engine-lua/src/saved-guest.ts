import { FunctionRef, resolveLimits, type GuestState, type Limits, type ScriptValue } from "@llmspell/engine";
import { isSpellError } from "@llmspell/errors";
import type { SavedUsage } from "./keeper.js";
import type { SavedLibrary } from "./library-calls.js";
import type { SavedOperations } from "@llmspell/engine/guest-kit";
import type { SavedValues } from "./values.js";
import type { SavedWeakFunctions } from "./weak-functions.js";

/** The host's side of a guest. Everything else is in its memory. */
export interface SavedGuest {
  readonly state: GuestState;
  readonly limits: Limits;
  readonly lastId: number;
  /** Whether tasks are ready to run: the guest was between two time slices. */
  readonly goingOn: boolean;
  /** Operations that settled while the guest stood at a stop of its debugger, still to be delivered. */
  readonly waiting: readonly number[];
  /** Whether a coroutine may have the hook of the instance. */
  readonly hooked: boolean;
  readonly weak: SavedWeakFunctions;
  readonly usage: SavedUsage;
  readonly library: SavedLibrary;
  readonly operations: SavedOperations;
  readonly values: SavedValues;
}

/** Stands for a function until there is a guest that has it. */
export const looseFunction = (id: number): FunctionRef => new FunctionRef(id, () => {});

type Check = (value: unknown) => boolean;

export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isBoolean: Check = (value) => typeof value === "boolean";
const isInteger: Check = (value) => Number.isSafeInteger(value);
const isOptionalTime: Check = (value) => value === undefined || (typeof value === "number" && value >= 0);
const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const pair =
  (first: Check, second: Check): Check =>
  (value) =>
    Array.isArray(value) && value.length === 2 && first(value[0]) && second(value[1]);
const fields =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(checks).every(([name, check]) => check((value as Readonly<Record<string, unknown>>)[name]));

const isCopies: Check = (value) =>
  Array.isArray(value) && value.length === 3 && typeof value[0] === "string" && isCount(value[1]) && isCount(value[2]);
const isOutcome: Check = (value) => fields({ ok: isBoolean })(value) && outcomeHolds(value as { ok: boolean });
const outcomeHolds = (outcome: { readonly ok: boolean; readonly error?: unknown }): boolean =>
  outcome.ok || isSpellError(outcome.error);
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
  goingOn: isBoolean,
  waiting: list(isCount),
  hooked: isBoolean,
  weak: fields({ lastId: isCount, live: list(isCount) }),
  usage: fields({
    fuel: fields({
      spent: isInteger,
      left: isInteger,
      shortSlices: isCount,
      elapsedMs: isOptionalTime,
    }),
    hostCalls: isCount,
    outputBytes: isCount,
    peakMemory: isCount,
    memoryRefusal: (value) => value === undefined || isSpellError(value),
  }),
  library: fields({ tasks: list(isCount), sliced: isBoolean, failed: isBoolean }),
  operations: fields({
    pending: list(fields({ operation: isCount, functionId: isCount, args: Array.isArray })),
    outcomes: list(pair(isCount, isOutcome)),
  }),
  values: fields({
    functions: list(pair(isCount, isCount)),
    errors: fields({ next: isCount, kept: list(pair(isCount, isSpellError)) }),
    host: fields({ lastId: isCount, copies: list(isCopies) }),
  }),
});

/** A saved guest read back; undefined when `value` is none. */
export function readSavedGuest(value: ScriptValue): SavedGuest | undefined {
  return isSavedGuest(value) ? (value as unknown as SavedGuest) : undefined;
}
