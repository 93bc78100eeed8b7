import type { Arena, Target } from "../attacks/kit/arena.js";
import type { AttackClass } from "../attacks/kit/attack.js";
import type { Random } from "../support/random.js";

/** One kind of input. A case that finds nothing resolves; what it finds it throws. */
export interface FuzzTarget {
  readonly name: string;
  /** @param note keeps the input of the case, for the report. */
  run(arena: Arena, random: Random, note: (input: string) => void): Promise<void>;
}

/** A language that is fuzzed. */
export interface FuzzedLanguage {
  readonly target: Target;
  /** What its mutations are made of. */
  readonly attacks: readonly AttackClass[];
  /** Words that mutations put in. */
  readonly words: readonly string[];
  /** A program that compiles, mostly. */
  program(random: Random): string;
  /** What a guest from a forged snapshot is asked to do. */
  readonly afterwards: string;
  /** Kinds of input that only this language has. */
  readonly targets: readonly FuzzTarget[];
}
