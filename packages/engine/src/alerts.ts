import { SpellError } from "@llmspell/errors";

/** A limit that is nearly reached. */
export interface Alert<L extends string = string> {
  readonly limit: L;
  readonly used: number;
  readonly max: number;
  /** `used / max` */
  readonly ratio: number;
  /** The threshold that was passed. */
  readonly level: number;
}

/** Who is told of alerts, and when. */
export interface AlertOptions<L extends string = string> {
  /**
   * Told once when usage passes a threshold of a limit, and again after it has
   * fallen below and passed once more. Called where guest code may be on the
   * stack: it must not touch the guest, and what it throws is dropped.
   */
  readonly onAlert?: (alert: Alert<L>) => void;
  /** Thresholds as parts of the limit, above 0 and up to 1; 16 at most. Default `[0.8]`. */
  readonly alertAt?: readonly number[];
}

const MAX_LEVELS = 16;

/** Tells one listener when limits are nearly reached. */
export class AlertWatch<L extends string> {
  readonly #tell: (alert: Alert<L>) => void;
  readonly #levels: readonly number[];
  /** How many thresholds are passed, by limit. */
  readonly #passed = new Map<L, number>();

  /** Nothing when nobody listens, so that looking costs nothing. */
  static of<L extends string>({ onAlert, alertAt = [0.8] }: AlertOptions<L>): AlertWatch<L> | undefined {
    if (onAlert === undefined) return undefined;
    if (alertAt.length > MAX_LEVELS || !alertAt.every((level) => level > 0 && level <= 1)) {
      throw new SpellError("INVALID_ARGUMENT", `alertAt takes up to ${MAX_LEVELS} numbers above 0 and up to 1`);
    }
    return new AlertWatch(onAlert, alertAt);
  }

  private constructor(tell: (alert: Alert<L>) => void, levels: readonly number[]) {
    this.#tell = tell;
    this.#levels = levels.toSorted((a, b) => a - b);
  }

  look(limit: L, used: number, max: number): void {
    const ratio = used / max;
    const before = this.#passed.get(limit) ?? 0;
    const now = this.#levels.filter((level) => ratio >= level).length;
    if (now === before) return;
    this.#passed.set(limit, now);
    for (const level of this.#levels.slice(before, now)) {
      try {
        this.#tell({ limit, used, max, ratio, level });
      } catch {
        // A listener that fails must not be thrown through the guest's frames.
      }
    }
  }

  /** The usage from which on the next look can tell something; infinite when there is none. */
  next(limit: L, max: number): number {
    const level = this.#levels[this.#passed.get(limit) ?? 0];
    return level === undefined ? Infinity : level * max;
  }
}
