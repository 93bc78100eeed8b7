import { SpellError } from "@llmspell/errors";
import type { SystemEvent } from "../events/system-events.js";
import type { AgentResponse } from "./response.js";

/** The events of a run as they come, and its response. Leaving the loop early ends the run. */
export interface AgentStream extends AsyncIterable<SystemEvent> {
  /**
   * Rejects with the error of the run, as the loop does; need not be awaited. Whoever takes it before
   * the events lets the run go on without waiting for a reader.
   */
  readonly response: Promise<AgentResponse>;
}

/** What a run that is streamed is given. */
export interface StreamOptions {
  onEvent: (event: SystemEvent) => void;
  ready: () => Promise<void> | undefined;
  signal: AbortSignal;
}

// So far the model may be ahead of whoever reads.
const MOST_AHEAD = 64;

/**
 * Streams a run. Pieces of an answer wait for whoever reads them, and so does the model: a slow reader
 * fills no memory. There is one reader; a second one gets what the first has not had.
 */
export function streamRun(start: (options: StreamOptions) => Promise<AgentResponse>): AgentStream {
  const waiting: SystemEvent[] = [];
  const stop = new AbortController();
  const reader = signalling();
  const writer = signalling();
  let [ended, free] = [false, false];
  const options: StreamOptions = {
    signal: stop.signal,
    onEvent(event) {
      waiting.push(event);
      reader.wake();
    },
    ready: () => (free || waiting.length < MOST_AHEAD ? undefined : writer.wait()),
  };
  const response = start(options).finally(() => {
    ended = true;
    reader.wake();
  });
  response.catch(() => {});
  return {
    get response() {
      free = true;
      writer.wake();
      return response;
    },
    async *[Symbol.asyncIterator]() {
      free = false;
      try {
        for (;;) {
          for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
            if (waiting.length < MOST_AHEAD) writer.wake();
            yield event;
          }
          if (ended) break;
          await reader.wait();
        }
        await response;
      } finally {
        if (!ended) stop.abort(new SpellError("CANCELLED", "nobody reads the run any more"));
        // What it began is cleaned up when the loop is left.
        await response.catch(() => {});
      }
    },
  };
}

/** One side that waits until the other wakes it. */
function signalling(): { wait(): Promise<void>; wake(): void } {
  let wake = (): void => {};
  return { wait: () => new Promise((resolve) => (wake = resolve)), wake: () => wake() };
}
