import type { ErrorCode } from "@llmspell/errors";

/** One crossing of the door, or one power asked for on the way. */
export interface AuditRecord {
  /** 1, 2, 3 … in the order of the calls. */
  readonly sequence: number;
  /** Full name of the function, e.g. `agent.run`. */
  readonly function: string;
  /** The power that was asked for, if any, e.g. `file.read=notes.txt`. */
  readonly capability?: string;
  readonly decision: "allowed" | "denied";
  /** The code of the error it ended with; absent while it runs and when it ended well. */
  code?: ErrorCode;
}

/** How many records a run keeps; older ones have gone to the listener only. */
const KEPT = 10_000;

export type AuditListener = (record: AuditRecord) => void;

/** The audit log of one run. */
export class AuditLog {
  readonly #records: AuditRecord[] = [];
  readonly #listener: AuditListener | undefined;
  #sequence = 0;

  constructor(listener?: AuditListener) {
    this.#listener = listener;
  }

  /** The last records, oldest first; at most 10,000. */
  get records(): readonly AuditRecord[] {
    return this.#records.length > KEPT ? this.#records.slice(-KEPT) : this.#records;
  }

  add(name: string, decision: AuditRecord["decision"], capability?: string): AuditRecord {
    const sequence = ++this.#sequence;
    const record: AuditRecord =
      capability === undefined
        ? { sequence, function: name, decision }
        : { sequence, function: name, capability, decision };
    if (this.#records.length >= 2 * KEPT) this.#records.splice(0, KEPT);
    this.#records.push(record);
    this.#listener?.(record);
    return record;
  }
}
