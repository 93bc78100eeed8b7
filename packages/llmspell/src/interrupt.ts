import { EXIT } from "./exit.js";

/** Ctrl-C for a run. */
export interface InterruptWatch {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly onStuck: (stuck: boolean) => void;
}

/**
 * Watches for Ctrl-C. The handler runs between the time slices of a spell. While
 * a spell is stuck in a long library loop no handler can run, so the signal gets
 * back what it does by default: it ends the process (130 for a shell).
 * A second Ctrl-C leaves at once.
 */
export function watchInterrupt(): InterruptWatch {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  return {
    signal: controller.signal,
    onStuck(stuck) {
      if (stuck) process.off("SIGINT", interrupt);
      else process.on("SIGINT", interrupt);
    },
  };
}
