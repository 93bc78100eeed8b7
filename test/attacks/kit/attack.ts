import type { Limits, SandboxLevel, ScriptValue } from "@llmspell/engine";
import type { ErrorCode } from "@llmspell/errors";

/** One thing that hostile code tries. */
export interface Attack {
  /** What it tries, unique among all attacks. */
  readonly name: string;
  readonly source: string;
  /** How it must end at its level; a list where what ends it first depends on the allocator. */
  readonly ends: ErrorCode | "fine" | readonly (ErrorCode | "fine")[];
  /** Beside {@link SMALL}. */
  readonly limits?: Partial<Limits>;
  /** Default: `basic`. */
  readonly level?: SandboxLevel;
  /** What a spell that ends fine must return: the proof that the attack achieved nothing. */
  readonly returns?: ScriptValue;
}

/** The attacks on one thing. */
export interface AttackClass {
  readonly title: string;
  /** One sentence: what is attacked, and what holds. */
  readonly about: string;
  readonly attacks: readonly Attack[];
}

export const SMALL = {
  fuel: 2_000_000,
  memoryBytes: 8 * 1024 * 1024,
  outputBytes: 10_000,
  callDepth: 10_000,
  hostCalls: 1_000,
  pendingCalls: 100,
} satisfies Partial<Limits>;

export const attack = (name: string, source: string, ends: Attack["ends"], limits: Partial<Limits> = {}): Attack => ({
  name,
  source,
  ends,
  limits,
});

/** An attack on something that is there only at the level `none`. */
export const attackFull = (
  name: string,
  source: string,
  ends: Attack["ends"],
  limits: Partial<Limits> = {},
): Attack => ({
  name,
  source,
  ends,
  limits,
  level: "none",
});

/** A spell that must end fine with this value: `true` mostly, for "refused as it should be". */
export const harmless = (
  name: string,
  source: string,
  returns: ScriptValue = true,
  level: SandboxLevel = "basic",
): Attack => ({
  name,
  source,
  ends: "fine",
  returns,
  level,
});
