/** How long calls may be answered within one turn of the event loop. */
const LONGEST_TURN_MS = 20;

let began: number | undefined;

/** Whether the turn of the event loop has lasted long enough, counted from its first call. */
export function isTurnLong(): boolean {
  const now = performance.now();
  if (began === undefined) {
    began = now;
    setImmediate(() => (began = undefined));
  }
  return now - began > LONGEST_TURN_MS;
}

/**
 * `answer`, in a later turn of the event loop. Calls that are answered at once would have a
 * spell and its host go on for ever, while timers, signals and other runs never have theirs.
 */
export const inLaterTurn = <T>(answer: Promise<T>): Promise<T> =>
  answer.then(
    (value) => new Promise((resolve) => void setImmediate(resolve, value)),
    (reason: unknown) => new Promise((_, reject) => void setImmediate(reject, reason)),
  );
