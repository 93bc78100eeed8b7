import { SpellError } from "@llmspell/errors";
import { toolFailure } from "./agent/errors-in-words.js";
import type { Emitter } from "./events/emitter.js";
import { createEvent, type Severity } from "./events/event.js";
import type { SystemEvent, SystemEvents, SystemEventType } from "./events/system-events.js";
import type { HookChange, HookFailure, OperationFrame } from "./hooks/hook.js";
import { globalHooks, type Hooks } from "./hooks/hooks.js";
import type { AboutOf, InputOf, Operation, OutputOf } from "./hooks/points.js";
import { runHooked, type HookLog } from "./hooks/run-hooked.js";
import { uuid } from "./crypto.js";
import { defined } from "./json.js";
import { createScope, type RunScope } from "./scope.js";
import { SuspendedCall } from "./tools/suspended-call.js";

/** Names a service of a {@link Context} and says its type. */
export interface ServiceKey<T> {
  readonly name: string;
  /** Never there: ties the key to its type. */
  readonly type?: T;
}

/** Makes a key; two keys of the same name are different services. */
export function serviceKey<T>(name: string): ServiceKey<T> {
  return { name };
}

/** What a new context has besides what it inherits. */
export interface ContextOptions {
  /** Where events go; the parent's emitter by default. */
  events?: Emitter | undefined;
  /** Called besides those of the parent. */
  hooks?: Hooks | undefined;
  /** Hears the system events of this run alone, not of runs inside it. What it throws ends the run. */
  onEvent?: ((event: SystemEvent) => void) | undefined;
  /** Of the run, when it has an id already; a new UUID by default. */
  runId?: string;
  /** The `source` of its events; `app` by default. */
  source?: string;
  /** Ends the run; hooks and what they surround obey it. */
  signal?: AbortSignal | undefined;
}

/**
 * What a run is given from outside: services, hooks and where its events go. Contexts
 * are nested: a child has all of its parent's and can put its own in front.
 */
export interface Context {
  /** Of the run that this context belongs to. */
  readonly runId: string;
  /** Of the outermost run. */
  readonly correlationId: string;
  readonly source: string;
  readonly parent: Context | undefined;
  readonly signal: AbortSignal | undefined;
  /** The operation under way. */
  readonly frame: OperationFrame | undefined;
  /** What hooks changed in this run, in order; the first 1000. */
  readonly changes: readonly HookChange[];
  /** Errors of hooks that did not end the run; the first 1000. */
  readonly hookErrors: readonly HookFailure[];
  /**
   * What this run has opened: released when the run of the agent or workflow ends, however
   * it ended. That of an outermost context ends when its application disposes it.
   */
  readonly scope: RunScope;
  /** Whether somebody follows this run piece by piece. */
  readonly streams: boolean;
  /** Sets a service for this context and its children. */
  provide<T>(key: ServiceKey<T>, service: T): this;
  find<T>(key: ServiceKey<T>): T | undefined;
  /** @throws SpellError `NOT_FOUND`. */
  get<T>(key: ServiceKey<T>): T;
  /** A context for a run of its own inside this one. */
  child(options?: ContextOptions): Context;
  /** Emits an event of the caller's own with the source and correlation of this run. */
  emit(type: string, payload?: unknown, severity?: Severity): void;
  /** Emits an event of the framework. */
  tell<T extends SystemEventType>(type: T, payload: SystemEvents[T]): void;
  /**
   * Does `work` with the hooks of `operation` around it, and tells of its start and end.
   * `outcome` gives what the event of its completion says besides `about`; when it throws,
   * the operation has failed.
   */
  operation<O extends Operation>(
    operation: O,
    input: InputOf<O>,
    about: AboutOf<O>,
    work: (input: InputOf<O>, inner: Context) => Promise<OutputOf<O>>,
    outcome?: (output: OutputOf<O>) => OutcomeOf<O>,
  ): Promise<OutputOf<O>>;
}

