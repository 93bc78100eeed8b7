import { createBoundedCache, type BoundedCache } from "@llmspell/core";
import { Handle, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { DoorFunction } from "./module.js";

/** Bytes of results, as JSON, that are kept for one function. */
const MAX_BYTES = 1024 * 1024;
const MAX_KEY = 64 * 1024;

interface Memo {
  readonly cache: BoundedCache<{ readonly value: ScriptValue | undefined }>;
  /** Whether a call that may change something makes the results invalid. */
  readonly isStateful: boolean;
}

/**
 * Results of functions that have no effects, for those of a run that are memoized. What depends on
 * the state of the run is forgotten whenever a function is called that may have effects, and not
 * kept while one is under way: a result is never older than the last change.
 */
export class Memos {
  readonly #memos = new Map<string, Memo>();
  #underWay = 0;

  /**
   * Whether it was not memoized before; else the new limits hold.
   *
   * @throws SpellError `INVALID_ARGUMENT` for a function that has effects.
   */
  enable({ name, depends }: DoorFunction, options: { maxEntries?: number; ttlMs?: number }): boolean {
    if (depends === undefined)
      throw new SpellError("INVALID_ARGUMENT", `'${name}' may have effects, so that its results cannot be kept`);
    const isNew = !this.#memos.has(name);
    const cache = createBoundedCache<{ value: ScriptValue | undefined }>({ maxSize: MAX_BYTES, ...options });
    this.#memos.set(name, { cache, isStateful: depends === "run" });
    return isNew;
  }

  /** A function begins that may have effects; call what it gives when it has ended. */
  begin(): () => void {
    this.#underWay++;
    this.#forget();
    return () => {
      this.#underWay--;
      this.#forget();
    };
  }

  /** The place for the result of a call, where it is to be kept. */
  slot({ name }: DoorFunction, args: readonly ScriptValue[]): MemoSlot | undefined {
    const memo = this.#memos.get(name);
    if (memo === undefined) return undefined;
    const key = keyOf(args);
    if (key === undefined) return undefined;
    const wasUnderWay = this.#underWay;
    return {
      found: memo.cache.get(key),
      keep: (value) => {
        if (memo.isStateful && (this.#underWay > 0 || wasUnderWay > 0)) return;
        const size = sizeOf(value);
        if (size !== undefined && size + key.length <= MAX_BYTES)
          memo.cache.set(key, { value }, { size: size + key.length });
      },
    };
  }

  #forget(): void {
    for (const { cache, isStateful } of this.#memos.values()) if (isStateful) cache.clear();
  }
}

export interface MemoSlot {
  readonly found: { readonly value: ScriptValue | undefined } | undefined;
  keep(value: ScriptValue | undefined): void;
}

const NO_DATA = Symbol("no data");

/** What JSON makes of plain data. Everything else says that it is none. */
function asJson(value: unknown, ofHandle: (handle: Handle) => unknown): string | undefined {
  try {
    return JSON.stringify(value, function (key, field: unknown) {
      const given: unknown = (this as Record<string, unknown>)[key];
      if (given instanceof Handle) return ofHandle(given);
      const isPlain =
        typeof given !== "object" ||
        given === null ||
        Array.isArray(given) ||
        Object.getPrototypeOf(given) === Object.prototype;
      // Text that could look like a handle.
      const isUnclear = typeof given === "string" && given.startsWith("\0");
      if (
        !isPlain ||
        isUnclear ||
        typeof given === "bigint" ||
        Object.is(given, -0) ||
        (typeof given === "number" && !Number.isFinite(given))
      )
        throw NO_DATA;
      return field;
    });
  } catch {
    return undefined;
  }
}

function keyOf(args: readonly ScriptValue[]): string | undefined {
  const last = args.findLastIndex((arg) => arg !== null);
  const key = asJson(args.slice(0, last + 1), ({ kind, id }) => `\0${kind}\0${id}`);
  return key === undefined || key.length > MAX_KEY ? undefined : key;
}

/** In characters of JSON; a handle in it means that it is no data. */
const sizeOf = (value: ScriptValue | undefined): number | undefined =>
  value === undefined
    ? 0
    : asJson(value, () => {
        throw NO_DATA;
      })?.length;
