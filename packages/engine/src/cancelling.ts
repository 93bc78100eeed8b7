import { SpellError, isSpellError, onAbort } from "@llmspell/errors";
import type { Task } from "./engine.js";

/** What a task is cancelled with: the signal's own reason, if it is an error of ours. */
const reasonOf = ({ reason }: AbortSignal): SpellError =>
  isSpellError(reason) ? reason : new SpellError("CANCELLED", "the operation was cancelled");

/** Has `cancel` called when the signal aborts before the task has ended. */
export function cancelWith(task: Task, signal: AbortSignal | undefined, cancel: (reason: SpellError) => void): Task {
  if (signal === undefined || task.state !== "pending") return task;
  const abort = (): void => cancel(reasonOf(signal));
  if (signal.aborted) abort();
  onAbort(signal, abort);
  const ended = (): void => signal.removeEventListener("abort", abort);
  task.result().then(ended, ended);
  return task;
}