/** What an event of completion has besides what the operation is about and its duration. */
type OutcomeOf<O extends Operation> = Omit<SystemEvents[`${O}.completed`], keyof AboutOf<O> | "durationMs">;

/**
 * The outermost context of an application.
 *
 * @example
 * const events = createEmitter();
 * const agent = createAgent({ name: "helper" }, { models, context: createContext({ events }) });
 */
export function createContext(options: ContextOptions = {}): Context {
  return new ContextNode(undefined, options, undefined);
}

const ALL: readonly Hooks[] = [globalHooks];

class ContextNode implements Context {
  readonly source: string;
  readonly parent: ContextNode | undefined;
  readonly signal: AbortSignal | undefined;
  readonly frame: OperationFrame | undefined;
  readonly #events: Emitter | undefined;
  readonly #hooks: readonly Hooks[];
  readonly #onEvent: ((event: SystemEvent) => void) | undefined;
  /** The context that the run began with. */
  readonly #run: ContextNode;
  #runId: string | undefined;
  #log: HookLog | undefined;
  #scope: RunScope | undefined;
  #isOver = false;
  #services: Map<ServiceKey<unknown>, unknown> | undefined;

  /** With a frame it is inside an operation of the parent's run, else a run of its own. */
  constructor(parent: ContextNode | undefined, options: ContextOptions, frame: OperationFrame | undefined) {
    const sameRun = frame !== undefined && parent !== undefined;
    this.parent = parent;
    this.frame = frame ?? parent?.frame;
    this.signal = options.signal ?? parent?.signal;
    this.source = options.source ?? parent?.source ?? "app";
    this.#events = options.events ?? (parent && parent.#events);
    const inherited = parent ? parent.#hooks : ALL;
    this.#hooks = options.hooks === undefined ? inherited : inherited.concat(options.hooks);
    this.#onEvent = sameRun ? parent.#onEvent : options.onEvent;
    this.#run = sameRun ? parent.#run : this;
    this.#runId = options.runId;
  }

