import type {
  Breakpoint,
  DebugLog,
  DebugOptions,
  Debugger,
  Engine,
  Guest,
  GuestOptions,
  Stop,
  Task,
} from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";

/** A guest with a debugger, and everything that it was told. */
export interface Session extends Disposable {
  readonly guest: Guest;
  readonly host: TestHost;
  readonly debug: Debugger;
  readonly stops: Stop[];
  readonly logs: DebugLog[];
  readonly verified: Breakpoint[];
  /** Runs a source named `a.lua` with breakpoints on its lines. */
  run(source: string, ...lines: number[]): Task;
  /** The lines of the stack of the thread that stopped, innermost first. */
  lines(): number[];
  /** The names of its functions. */
  names(): string[];
  /** The value of an expression in a frame, the innermost by default. */
  value(expression: string, frame?: number): string;
  /** Variables of a scope of a frame as `name=value`. */
  variables(scope: "Locals" | "Varargs" | "Upvalues", frame?: number): string[];
  /** Assigns to a variable of a scope of a frame. */
  assign(scope: "Locals" | "Varargs" | "Upvalues", name: string, expression: string, frame?: number): void;
}

export function openSession(engine: Engine, options: DebugOptions = {}, guestOptions: GuestOptions = {}): Session {
  const host = new TestHost();
  const guest = engine.createGuest({ host, bindings: PROMISE_BINDINGS, ...guestOptions });
  const stops: Stop[] = [];
  const logs: DebugLog[] = [];
  const verified: Breakpoint[] = [];
  const debug = guest.attachDebugger({
    ...options,
    onStop(stop, self) {
      stops.push(stop);
      options.onStop?.(stop, self);
    },
    onLog: (entry) => void logs.push(entry),
    onBreakpoint: (breakpoint) => void verified.push(breakpoint),
  });
  const trace = () => debug.stackTrace(debug.stopped?.threadId ?? 0).frames;
  const frameId = (index: number): number => trace()[index]?.id ?? 0;
  const reference = (scope: string, frame: number): number =>
    debug.scopes(frameId(frame)).find(({ name }) => name === scope)?.variablesReference ?? 0;
  return {
    guest,
    host,
    debug,
    stops,
    logs,
    verified,
    run(source, ...lines) {
      if (lines.length > 0)
        debug.setBreakpoints(
          "a.lua",
          lines.map((line) => ({ line })),
        );
      return guest.run(source, { name: "a.lua" });
    },
    lines: () => trace().map(({ line }) => line),
    names: () => trace().map(({ name }) => name),
    value(expression, frame = 0) {
      const result = debug.evaluate(expression, frameId(frame));
      return result.ok ? result.value : `error: ${result.error}`;
    },
    variables: (scope, frame = 0) =>
      debug.variables(reference(scope, frame)).map(({ name, value }) => `${name}=${value}`),
    assign(scope, name, expression, frame = 0) {
      const result = debug.setVariable(reference(scope, frame), name, expression);
      if (!result.ok) throw new Error(result.error);
    },
    [Symbol.dispose]: () => guest[Symbol.dispose](),
  };
}
