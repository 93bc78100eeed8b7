import type { FunctionRef } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { RunContext } from "../run/context.js";

/** Passes the pieces of an answer to a function of the spell, in order. */
export interface ChunkStream {
  /** Aborted when the function returned false or failed, or when the caller gave up. */
  readonly signal: AbortSignal;
  push(text: string): void;
  /** Waits for the function's last call. @throws what `signal` was aborted with by the function. */
  end(): Promise<void>;
  /** The pieces that the function has had, when it has ended the answer by returning false. */
  readonly ended: string | undefined;
}

export function streamTo(run: RunContext, fn: FunctionRef, signal: AbortSignal): ChunkStream {
  const stop = new AbortController();
  let heard = "";
  let ended: string | undefined;
  let last: Promise<void> = Promise.resolve();
  // One call at a time: the function may wait in the middle of one.
  const pass = async (before: Promise<void>, text: string): Promise<void> => {
    await before;
    if (stop.signal.aborted) return;
    const answer = await run.callGuest(fn, [text]);
    heard += text;
    if (answer !== false) return;
    ended = heard;
    stop.abort(new SpellError("CANCELLED", "the stream was cancelled by its callback"));
  };
  return {
    signal: AbortSignal.any([signal, stop.signal]),
    push(text) {
      last = pass(last, text);
      last.catch((error: unknown) => stop.abort(error));
    },
    async end() {
      await last;
      // The answer may have been complete before the function got to see all of it.
      stop.signal.throwIfAborted();
    },
    get ended() {
      return ended;
    },
  };
}
