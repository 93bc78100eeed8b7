import { SpellError, toSpellError, type ErrorCode, type ErrorDetails } from "@llmspell/errors";
import { defined } from "../json.js";
import type { StepKind } from "./definition.js";

export type RunStatus = "running" | "paused" | "completed" | "failed" | "cancelled";

/** An error as it is stored. */
export interface StoredError {
  code: ErrorCode;
  message: string;
  details: ErrorDetails;
}

/** A run as a store has it. `running` with nobody running it: its process has ended. */
export interface StoredRun {
  id: string;
  workflow?: string;
  /** Of the definition: a run goes on with the same one only. */
  hash: string;
  input: unknown;
  status: RunStatus;
  /** How it will end when what is being undone has been undone. */
  ending?: { status: "failed" | "cancelled"; error: StoredError };
  output?: unknown;
  error?: StoredError;
  /** Milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
}

/** A step is finished when this is stored, and from then on is never run again. */
export interface StepRecord {
  path: string;
  /** Order in which the records of the run were stored, from 1. */
  seq: number;
  /** `mark`: something to remember that is no step. */
  status: "completed" | "failed" | "mark";
  id: string;
  kind: StepKind;
  /** Of steps that can be undone. */
  input?: unknown;
  output?: unknown;
  error?: StoredError;
  /** Variables that it set. */
  set?: Readonly<Record<string, unknown>>;
  durationMs: number;
}

/** What of a run changes. */
type RunChange = Partial<Pick<StoredRun, "status" | "ending" | "output" | "error">>;

/** Where runs are kept. Every method has stored what it was given when it returns. */
export interface RunStore extends Disposable {
  /** Stores a new run, which is this store's to run. @throws SpellError `ALREADY_EXISTS`, `IO_ERROR`. */
  create(run: StoredRun): void;
  /**
   * Makes a run this store's to run.
   *
   * @throws SpellError `NOT_FOUND`; `INVALID_STATE` when a living process runs it; `IO_ERROR`.
   */
  claim(id: string): { run: StoredRun; records: StepRecord[] };
  /** Gives a run back, so that another one may claim it. */
  release(id: string): void;
  record(id: string, record: StepRecord): void;
  update(id: string, change: RunChange): void;
  get(id: string): StoredRun | undefined;
  records(id: string): StepRecord[];
  /** In the order of their creation. */
  list(filter?: { workflow?: string; status?: RunStatus }): StoredRun[];
  /** A copy of a run as it is now, to go on from here later. @throws SpellError `NOT_FOUND`, `ALREADY_EXISTS`. */
  copy(id: string, copy: string): void;
  /** Whether there was one. @throws SpellError `INVALID_STATE` when it is being run. */
  delete(id: string): boolean;
}

export function storeError(error: unknown): StoredError {
  const { code, message, details } = toSpellError(error);
  return { code, message, details };
}

export const restoreError = ({ code, message, details }: StoredError): SpellError =>
  new SpellError(code, message, { details });

export const noRun = (id: string): SpellError =>
  new SpellError("NOT_FOUND", `there is no run '${id}'`, { details: { id } });

export const taken = (id: string): SpellError =>
  new SpellError("ALREADY_EXISTS", `there already is a run '${id}'`, { details: { id } });

export const inUse = (id: string): SpellError =>
  new SpellError("INVALID_STATE", `run '${id}' is being run already`, { details: { id } });

/** A store that is gone with the process. */
export function createMemoryRuns(): RunStore {
  const runs = new Map<string, { run: StoredRun; records: StepRecord[]; claimed: boolean }>();
  const find = (id: string): { run: StoredRun; records: StepRecord[]; claimed: boolean } => {
    const found = runs.get(id);
    if (found === undefined) throw noRun(id);
    return found;
  };
  const add = (run: StoredRun, records: StepRecord[], claimed: boolean): void => {
    if (runs.has(run.id)) throw taken(run.id);
    runs.set(run.id, structuredClone({ run, records, claimed }));
  };
  return {
    create: (run) => add(run, [], true),
    claim(id) {
      const found = find(id);
      if (found.claimed) throw inUse(id);
      found.claimed = true;
      return structuredClone({ run: found.run, records: found.records });
    },
    release: (id) => void (find(id).claimed = false),
    record: (id, record) => void find(id).records.push(structuredClone(record)),
    update: (id, change) => void Object.assign(find(id).run, structuredClone(change), { updatedAt: Date.now() }),
    get: (id) => structuredClone(runs.get(id)?.run),
    records: (id) => structuredClone(find(id).records),
    list: (filter) => structuredClone([...runs.values()].map(({ run }) => run).filter((run) => fits(run, filter))),
    copy: (id, copy) => add({ ...find(id).run, id: copy }, find(id).records, false),
    delete(id) {
      if (runs.get(id)?.claimed === true) throw inUse(id);
      return runs.delete(id);
    },
    [Symbol.dispose]: () => runs.clear(),
  };
}

export function fits(run: StoredRun, filter: { workflow?: string; status?: RunStatus } = {}): boolean {
  return Object.entries(defined(filter)).every(([field, value]) => run[field as "workflow" | "status"] === value);
}
