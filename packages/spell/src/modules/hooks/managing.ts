import { composeHooks, HOOK_POINTS, interceptHook, tryHooks, type HookPoint } from "@llmspell/core";
import type { FunctionRef, ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { coreContext } from "../../run/core-context.js";
import { toScript } from "../shapes.js";
import { givenBack } from "./data.js";
import { callHookFunction } from "./guest-hook.js";
import { priorityOf, priorityType } from "./placing.js";
import { isOperation, operationOf, ownName, PHASES, pointOf } from "./points.js";
import { registryOf, type Registration } from "./registry.js";

const hookId = { hook_id: t.string };
const EXAMPLE = 'local id = hooks.before("tool", function() end, { name = "watch" })\n';

function describe(id: string, { name, type, hooks, enabled, metadata }: Registration): ScriptObject {
  const { calls, errors } = totals(hooks);
  return {
    id,
    name,
    type,
    points: hooks.map(({ hook }) => hook.point),
    priority: hooks[0]?.priority ?? 0,
    enabled,
    metadata,
    calls,
    errors,
  };
}

function totals(hooks: Registration["hooks"]): { calls: number; errors: number; avg_ms: number } {
  const sum = (of: "calls" | "errors" | "totalMs"): number => hooks.reduce((all, { stats }) => all + stats[of], 0);
  const calls = sum("calls");
  return { calls, errors: sum("errors"), avg_ms: calls === 0 ? 0 : sum("totalMs") / calls };
}

/** Whether a hook is of a type: a point, an operation, a phase, or what it was registered as. */
function isOfType(text: string): (registration: Registration) => boolean {
  const point = pointOf(text);
  if (point !== undefined) return ({ hooks }) => hooks.some(({ hook }) => hook.point === point);
  if (isOperation(text)) return ({ hooks }) => hooks.some(({ hook }) => operationOf(hook.point) === text);
  const phase = { pre: "before", post: "after" }[text] ?? text;
  return ({ type, name, subject }) => type === phase || name === text || subject === text;
}

function compose(
  run: RunContext,
  ids: readonly string[],
  mode: "sequential" | "parallel" | "first",
  type: string,
): string {
  const registry = registryOf(run);
  const members = ids.map((id) => registry.registrations.get(id));
  const hook = composeHooks(
    type,
    members.flatMap(({ hooks }) => hooks),
    mode,
  );
  const id = registry.add(undefined, type, [hook], {
    release() {
      for (const member of ids) if (registry.registrations.find(member) !== undefined) registry.enable(member, true);
    },
  });
  // They are called as part of the whole, no more by themselves.
  for (const member of ids) registry.enable(member, false);
  return id;
}

/** What is known of hooks, and what can be done with them. */
export const managing = {
  unregister: sync({
    doc: "Takes a hook away; whether it was there.",
    params: hookId,
    result: "boolean",
    example: `${EXAMPLE}return hooks.unregister(id)`,
    call: (run, { hook_id }) => registryOf(run).remove(hook_id),
  }),
  enable: sync({
    doc: "Has a disabled hook called again.",
    params: hookId,
    example: `${EXAMPLE}hooks.enable(id)\nreturn id`,
    call(run, { hook_id }) {
      registryOf(run).enable(hook_id, true);
      return undefined;
    },
  }),
  disable: sync({
    doc: "Has a hook passed over; it stays in its place.",
    params: hookId,
    example: `${EXAMPLE}hooks.disable(id)\nreturn hooks.get(id).enabled`,
    call(run, { hook_id }) {
      registryOf(run).enable(hook_id, false);
      return undefined;
    },
  }),
  list: sync({
    doc: "The hooks of this script in the order of their calls, or those of a type: a point, an operation, a phase or a name; or {type=, enabled=}.",
    params: {
      filter: t.optional(t.union(t.string, t.object({ type: t.optional(t.string), enabled: t.optional(t.boolean) }))),
    },
    result: "list<HookInfo>",
    aliases: ["list_by_type"],
    example: `${EXAMPLE}return hooks.list("tool")[1].name`,
    call(run, { filter = {} }) {
      const { type, enabled } = typeof filter === "string" ? { type: filter } : filter;
      const fits = type === undefined ? () => true : isOfType(type);
      const found = registryOf(run).ofType((each) => fits(each) && (enabled === undefined || each.enabled === enabled));
      return found.map(([id, registration]) => describe(id, registration));
    },
  }),
  get: sync({
    doc: "What is known of a hook.",
    params: hookId,
    result: "HookInfo",
    aliases: ["get_info"],
    example: `${EXAMPLE}return hooks.get(id).points[1]`,
    call: (run, { hook_id }) => describe(hook_id, registryOf(run).registrations.get(hook_id)),
  }),
  set_priority: sync({
    doc: "Moves a hook: lower priorities come first, from highest (-1000) to lowest (1000).",
    params: { ...hookId, priority: priorityType },
    example: `${EXAMPLE}hooks.set_priority(id, "highest")\nreturn hooks.get(id).priority`,
    call(run, { hook_id, priority }) {
      for (const hook of registryOf(run).registrations.get(hook_id).hooks) hook.priority = priorityOf(priority);
      return undefined;
    },
  }),
  set_metadata: sync({
    doc: "Attaches a table to a hook, in the place of the one it has.",
    params: { ...hookId, metadata: t.table },
    example: `${EXAMPLE}hooks.set_metadata(id, { owner = "ops" })\nreturn hooks.get_metadata(id).owner`,
    call(run, { hook_id, metadata }) {
      registryOf(run).registrations.get(hook_id).metadata = metadata;
      return undefined;
    },
  }),
  get_metadata: sync({
    doc: "The table that is attached to a hook.",
    params: hookId,
    result: "table",
    example: `${EXAMPLE}return hooks.get_metadata(id)`,
    call: (run, { hook_id }) => registryOf(run).registrations.get(hook_id).metadata,
  }),
  trigger: awaitable({
    doc: "Calls the hooks of a point, or those before, around and after an operation or a name of your own, by hand; what they made of the data, and each change.",
    params: { type: t.string, data: t.optional(t.any) },
    result: "{data: any, stopped: boolean, reason?: string, results: list<{hook: string, data: any}>}",
    aliases: ["execute"],
    example: `hooks.before("deploy", function(ctx) return { data = ctx.data + 1 } end)
return hooks.trigger("deploy", 1).data`,
    async call(run, { type, data = null }) {
      const point = pointOf(type);
      const operation = isOperation(type) ? type : "custom";
      const points: readonly HookPoint[] =
        point === undefined
          ? PHASES.filter((phase) => phase !== "error").map((phase) => `${operation}.${phase}` as const)
          : [point];
      const name = point === undefined && operation === "custom" ? ownName(type) : type;
      const { changes, ...done } = await tryHooks<"custom">(registryOf(run).hooks, points, data, {
        run: coreContext(run),
        about: { name },
      });
      return toScript({ ...done, results: changes.map(({ hook, after }) => ({ hook, data: after })) });
    },
  }),
  chain: sync({
    doc: "One hook of several at the same point, one after the other; it ends when one stops. They are no longer called by themselves.",
    params: { hook_ids: t.list(t.string) },
    result: "string",
    example: `${EXAMPLE}return hooks.get(hooks.chain({ id })).points[1]`,
    call: (run, { hook_ids }) => compose(run, hook_ids, "sequential", "chain"),
  }),
  compose: sync({
    doc: "One hook of several at the same point: sequential; parallel, where the first that stops counts or else the last change; or first, until one decides anything.",
    params: { hook_ids: t.list(t.string), mode: t.optional(t.oneOf("sequential", "parallel", "first")) },
    result: "string",
    example: `${EXAMPLE}return hooks.get(hooks.compose({ id }, "first")).type`,
    call: (run, { hook_ids, mode = "sequential" }) => compose(run, hook_ids, mode, "composite"),
  }),
  intercept: sync({
    doc: "Changes by fn(data) the data that another hook, or each there is now of a type, is given (before) or returns (after), or takes its place (replace); the id.",
    params: { hook_id_or_type: t.string, kind: t.oneOf("before", "after", "replace"), fn: t.fn },
    result: "string",
    example: `local id = hooks.before("deploy", function(ctx) return { data = ctx.data .. "!" } end)
hooks.intercept(id, "before", function(data) return data:upper() end)
return hooks.trigger("deploy", "now").data`,
    call: (run, { hook_id_or_type, kind, fn }) => intercept(run, hook_id_or_type, kind, fn),
  }),
  stats: sync({
    doc: "How often a hook, or all of this script, were called and failed, and how long they took on average.",
    params: { hook_id: t.optional(t.string) },
    result: "{calls: integer, errors: integer, avg_ms: number}",
    example: `${EXAMPLE}return hooks.stats(id).calls`,
    call(run, { hook_id }) {
      const { registrations } = registryOf(run);
      if (hook_id !== undefined) return totals(registrations.get(hook_id).hooks);
      return totals(registrations.entries().flatMap(([, { hooks }]) => hooks));
    },
  }),
  clear: sync({
    doc: "Takes all hooks of a type away that this script has put in place; how many.",
    params: { type: t.string },
    result: "integer",
    example: `${EXAMPLE}return hooks.clear("tool.before")`,
    call(run, { type }) {
      const registry = registryOf(run);
      return registry.ofType(isOfType(type)).filter(([id]) => registry.remove(id)).length;
    },
  }),
  clear_all: sync({
    doc: "Takes all hooks of this script away; how many.",
    result: "integer",
    example: `${EXAMPLE}return hooks.clear_all()`,
    call(run) {
      const registry = registryOf(run);
      return registry.registrations.entries().filter(([id]) => registry.remove(id)).length;
    },
  }),
  get_types: sync({
    doc: "The points where hooks can be, beside those that a script names itself.",
    result: "list<string>",
    example: "return hooks.get_types()[1]",
    call: () => [...HOOK_POINTS],
  }),
};

function intercept(run: RunContext, target: string, kind: "before" | "after" | "replace", fn: FunctionRef): string {
  const registry = registryOf(run);
  const known = registry.registrations.find(target);
  const targets = known === undefined ? registry.ofType(isOfType(target)).map(([, each]) => each) : [known];
  const hooks = targets.flatMap((each) => each.hooks);
  if (hooks.length === 0)
    throw new SpellError("NOT_FOUND", `there is no hook '${target.slice(0, 100)}', and none of such a type`);
  registry.registrations.checkRoom();
  let id = "";
  const ends = hooks.map((hook) =>
    interceptHook(
      hook,
      kind,
      async (data, context) => {
        const answer = await callHookFunction(run, "interceptor", fn, [toScript(data)], context);
        return answer === null ? data : givenBack(answer, data, operationOf(hook.hook.point));
      },
      () => registry.registrations.find(id)?.enabled === true,
    ),
  );
  id = registry.add(undefined, "intercept", [], {
    functions: [fn],
    release() {
      for (const end of ends) end[Symbol.dispose]();
    },
  });
  return id;
}
