import { Arena } from "../attacks/kit/arena.js";
import { JAVASCRIPT_FUZZ } from "./javascript/language.js";
import type { FuzzTarget, FuzzedLanguage } from "./language.js";
import { LUA_FUZZ } from "./lua/language.js";
import { Random } from "../support/random.js";
import { targetsOf } from "./targets.js";

/** Every language that is fuzzed, by the name the command line knows it by. */
export const LANGUAGES = { lua: LUA_FUZZ, javascript: JAVASCRIPT_FUZZ } satisfies Record<string, FuzzedLanguage>;

export type LanguageName = keyof typeof LANGUAGES;

export interface FuzzOptions {
  readonly language: LanguageName;
  readonly seed: number;
  /** The first case; a found one is repeated with its number and `cases: 1`. Default 0. */
  readonly from?: number;
  readonly cases?: number;
  /** Ends before the next case when it returns true. */
  readonly isOver?: () => boolean;
}

/** A case that failed. */
interface FuzzFinding {
  readonly seed: number;
  readonly number: number;
  readonly target: string;
  readonly input: string;
  readonly error: unknown;
}

export interface FuzzResult {
  /** How many cases found nothing. */
  readonly cases: number;
  readonly finding?: FuzzFinding;
}

/** Runs cases until one fails. The same seed and number make the same case. */
export async function fuzz({ language, seed, from = 0, cases = Infinity, isOver }: FuzzOptions): Promise<FuzzResult> {
  const { target } = LANGUAGES[language];
  const arena = new Arena(target);
  try {
    return await fuzzIn(arena, targetsOf(LANGUAGES[language]), seed, from, from + cases, isOver);
  } finally {
    arena[Symbol.dispose]();
  }
}

async function fuzzIn(
  arena: Arena,
  targets: readonly FuzzTarget[],
  seed: number,
  from: number,
  end: number,
  isOver: FuzzOptions["isOver"],
): Promise<FuzzResult> {
  let number = from;
  while (number < end) {
    if (isOver?.() === true) break;
    const random = new Random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
    const target = random.pick(targets);
    let input = "";
    try {
      await target.run(arena, random, (text) => {
        input = text;
      });
    } catch (error) {
      return { cases: number - from, finding: { seed, number, target: target.name, input, error } };
    }
    number++;
  }
  return { cases: number - from };
}
