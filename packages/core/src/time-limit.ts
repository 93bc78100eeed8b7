import { isRecord } from "./json.js";

/** Milliseconds that one piece of {@link timed} work may take. */
export const TIME_LIMIT_MS = 2000;

type Run = <T>(work: () => T) => T;

let run: Run | undefined;

/**
 * Runs synchronous work, for at most {@link TIME_LIMIT_MS}: the fence around parsers and validators that read
 * hostile text. A regular expression or a quadratic loop in one of them ends instead of holding up the process.
 *
 * @throws what `tooLong` gives at the limit; without it an error that {@link isTimeLimit} knows.
 */
export function timed<T>(work: () => T, tooLong?: () => Error): T {
  try {
    return (run ??= createRun())(work);
  } catch (error) {
    throw tooLong !== undefined && isTimeLimit(error) ? tooLong() : error;
  }
}

/** Whether `error` is what {@link timed} throws at its limit. */
export function isTimeLimit(error: unknown): boolean {
  // The error is one of the vm context's own realm, so it is no instance of our Error.
  return isRecord(error) && error["code"] === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

function createRun(): Run {
  const vm = process.getBuiltinModule("node:vm");
  // Node can only interrupt synchronous code that was entered through `vm`.
  const script = new vm.Script("work()");
  const context = vm.createContext({});
  return <T>(work: () => T): T => {
    const outer: unknown = context["work"];
    context["work"] = work;
    try {
      return script.runInContext(context, { timeout: TIME_LIMIT_MS }) as T;
    } finally {
      context["work"] = outer;
    }
  };
}
