import type { Denial, SourcePosition } from "@llmspell/engine";
import type { ErrorCode } from "@llmspell/errors";

/** One crossing of the door, one power asked for on the way, or one thing that the sandbox itself refused. */
export interface AuditRecord {
  /** 1, 2, 3 … in the order of the calls. */
  readonly sequence: number;
  /**
   * Full name of the function, e.g. `agent.run`. What the sandbox refuses has a
   * name in brackets: `[load]` (precompiled code), `[require]`, `[limit]`.
   */
  readonly function: string;
  /** The power that was asked for, if any, e.g. `file.read=notes.txt`. */
  readonly capability?: string;
  readonly decision: "allowed" | "denied";
  /** The code of the error it ended with; absent while it runs and when it ended well. */
  code?: ErrorCode;
  /** The spell's file and line, of what was denied or failed during the call. */
  file?: string;
  line?: number;
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
    return this.#keep(record);
  }

  /** A power that was asked for and refused. */
  deny(name: string, capability: string, position: SourcePosition | undefined): void {
    const sequence = ++this.#sequence;
    this.#keep({ sequence, function: name, capability, decision: "denied", code: "PERMISSION_DENIED", ...position });
  }

  /** What the engine refused; calls that the door has refused are in the log already. */
  refused({ what, code, file, line }: Denial): void {
    const position = file === undefined || line === undefined ? {} : { file, line };
    if (what === "call") return;
    this.#keep({ sequence: ++this.#sequence, function: `[${what}]`, decision: "denied", code, ...position });
  }

  #keep(record: AuditRecord): AuditRecord {
    if (this.#records.length >= 2 * KEPT) this.#records.splice(0, KEPT);
    this.#records.push(record);
    this.#listener?.(record);
    return record;
  }
}
