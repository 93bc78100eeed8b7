import {
  defined,
  createHookKinds,
  logHooks,
  metricHooks,
  middleware,
  OPERATIONS,
  traceHooks,
  type Hook,
  type HookContext,
  type Logger,
  type LogFields,
  type Operation,
} from "@llmspell/core";
import type { FunctionRef, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { t, type Type } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { metricsOf } from "../../run/core-context.js";
import { toScript } from "../shapes.js";
import { givenBack, outputOf } from "./data.js";
import { callHookFunction } from "./guest-hook.js";
import { isOperation } from "./points.js";
import { registryOf } from "./registry.js";

interface Made {
  readonly hooks: readonly Hook[];
  readonly functions?: readonly FunctionRef[];
}

interface Kind<T> {
  readonly options: Type<T>;
  make(run: RunContext, options: T): Made | Promise<Made>;
}

const kind = <T>(options: Type<T>, make: Kind<T>["make"]): Kind<unknown> => ({ options, make }) as Kind<unknown>;

const operations = t.optional(t.list(t.string));
const schema = t.optional(t.table);
const kinds = createHookKinds();

const KINDS = {
  logging: kind(
    t.object({
      level: t.optional(t.oneOf("debug", "info", "warn", "error")),
      content: t.optional(t.boolean),
      operations,
    }),
    (run, { level, content, operations: given }) => ({
      hooks: logHooks(runLogger(run), {
        ...defined({ level, content }),
        operations: operationsOf(given),
      }),
    }),
  ),
  error_handling: kind(
    t.object({ fallback: t.optional(t.any), operations }),
    (run, { fallback = null, operations: given }) => ({
      hooks: middleware(
        "error handling",
        async ({ operation }, next) => {
          try {
            return await next();
          } catch (error) {
            run.log("warn", `${operation} failed, and was given another result`, {
              error: String((error as Error).message),
            });
            return outputOf(fallback, undefined, operation);
          }
        },
        { operations: operationsOf(given) },
      ),
    }),
  ),
  caching: kind(
    t.object({ ttl: t.optional(t.duration), max_entries: t.optional(t.integer(1)) }),
    async (_, { ttl, max_entries: maxEntries = 1000 }) => ({
      hooks: await kinds.make({
        kind: "cache",
        maxEntries,
        maxBytes: 4 * 1024 * 1024,
        ...(ttl === undefined ? {} : { ttlMs: ttl }),
      }),
    }),
  ),
  transformation: kind(t.object({ input: t.optional(t.fn), output: t.optional(t.fn), operations }), (run, given) => {
    const { input, output } = given;
    const change = async (fn: FunctionRef, data: unknown, context: HookContext): Promise<ScriptValue> =>
      await callHookFunction(run, "transformation", fn, [toScript(data)], context);
    return {
      functions: [input, output].filter((fn) => fn !== undefined),
      hooks: middleware(
        "transformation",
        async (context, next) => {
          const { operation, data } = context;
          const result = await (input === undefined
            ? next()
            : next(givenBack(await change(input, data, context), data, operation)));
          return output === undefined ? result : outputOf(await change(output, result, context), result, operation);
        },
        { operations: operationsOf(given.operations) },
      ),
    };
  }),
  validation: kind(
    t.object({ operation: t.string, input: schema, output: schema }),
    async (_, { operation, input, output }) => ({
      hooks: await kinds.make({
        kind: "validation",
        operation,
        ...defined({ input, output }),
      }),
    }),
  ),
  metrics: kind(t.object({}), (run) => ({ hooks: metricHooks(metricsOf(run)) })),
  tracing: kind(t.object({}), async () => ({ hooks: await traceHooks() })),
  rate_limit: kind(t.object({ limit: t.integer(1), window: t.duration, operations }), async (_, given) => ({
    hooks: await kinds.make({
      kind: "rate-limit",
      limit: given.limit,
      windowMs: given.window,
      ...(given.operations === undefined ? {} : { operations: given.operations }),
    }),
  })),
} as const satisfies Record<string, Kind<unknown>>;

/** The middleware that scripts can ask for by name. */
export const BUILT_IN = Object.keys(KINDS) as (keyof typeof KINDS)[];

/** Puts middleware of the framework in place; the id. */
export async function builtIn(run: RunContext, name: keyof typeof KINDS, opts: ScriptObject): Promise<string> {
  const { options, make } = KINDS[name];
  const { hooks, functions = [] } = await make(run, options.check(opts, ["opts"], run.handles));
  return registryOf(run).add(name, "around", hooks, { functions });
}

function operationsOf(given: readonly string[] | undefined): readonly Operation[] {
  if (given === undefined) return OPERATIONS;
  const unknown = given.find((name) => !isOperation(name));
  if (unknown !== undefined)
    throw new SpellError("INVALID_ARGUMENT", `there is no operation '${unknown}'; known: ${OPERATIONS.join(", ")}`);
  return given as Operation[];
}

/** Writes to the log of the run. */
function runLogger(run: RunContext, own: LogFields = {}): Logger {
  return {
    log: (level, message, fields = {}) => run.log(level, message, toScript({ ...own, ...fields }) as ScriptObject),
    child: (fields) => runLogger(run, { ...own, ...fields }),
  };
}
