import { createScopedValues, type ScopedValues } from "@llmspell/core";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { perRun } from "../../run/per-run.js";
import { toScript } from "../shapes.js";

const contextHandle = t.handle<ScopedValues>("Context");
/** The context of the run itself. */
const ambient = perRun(() => createScopedValues());
const ctx = { ctx: t.optional(contextHandle) };

const SECTIONS = ["messages", "artifacts", "metadata"] as const;
const inheritance = t.object(
  { messages: t.optional(t.boolean), artifacts: t.optional(t.boolean), metadata: t.optional(t.boolean) },
  "ContextInheritance",
);

/** Values that parts of a spell share without handing them on; that of the run, or one inside another. */
export const contexts = {
  context_get: sync({
    doc: "The value of a key in a context, that of the run by default, or in those around it.",
    params: { key: t.name, ...ctx },
    result: "any",
    example: 'state.context_set("user", "Ada")\nreturn state.context_get("user", state.context_create_shared())',
    call: (run, { key, ctx: at = ambient(run) }) => toScript(at.get(key)),
  }),
  context_set: sync({
    doc: "Sets a key in a context; those around it do not see it.",
    params: { key: t.name, value: t.any, ...ctx },
    example: 'state.context_set("user", "Ada")\nreturn state.context_get("user")',
    call(run, { key, value, ctx: at = ambient(run) }) {
      at.set(key, value);
      return undefined;
    },
  }),
  context_merge: sync({
    doc: "Sets several keys in a context.",
    params: { data: t.table, ...ctx },
    example: 'state.context_merge({ user = "Ada", team = "blue" })\nreturn state.context_get("team")',
    call(run, { data, ctx: at = ambient(run) }) {
      at.merge(data);
      return undefined;
    },
  }),
  context_clear: sync({
    doc: "Forgets what was set in a context itself.",
    params: ctx,
    example: 'state.context_set("user", "Ada")\nstate.context_clear()\nreturn state.context_get("user") == nil',
    call(run, { ctx: at = ambient(run) }) {
      at.clear();
      return undefined;
    },
  }),
  context_create_shared: sync({
    doc: "A context inside another, that of the run by default, whose values it sees.",
    params: { parent: t.optional(contextHandle) },
    result: "Context",
    example: `local inner = state.context_create_shared()
state.context_set("user", "Ada", inner)
return { state.context_get("user", inner), state.context_get("user") == nil }`,
    call: (run, { parent = ambient(run) }) => run.handles.add("Context", createScopedValues(parent)),
  }),
  context_with_inheritance: sync({
    doc: "A context inside another that sees its messages, artifacts and metadata only where opts says so (all by default), and all its other keys; the three may be given as booleans.",
    params: {
      ctx: contextHandle,
      opts: t.union(t.boolean, inheritance),
      artifacts: t.optional(t.boolean),
      metadata: t.optional(t.boolean),
    },
    result: "Context",
    example: `local outer = state.context_create_shared()
state.context_merge({ messages = { "hi" }, user = "Ada" }, outer)
local inner = state.context_with_inheritance(outer, { messages = false })
return { state.context_get("user", inner), state.context_get("messages", inner) == nil }`,
    call(run, { ctx: parent, opts, artifacts, metadata }) {
      const flags = typeof opts === "boolean" ? { messages: opts, artifacts, metadata } : opts;
      const hidden = new Set<string>(SECTIONS.filter((section) => flags[section] === false));
      return run.handles.add(
        "Context",
        createScopedValues(parent, (key) => !hidden.has(key)),
      );
    },
  }),
};
