import type { DebugLog } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { LuaInstance } from "../instance.js";
import type { Armed } from "./breakpoints.js";
import type { Evaluator, Outcome } from "./evaluate.js";
import type { Frame } from "./frames.js";
import { showValue } from "./values.js";

/** Characters of a logpoint's text. */
const MAX_LOG = 2_000;

/** Decides what happens when the line of a breakpoint is reached. */
export class Hits {
  readonly #lua: LuaInstance;
  readonly #evaluator: Evaluator;
  readonly #log: (entry: DebugLog) => void;

  constructor(lua: LuaInstance, evaluator: Evaluator, log: (entry: DebugLog) => void) {
    this.#lua = lua;
    this.#evaluator = evaluator;
    this.#log = log;
  }

  /** Counts the hit and says whether to stop. A logpoint logs instead; a condition that fails is logged. */
  stops(breakpoint: Armed, frame: Frame): boolean {
    const { source, line } = breakpoint;
    const { condition, hitCount = 1, logMessage } = breakpoint.wanted;
    if (condition !== undefined) {
      const outcome = this.#evaluate(condition, frame, (E) => this.#lua.ex.lua_toboolean(E, -1) !== 0);
      if (!outcome.ok) this.#log({ kind: "error", text: `condition '${condition}': ${outcome.error}`, source, line });
      if (!outcome.ok || !outcome.value) return false;
    }
    if (++breakpoint.hits < hitCount) return false;
    if (logMessage === undefined) return true;
    const text = logMessage.slice(0, MAX_LOG).replaceAll(/\{([^{}]+)\}/g, (_, expression: string) => {
      const outcome = this.#evaluate(expression, frame, (E) => showValue(this.#lua, E, -1));
      return outcome.ok ? outcome.value : `<${outcome.error}>`;
    });
    this.#log({ kind: "log", text, source, line });
    return false;
  }

  /** As {@link Evaluator.run}; the guest goes on also when it has no memory left for the expression. */
  #evaluate<T>(expression: string, frame: Frame, use: (E: number) => T): Outcome<T> {
    try {
      return this.#evaluator.run(expression, frame, use);
    } catch (thrown) {
      if (thrown instanceof SpellError) return { ok: false, error: thrown.message };
      throw thrown;
    }
  }
}
