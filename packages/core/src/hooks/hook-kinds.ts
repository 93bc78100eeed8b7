import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import { didYouMean } from "../suggest.js";
import { createModelCache } from "./cache.js";
import type { Hook } from "./hook.js";
import { rateLimitHooks } from "./rate-limit.js";
import { slidingWindow, tokenBucket } from "./rate-limiter.js";
import { validationHooks } from "./validation.js";
import { OPERATIONS, type Operation } from "./points.js";

/** Makes hooks from options that may come from a file. */
export type HookFactory = (options: Readonly<Record<string, unknown>>) => readonly Hook[] | Promise<readonly Hook[]>;

/** Factories of hooks by name, so that a configuration can ask for them. */
export interface HookKinds {
  /** @throws SpellError `ALREADY_EXISTS`. */
  define(kind: string, make: HookFactory): void;
  /**
   * The hooks of `{ kind, …options }`.
   *
   * @throws SpellError `NOT_FOUND` with the known kinds, `INVALID_ARGUMENT` naming a wrong option.
   */
  make(config: { kind: string; [option: string]: unknown }): Promise<readonly Hook[]>;
  names(): string[];
}

/**
 * The kinds `rate-limit` (`limit`, `windowMs`, or `capacity`, `perSecond`; `operations`), `cache`
 * (`maxEntries`, `maxBytes`, `ttlMs`, `evict`), `validation` (`operation`, `input`, `output`), and those that are defined.
 *
 * @example
 * const kinds = createHookKinds();
 * const hooks = await kinds.make({ kind: "rate-limit", limit: 10, windowMs: 60_000 });
 */
export function createHookKinds(): HookKinds {
  const kinds = new Map<string, HookFactory>(Object.entries(BUILT_IN));
  return {
    define(kind, make) {
      if (kinds.has(kind)) throw new SpellError("ALREADY_EXISTS", `there already are hooks of the kind '${kind}'`);
      kinds.set(kind, make);
    },
    async make(config) {
      const { kind, ...options } = config;
      const factory = kinds.get(kind);
      if (factory === undefined) {
        const known = [...kinds.keys()];
        throw new SpellError("NOT_FOUND", `there are no hooks of the kind '${kind}'${didYouMean(kind, known)}`, {
          details: { known },
        });
      }
      return await factory(options);
    },
    names: () => [...kinds.keys()],
  };
}

const BUILT_IN: Readonly<Record<string, HookFactory>> = {
  "rate-limit"(given) {
    const { limit, windowMs, capacity, perSecond, operations } = only("rate-limit", given, {
      limit: "number",
      windowMs: "number",
      capacity: "number",
      perSecond: "number",
      operations: "object",
    });
    const byWindow = limit !== undefined;
    const limiter = byWindow
      ? slidingWindow({ limit: Number(limit), windowMs: Number(windowMs) })
      : tokenBucket({ capacity: Number(capacity), perSecond: Number(perSecond) });
    return rateLimitHooks(limiter, operations === undefined ? {} : { operations: operationsOf(operations) });
  },
  cache: (given) =>
    createModelCache(
      only("cache", given, { maxEntries: "number", maxBytes: "number", ttlMs: "number", evict: "string" }),
    ).hooks,
  validation(given) {
    const { operation, ...schemas } = only("validation", given, {
      operation: "string",
      input: "object",
      output: "object",
    });
    return validationHooks(operationsOf([operation])[0] ?? "agent", schemas);
  },
};

/** The options, when they are among those of `types` and of their type. */
function only(
  kind: string,
  given: Readonly<Record<string, unknown>>,
  types: Readonly<Record<string, string>>,
): Record<string, never> {
  for (const [option, value] of Object.entries(given)) {
    const type = Object.hasOwn(types, option) ? types[option] : undefined;
    if (type === undefined)
      throw invalid(`hooks of the kind '${kind}' have no option '${option}'${didYouMean(option, Object.keys(types))}`);
    const fits = type === "object" ? isRecord(value) || Array.isArray(value) : typeof value === type;
    if (!fits)
      throw invalid(
        `'${option}' of hooks of the kind '${kind}' must be ${type === "object" ? "an object" : `a ${type}`}`,
      );
  }
  return given as Record<string, never>;
}

function operationsOf(given: unknown): Operation[] {
  const list = Array.isArray(given) ? (given as unknown[]) : [];
  if (list.length === 0) throw invalid("'operations' must be a list of operations");
  for (const each of list) {
    if (OPERATIONS.includes(each as Operation)) continue;
    throw invalid(`there is no operation '${String(each)}'${didYouMean(String(each), OPERATIONS)}`);
  }
  return list as Operation[];
}

function invalid(message: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", message);
}
