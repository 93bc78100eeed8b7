import type { FunctionRef } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { RunContext } from "../run/context.js";

/** Passes the pieces of an answer to a function of the spell, in order. */
export interface ChunkStream {
  /** Aborted when the function returned false or failed, or when the caller gave up. */
  readonly signal: AbortSignal;
  push(text: string): void;
  /** Waits for the function's last call. */
  end(): Promise<void>;
}

export function streamTo(run: RunContext, fn: FunctionRef, signal: AbortSignal): ChunkStream {
  const stop = new AbortController();
  let last: Promise<void> = Promise.resolve();
  return {
    signal: AbortSignal.any([signal, stop.signal]),
    push(text) {
      // One call at a time: the function may wait in the middle of one.
      last = last.then(async () => {
        if (stop.signal.aborted) return;
        const answer = await run.callGuest(fn, [text]);
        if (answer === false) stop.abort(new SpellError("CANCELLED", "the stream was cancelled by its callback"));
      });
      last.catch((error: unknown) => stop.abort(error));
    },
    end: () => last,
  };
}
