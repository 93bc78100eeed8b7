import { defined, OPERATIONS, type Hook, type HookContext } from "@llmspell/core";
import type { FunctionRef, ScriptObject } from "@llmspell/engine";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { builtIn, BUILT_IN } from "./built-in.js";
import { conditionMaker, conditionOf, filterSpec, filterType } from "./conditions.js";
import { guestHook } from "./guest-hook.js";
import { placeOf, pointOf, isPhase, type Phase, type Place } from "./points.js";
import { registryOf, type HookCondition } from "./registry.js";

export const PRIORITIES = { highest: -1000, critical: -1000, high: -500, normal: 0, low: 500, lowest: 1000 } as const;

export const priorityType = t.union(t.number, t.oneOf("highest", "critical", "high", "normal", "low", "lowest"));
export const priorityOf = (given: ReturnType<typeof priorityType.check>): number =>
  typeof given === "number" ? given : PRIORITIES[given];

const optionFields = {
  name: t.optional(t.name),
  priority: t.optional(priorityType),
  filter: t.optional(filterType),
  on_error: t.optional(t.oneOf("throw", "ignore")),
  background: t.optional(t.boolean),
  metadata: t.optional(t.table),
};
const options = t.object(optionFields, "HookOptions");
type Options = ReturnType<typeof options.check>;

/** Puts a function of the spell in its places, as one hook. */
function place(run: RunContext, type: string, places: readonly Place[], fn: FunctionRef, opts: Options = {}): string {
  const registry = registryOf(run);
  const name = opts.name ?? `${type} ${places.length === 1 ? (places[0]?.name ?? places[0]?.point ?? "") : ""}`.trim();
  let id = "";
  const own = (): ScriptObject => registry.registrations.find(id)?.metadata ?? {};
  const condition = conditionOf(run, opts.filter, own);
  const hooks = places.map(({ point, name: about }) => {
    const filter = withName(condition, about);
    return {
      name,
      point,
      ...(opts.priority === undefined ? {} : { priority: priorityOf(opts.priority) }),
      ...defined({ filter, onError: opts.on_error, background: opts.background }),
      run: guestHook(run, name, fn, condition.wanted),
    } as unknown as Hook;
  });
  const predicate = opts.filter !== undefined && "release" in opts.filter ? [opts.filter] : [];
  id = registry.add(name, type, hooks, {
    subject: places[0]?.name,
    metadata: opts.metadata ?? {},
    functions: [fn, ...predicate],
  });
  return id;
}

/** Only operations of the spell's own with this name. */
function withName({ filter }: HookCondition, name: string | undefined): HookCondition["filter"] {
  if (name === undefined) return filter;
  return (context: HookContext) => (context.about as { name?: string }).name === name && (filter?.(context) ?? true);
}

const at = (phase: Phase, doc: string, example: string) =>
  sync({
    doc,
    params: { point: t.string, fn: t.fn, opts: t.optional(options) },
    result: "string",
    example,
    call: (run, { point, fn, opts }) => place(run, phase, [placeOf(point, phase)], fn, opts),
  });

const OLDER_TYPES: Readonly<Record<string, Phase>> = { pre: "before", post: "after" };

/** Putting hooks in their places. */
export const placing = {
  before: at(
    "before",
    "Calls fn(ctx) before an operation: agent, model, tool, workflow, workflow.step, memory.save, memory.load, or one that is triggered by hand. It returns nothing, {data = …} or its changed ctx, or {stop = true, result = …, reason = …}; the id.",
    `hooks.before("tool", function(ctx) ctx.data.n = ctx.data.n + 1 return ctx end)
tools.define("double", "Doubles", {}, function(args) return args.n * 2 end)
return tools.execute("double", { n = 4 })`,
  ),
  after: at(
    "after",
    "Calls fn(ctx) after an operation; ctx.data is its result, which {data = …} or {result = …} replaces.",
    `hooks.after("model", function(ctx) return { result = ctx.data.text:upper() } end)
return llm.generate("hi").content`,
  ),
  around: at(
    "around",
    "Calls fn(ctx, proceed) around an operation: proceed(data?) does the hooks inside and the operation, and may be called again or not at all. What it returns is the result; nothing leaves it as it is.",
    `hooks.around("tool", function(ctx, proceed) return proceed() + proceed() end)
tools.define("one", "One", {}, function() return 1 end)
return tools.execute("one", {})`,
  ),
  register: sync({
    doc: "Puts a function in its place by type: a point such as tool.before, or pre, post, around, error of the operations in opts.operations (all).",
    params: {
      type: t.string,
      fn: t.fn,
      priority_or_opts: t.optional(
        t.union(
          priorityType,
          t.object({ ...optionFields, operations: t.optional(t.list(t.string)) }, "RegisterOptions"),
        ),
      ),
    },
    result: "string",
    example: `hooks.register("tool_before_execute", function() return { stop = true, result = 7 } end, 10)
tools.define("one", "One", {}, function() return 1 end)
return tools.execute("one", {})`,
    call(run, { type, fn, priority_or_opts: given = {} }) {
      const { operations = OPERATIONS, ...opts } = typeof given === "object" ? given : { priority: given };
      const phase = Object.hasOwn(OLDER_TYPES, type) ? OLDER_TYPES[type] : type;
      if (phase !== undefined && isPhase(phase))
        return place(
          run,
          phase,
          operations.map((operation) => placeOf(operation, phase)),
          fn,
          opts,
        );
      const point = pointOf(type);
      const own = point?.slice(point.lastIndexOf(".") + 1) ?? "before";
      return place(
        run,
        isPhase(own) ? own : "before",
        [point === undefined ? placeOf(type, "before") : { point }],
        fn,
        opts,
      );
    },
  }),
  use: awaitable({
    doc: "Puts fn(ctx, next) around every kind of operation, or what the framework has: logging, error_handling, caching, transformation, validation, metrics, tracing, rate_limit, with their settings in opts.",
    params: {
      middleware: t.union(t.fn, t.oneOf(...BUILT_IN)),
      opts: t.optional(t.table),
    },
    result: "string",
    example: `hooks.use(function(ctx, next) local result = next() return result end)
hooks.use("rate_limit", { limit = 1, window = "1m" })
llm.generate("one")
local ok, e = pcall(llm.generate, "two")
return e.code`,
    async call(run, { middleware: given, opts = {} }) {
      if (typeof given === "string") return await builtIn(run, given, opts);
      const checked = useOptions.check(opts, ["opts"], run.handles);
      const { operations = OPERATIONS, name = "middleware", ...more } = checked;
      return place(
        run,
        "around",
        operations.map((operation) => placeOf(operation, "around")),
        given,
        { ...more, name },
      );
    },
  }),
  filter: sync({
    doc: "A condition for opts.filter, of all that is named (op: and, or, not): {points, names, rate = {limit, window}, metadata, time_window = {from, until}, predicate}.",
    params: { spec: filterSpec },
    result: "HookFilter",
    example: `local pay = hooks.filter({ names = { "pay" } })
hooks.before("tool", function() return { stop = true, result = "no" } end, { filter = pay })
tools.define("pay", "Pays", {}, function() return "paid" end)
tools.define("ask", "Asks", {}, function() return "asked" end)
return { tools.execute("pay", {}), tools.execute("ask", {}) }`,
    call: (run, { spec }) => run.handles.add("HookFilter", conditionMaker(run, spec)),
  }),
};

const useOptions = t.object({ ...optionFields, operations: t.optional(t.list(t.string)) }, "MiddlewareOptions");
