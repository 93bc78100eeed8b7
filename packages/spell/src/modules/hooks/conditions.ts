import { aboutIs, anyOf, atRate, duringTime, slidingWindow, type HookContext, type HookFilter } from "@llmspell/core";
import type { FunctionRef, ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { scriptContext } from "./data.js";
import { callHookFunction } from "./guest-hook.js";
import { pointOf } from "./points.js";
import type { HookCondition, HookConditionMaker } from "./registry.js";

export const filterSpec = t.object(
  {
    points: t.optional(t.list(t.string)),
    names: t.optional(t.list(t.string)),
    rate: t.optional(t.object({ limit: t.integer(1), window: t.duration })),
    metadata: t.optional(t.table),
    time_window: t.optional(t.object({ from: t.optional(t.number), until: t.optional(t.number) })),
    predicate: t.optional(t.fn),
    op: t.optional(t.oneOf("and", "or", "not")),
  },
  "HookFilterSpec",
);
type FilterSpec = ReturnType<typeof filterSpec.check>;

const filterHandle = t.handle<HookConditionMaker>("HookFilter");
/** A filter in any form. */
export const filterType = t.union(t.fn, filterHandle, filterSpec);

/** @throws SpellError `INVALID_ARGUMENT` for a point that does not exist. */
function plainFilters(
  { points, names, rate, metadata, time_window }: FilterSpec,
  own: () => ScriptObject,
): HookFilter[] {
  const filters: HookFilter[] = [];
  if (points !== undefined) {
    const known = new Set<string>(points.map((point) => pointOf(point) ?? point));
    filters.push(({ point, operation }) => known.has(point) || known.has(operation));
  }
  if (names !== undefined) filters.push(anyOf(...names.map((name) => aboutIs("name", name))));
  if (metadata !== undefined)
    filters.push(() => Object.entries(metadata).every(([name, value]) => Object.is(own()[name], value)));
  if (time_window !== undefined) {
    const { from, until } = time_window;
    filters.push(duringTime({ ...(from === undefined ? {} : { from }), ...(until === undefined ? {} : { until }) }));
  }
  // Last, so that only what all others let through is counted.
  if (rate !== undefined) filters.push(atRate(slidingWindow({ limit: rate.limit, windowMs: rate.window })));
  return filters;
}

const asks =
  (run: RunContext, predicate: FunctionRef) =>
  async (context: HookContext): Promise<boolean> => {
    const answer = await callHookFunction(run, "filter", predicate, [scriptContext(context)], context);
    return answer !== null && answer !== false;
  };

export function conditionMaker(run: RunContext, spec: FilterSpec): HookConditionMaker {
  const { predicate, op = "and" } = spec;
  const asked = predicate === undefined ? undefined : asks(run, predicate);
  if (asked === undefined && plainFilters(spec, () => ({})).length === 0)
    throw new SpellError("INVALID_ARGUMENT", "a filter needs a condition");
  return {
    make(metadata) {
      const plain = plainFilters(spec, metadata);
      if (op === "and") {
        return {
          ...(plain.length === 0 ? {} : { filter: (context) => plain.every((test) => test(context)) }),
          ...(asked === undefined ? {} : { wanted: asked }),
        };
      }
      const some = (context: HookContext): boolean => plain.some((test) => test(context));
      if (asked === undefined) return { filter: (context) => some(context) === (op === "or") };
      return { wanted: async (context) => (some(context) || (await asked(context))) === (op === "or") };
    },
  };
}

/** The condition that a script gave for a hook with this metadata. */
export function conditionOf(
  run: RunContext,
  given: ReturnType<typeof filterType.check> | undefined,
  metadata: () => ScriptObject,
): HookCondition {
  if (given === undefined) return {};
  if ("make" in given) return given.make(metadata);
  const maker = "release" in given ? conditionMaker(run, { predicate: given }) : conditionMaker(run, given);
  return maker.make(metadata);
}
