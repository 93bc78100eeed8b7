import type { ScriptValue } from "./value.js";

/**
 * What a guest can reach, as plain data: the same for every engine.
 *
 * An engine turns it into tables, objects or classes of its language and may
 * cache what it made under the identity of this object.
 */
export interface Bindings {
  readonly modules: readonly ModuleBinding[];
  /** Kinds of handles and their methods. */
  readonly handles: readonly HandleBinding[];
  /** Global names that stand for a module function, e.g. `await` → `promise.await`. */
  readonly globals: Readonly<Record<string, string>>;
  /**
   * Names of the object that holds every module, e.g. `llmspell`. The functions of a module with
   * the first of these names are fields of that object; where one of them has the name of a module
   * too, it is called by calling the module.
   */
  readonly roots: readonly string[];
}

export interface ModuleBinding {
  readonly name: string;
  /** Other names under which the module is found. */
  readonly aliases: readonly string[];
  readonly functions: readonly FunctionBinding[];
  /** Values by name, which a guest can read and not change. */
  readonly constants?: Readonly<Record<string, string | number | boolean>>;
}

export interface FunctionBinding {
  /** Canonical name in snake_case; the engine also offers its language's spelling. */
  readonly name: string;
  /** Other names under which the function is found in its module. */
  readonly aliases: readonly string[];
  /**
   * What {@link Host.call} receives. A function without an id is part of the
   * engine's own guest library (promises, for example) and found there by name.
   */
  readonly id?: number;
  /** Whether the call may suspend the guest; such a function also gets a `_async` twin. */
  readonly awaitable: boolean;
  /**
   * How many of its arguments may be functions. Where a twin calls back the function that is its
   * last argument, it is one beyond these. Default: 0.
   */
  readonly functions?: number;
}

export interface HandleBinding {
  readonly kind: string;
  /** Methods: the module function that receives the handle as its first argument. */
  readonly methods: readonly FunctionBinding[];
  /** Fields: the function that receives the handle and gives the value. Iterated over in this order. */
  readonly properties?: readonly FunctionBinding[];
}

/** No module at all: a guest that can only compute and print. */
export const EMPTY_BINDINGS: Bindings = Object.freeze({ modules: [], handles: [], globals: {}, roots: [] });

/** The answer to a host call that is not there yet. */
export class Pending {
  readonly promise: Promise<ScriptValue | undefined>;
  readonly #abort: ((reason: Error) => void) | undefined;

  /** @param abort ends the work behind the promise; called at most once, when the guest stops waiting. */
  constructor(promise: Promise<ScriptValue | undefined>, abort?: (reason: Error) => void) {
    this.promise = promise;
    this.#abort = abort;
  }

  abort(reason: Error): void {
    this.#abort?.(reason);
  }
}
