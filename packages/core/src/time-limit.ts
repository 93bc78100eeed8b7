import { isRecord } from "./json.js";

/** Runs synchronous work; throws {@link isTimeLimit} errors when it takes longer than {@link TIME_LIMIT_MS}. */
export type Timed = <T>(work: () => T) => T;

/** Milliseconds that one piece of {@link Timed} work may take. */
export const TIME_LIMIT_MS = 2000;

let timed: Timed | undefined;

/**
 * The fence around parsers and validators that read hostile text: a regular expression
 * or a quadratic loop in one of them ends instead of holding up the process.
 */
export const loadTimed = (): Promise<Timed> => Promise.resolve((timed ??= createTimed()));

/** As {@link Timed}, at once; throws what `tooLong` says at the limit. */
export function timedNow<T>(work: () => T, tooLong: () => Error): T {
  try {
    return (timed ??= createTimed())(work);
  } catch (error) {
    throw isTimeLimit(error) ? tooLong() : error;
  }
}

/** Whether `error` is what {@link Timed} throws at its limit. */
export function isTimeLimit(error: unknown): boolean {
  // The error is one of the vm context's own realm, so it is no instance of our Error.
  return isRecord(error) && error["code"] === "ERR_SCRIPT_EXECUTION_TIMEOUT";
}

function createTimed(): Timed {
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