  get runId(): string {
    return (this.#run.#runId ??= uuid());
  }

  get correlationId(): string {
    const { parent } = this.#run;
    // The root is no run, so its children are the outermost ones.
    return parent?.parent === undefined ? this.runId : parent.correlationId;
  }

  get scope(): RunScope {
    const run = this.#run;
    if (run.#scope !== undefined) return run.#scope;
    run.#scope = createScope((kind, error) => run.tell("run.release.failed", { kind, error: toolFailure(error) }));
    // A tool that does not obey its signal may come late.
    if (run.#isOver) void run.#scope[Symbol.asyncDispose]();
    return run.#scope;
  }

  async #endRun(): Promise<void> {
    this.#isOver = true;
    await this.#scope?.[Symbol.asyncDispose]();
  }

  get changes(): readonly HookChange[] {
    return this.#hookLog.changes;
  }

  get hookErrors(): readonly HookFailure[] {
    return this.#hookLog.errors;
  }

  get #hookLog(): HookLog {
    return (this.#run.#log ??= { changes: [], errors: [] });
  }

  get streams(): boolean {
    return this.#onEvent !== undefined;
  }

  provide<T>(key: ServiceKey<T>, service: T): this {
    (this.#services ??= new Map()).set(key, service);
    return this;
  }

  find<T>(key: ServiceKey<T>): T | undefined {
    return this.#services?.has(key) === true ? (this.#services.get(key) as T) : this.parent?.find(key);
  }

  get<T>(key: ServiceKey<T>): T {
    const service = this.find(key);
    if (service === undefined) throw new SpellError("NOT_FOUND", `there is no service '${key.name}' in this context`);
    return service;
  }

  child(options: ContextOptions = {}): Context {
    return new ContextNode(this, options, undefined);
  }

  emit(type: string, payload?: unknown, severity?: Severity): void {
    if (this.#events?.hears(type) === true) this.#events.deliver(this.#event(type, payload, severity));
  }

  tell<T extends SystemEventType>(type: T, payload: SystemEvents[T]): void {
    const heard = this.#events?.hears(type) === true;
    if (!heard && this.#onEvent === undefined) return;
    const event = this.#event(type, payload, severityOf(type)) as SystemEvent;
    if (heard) this.#events?.deliver(event);
    this.#onEvent?.(event);
  }

  async operation<O extends Operation>(
    operation: O,
    input: InputOf<O>,
    about: AboutOf<O>,
    work: (input: InputOf<O>, inner: Context) => Promise<OutputOf<O>>,
    outcome?: (output: OutputOf<O>) => OutcomeOf<O>,
  ): Promise<OutputOf<O>> {
    const started = performance.now();
    const inner = new ContextNode(this, {}, new Frame(operation, about, this.frame));
    const told = typesOf(operation);
    this.#told(told.started, about);
    let output: OutputOf<O>;
    let said: object | undefined;
    try {
      output = this.#hooks.every(({ empty }) => empty)
        ? await work(input, inner)
        : await runHooked(
            {
              sources: this.#hooks,
              log: this.#hookLog,
              run: inner,
              operation,
              about,
              work: (given) => work(given, inner),
            },
            input,
          );
      said = outcome?.(output);
    } catch (error) {
      this.#told(told.failed, about, { error: toolFailure(error) }, started);
      throw error;
    } finally {
      // The operations that are runs.
      if (operation === "agent" || operation === "workflow") await this.#run.#endRun();
    }
    if (output instanceof SuspendedCall) {
      const pending = output.pending.map(({ id, tool }) => ({ id, tool }));
      this.#told(told.suspended, about, { pending }, started);
    } else this.#told(told.completed, about, said, started);
    return output;
  }

  /** The table of events follows from the operations by name ({@link typesOf}), which types cannot say. */
  #told(type: string, about: object, said?: object, started?: number): void {
    if (this.#events?.hears(type) !== true && this.#onEvent === undefined) return;
    const ended = started === undefined ? {} : { durationMs: performance.now() - started };
    this.tell(type as SystemEventType, withCopies(Object.assign({}, about, said, ended)) as never);
  }

  #event(type: string, payload: unknown, severity: Severity | undefined): ReturnType<typeof createEvent> {
    const { source, correlationId } = this;
    return createEvent({ type, payload, source, correlationId, ...defined({ severity }) });
  }
}

type Types = Readonly<Record<"started" | "completed" | "failed" | "suspended", string>>;

const typesByOperation = new Map<Operation, Types>();

/** The types of the events of an operation: made once, since each is looked up at every operation. */
function typesOf(operation: Operation): Types {
  let types = typesByOperation.get(operation);
  if (types === undefined) {
    const [started, completed] = [`${operation}.started`, `${operation}.completed`];
    types = { started, completed, failed: `${operation}.failed`, suspended: `${operation}.suspended` };
    typesByOperation.set(operation, types);
  }
  return types;
}

/** Arguments and results go on to the tool and the model: who hears of them must not change them. */
function withCopies(payload: object): object {
  const { args, result } = payload as { args?: unknown; result?: unknown };
  if (args === undefined && result === undefined) return payload;
  return {
    ...payload,
    ...(args === undefined ? {} : { args: copyOf(args) }),
    ...(result === undefined ? {} : { result: copyOf(result) }),
  };
}

function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  try {
    return structuredClone(value);
  } catch {
    // A result that is no data, e.g. with functions.
    return value;
  }
}

class Frame implements OperationFrame {
  readonly operation: Operation;
  readonly about: AboutOf<Operation>;
  readonly parent: OperationFrame | undefined;
  #values: Map<unknown, unknown> | undefined;

  constructor(operation: Operation, about: AboutOf<Operation>, parent: OperationFrame | undefined) {
    this.operation = operation;
    this.about = about;
    this.parent = parent;
  }

  get values(): Map<unknown, unknown> {
    return (this.#values ??= new Map());
  }
}

function severityOf(type: SystemEventType): Severity {
  if (type.endsWith(".failed")) return "error";
  return type === "model.text" || type === "model.reasoning" ? "debug" : "info";
}
