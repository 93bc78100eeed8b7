import type { AgentRunOptions, SystemEvent } from "@llmspell/core";
import type { FunctionRef } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { RunContext } from "./context.js";

/** Passes the pieces of an answer to a function of the spell, in order; the model waits for it. */
export interface ChunkStream {
  /** What the run of the answer is given: it ends when the function returns false, and fails when that fails. */
  readonly options: Required<Pick<AgentRunOptions, "signal" | "onEvent" | "ready" | "enough">>;
  /** Waits for the function's last call. @throws what the function did. */
  end(): Promise<void>;
}

export function streamTo(run: RunContext, fn: FunctionRef, signal: AbortSignal): ChunkStream {
  const failed = new AbortController();
  const enough = new AbortController();
  let last: Promise<void> = Promise.resolve();
  // One call at a time: the function may wait in the middle of one.
  const pass = async (before: Promise<void>, text: string): Promise<void> => {
    await before;
    if (failed.signal.aborted || enough.signal.aborted) return;
    if ((await run.callGuest(fn, [text], signal)) === false)
      enough.abort(new SpellError("CANCELLED", "the stream was ended by its callback"));
  };
  return {
    options: {
      signal: AbortSignal.any([signal, failed.signal]),
      enough: enough.signal,
      onEvent(event: SystemEvent) {
        if (event.type !== "model.text") return;
        last = pass(last, event.payload.text);
        last.catch((error: unknown) => failed.abort(error));
      },
      ready: () => last.catch(() => {}),
    },
    async end() {
      await last;
      // The answer may have been complete before the function got to see all of it.
      failed.signal.throwIfAborted();
    },
  };
}
