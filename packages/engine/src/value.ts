import { SpellError } from "@llmspell/errors";
import type { Pending } from "./bindings.js";
import type { Guest } from "./engine.js";

/**
 * A value that crosses between host and guest.
 *
 * `undefined` is accepted wherever a host passes a value and arrives as null.
 * Integers beyond 2^53 are `bigint`; text that is not valid UTF-8 is a
 * `Uint8Array`; an error is a {@link SpellError}.
 *
 * A JavaScript number does not say whether it is an integer or a float, so in a
 * language that keeps them apart a whole number within ±(2^53 - 1) arrives as an
 * integer and any other (-0 too) as a float; {@link Float} says otherwise. What
 * comes from a guest is a number either way, unless {@link ValueOptions.floats}
 * is `exact`.
 */
export type ScriptValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly ScriptValue[]
  | ScriptObject
  | FunctionRef
  | HostFunction
  | Handle
  | WeakHandle
  | Float
  | SpellError;

/** A plain object whose values cross; only own enumerable string keys count. */
export interface ScriptObject {
  readonly [key: string]: ScriptValue | undefined;
}

/** A function of a guest, held by the host. Call it with {@link Guest.call}. */
export class FunctionRef {
  /** Identifies the function inside its guest; means nothing to another guest. */
  readonly id: number;
  readonly #release: (id: number) => void;

  constructor(id: number, release: (id: number) => void) {
    this.id = id;
    this.#release = release;
  }

  /** Lets the guest collect the function. Releasing twice is harmless. */
  release(): void {
    this.#release(this.id);
  }
}

/**
 * A number that is a float of the guest's language though it is whole: `3.0` in Lua.
 *
 * @example
 * guest.setGlobal("ratio", new Float(1)); // math.type(ratio) == "float"
 */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }

  valueOf(): number {
    return this.value;
  }

  toJSON(): number {
    return this.value;
  }
}

/** What a {@link HostFunction} does; as {@link Host.call}. */
type HostFunctionBody = (args: readonly ScriptValue[], guest: Guest) => ScriptValue | undefined | Pending;

/**
 * A function of the host as a value: a guest that gets it can call it, pass it
 * on and give it back. The guest holds a number; the function stays with the host.
 *
 * Calls count as host calls. One object may be given to many guests.
 */
export class HostFunction {
  readonly name: string;
  readonly #body: HostFunctionBody;
  readonly #onRelease: (() => void) | undefined;
  #revoked = false;

  /**
   * @param name what errors call it
   * @param onRelease called each time a guest can no longer call it: it has
   * collected the function, or ended. Must not call the guest.
   */
  constructor(name: string, body: HostFunctionBody, onRelease?: () => void) {
    this.name = name;
    this.#body = body;
    this.#onRelease = onRelease;
  }

  /** @throws SpellError `INVALID_STATE` once revoked, and whatever the function throws. */
  call(args: readonly ScriptValue[], guest: Guest): ScriptValue | undefined | Pending {
    if (this.#revoked) throw new SpellError("INVALID_STATE", `the function '${this.name}' was revoked by its host`);
    return this.#body(args, guest);
  }

  /** From here on no guest can call it. */
  revoke(): void {
    this.#revoked = true;
  }

  /** For engines: a guest has let go of it. */
  released(): void {
    this.#onRelease?.();
  }
}

/** A host object as a guest sees it: a kind and an id, looked up in that guest's own table. */
export class Handle {
  readonly kind: string;
  readonly id: number;

  constructor(kind: string, id: number) {
    this.kind = kind;
    this.id = id;
  }
}

/**
 * A host object that a guest may look at as long as the host has it: unlike a
 * {@link Handle} it keeps nothing alive. The guest gets a handle out of it
 * through {@link Host.upgrade}, and is told of the end by {@link Guest.expireHandles}.
 */
export class WeakHandle {
  readonly kind: string;
  readonly id: number;

  constructor(kind: string, id: number) {
    this.kind = kind;
    this.id = id;
  }
}

const TEXT_FIELD = Symbol("llmspell.textField");

/**
 * Marks a plain object so that, where the guest's language allows it, the object
 * also behaves as the text in `field` (a model's response does).
 */
export function asText<T extends object>(object: T, field: keyof T & string): T {
  Object.defineProperty(object, TEXT_FIELD, { value: field });
  return object;
}

/** The field that {@link asText} named, if any. */
export function textField(object: object): string | undefined {
  return (object as { [TEXT_FIELD]?: string })[TEXT_FIELD];
}

/** How deeply a crossing value may nest. */
export const MAX_VALUE_DEPTH = 100;

/** Where a refused value sits, e.g. `messages[2].content`; the root is `value`. */
export type ValuePath = readonly (string | number)[];

/** Renders a path for an error message. */
export function formatPath(path: ValuePath): string {
  let text = "";
  for (const part of path) {
    text += typeof part === "number" ? `[${part}]` : text === "" ? part : `.${part}`;
  }
  return text === "" ? "value" : text;
}

/** A value that cannot cross: says what is wrong and where. */
export function valueError(path: ValuePath, problem: string): SpellError {
  const at = formatPath(path);
  return new SpellError("INVALID_ARGUMENT", `${at} ${problem}`, { details: { path: at } });
}
