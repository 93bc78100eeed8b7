import { Script } from "node:vm";
import { SpellError } from "@llmspell/errors";
import { EXIT } from "./exit.js";

const TURN = Symbol.for("llmspell.turn");
const script = new Script(`globalThis[Symbol.for("llmspell.turn")]()`);

/**
 * Runs one turn of guest code such that Ctrl-C ends it. While a guest computes
 * no signal handler of ours can run, so Node's own watchdog thread has to stop
 * it: the one that `breakOnSigint` of `node:vm` brings along.
 */
export function interruptible(turn: () => void): void {
  const slot = globalThis as { [TURN]?: () => void };
  slot[TURN] = turn;
  try {
    script.runInThisContext({ breakOnSigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_INTERRUPTED") throw error;
    throw new SpellError("INTERRUPTED", "the run was interrupted");
  } finally {
    delete slot[TURN];
  }
}

/** A signal that Ctrl-C aborts while a spell waits; a second Ctrl-C leaves at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  process.on("SIGINT", () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  });
  return controller.signal;
}
