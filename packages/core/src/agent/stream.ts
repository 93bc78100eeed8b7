import { SpellError } from "@llmspell/errors";
import type { SystemEvent } from "../events/system-events.js";
import type { AgentResponse } from "./response.js";

/** The events of a run as they come, and its response. Leaving the loop early ends the run. */
export interface AgentStream extends AsyncIterable<SystemEvent> {
  /** Rejects with the error of the run, as the loop does; need not be awaited. */
  readonly response: Promise<AgentResponse>;
}

/**
 * Streams a run. Events wait for whoever reads them; there are no more than the run has.
 */
export function streamRun(
  start: (options: { onEvent: (event: SystemEvent) => void; signal: AbortSignal }) => Promise<AgentResponse>,
): AgentStream {
  const waiting: SystemEvent[] = [];
  const stop = new AbortController();
  let wake = (): void => {};
  let ended = false;
  const onEvent = (event: SystemEvent): void => {
    waiting.push(event);
    wake();
  };
  const response = start({ onEvent, signal: stop.signal }).finally(() => {
    ended = true;
    wake();
  });
  response.catch(() => {});
  return {
    response,
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) yield event;
          if (ended) break;
          await new Promise<void>((resolve) => (wake = resolve));
        }
        await response;
      } finally {
        if (!ended) stop.abort(new SpellError("CANCELLED", "nobody reads the run any more"));
      }
    },
  };
}
