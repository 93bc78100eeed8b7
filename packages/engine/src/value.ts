import { SpellError } from "@llmspell/errors";

/**
 * A value that crosses between host and guest.
 *
 * `undefined` is accepted wherever a host passes a value and arrives as null.
 * Integers beyond 2^53 are `bigint`; text that is not valid UTF-8 is a
 * `Uint8Array`; an error is a {@link SpellError}.
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
  | Handle
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

/** A host object as a guest sees it: a kind and an id, looked up in that guest's own table. */
export class Handle {
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
