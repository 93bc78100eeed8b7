import { batchAt, getPath, parseJson, stringifyJson, systemClock } from "@llmspell/core";
import type { ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { toScript } from "../shapes.js";
import { agentHandle, memoryHandleOf, partsOf } from "./held.js";

const agent = { agent: agentHandle };
const MADE = 'local a = agent.create({ name = "helper", memory = true })\n';
const MOST_SNAPSHOTS = 100;

type Values = Record<string, unknown>;

export const data = {
  get_state: sync({
    doc: "The status of an agent, and its data.",
    params: agent,
    result: "{status: string, data: table}",
    example: `${MADE}a:state_set("mood", "good")\nreturn a:get_state().data.mood`,
    call: (_, { agent: of }) => ({ status: of.info().status, data: toScript(partsOf(of).state.toJSON()) }),
  }),
  state_get: sync({
    doc: "A value of an agent's data, by a path such as `user.names[0]`; all of it without one.",
    params: { ...agent, key: t.optional(t.string) },
    result: "any",
    example: `${MADE}a:state_set("user", { name = "Ada" })\nreturn a:state_get("user.name")`,
    call(_, { agent: of, key }) {
      const values: unknown = partsOf(of).state.toJSON();
      return toScript(key === undefined ? values : getPath(values, key));
    },
  }),
  state_set: sync({
    doc: "Sets a value of an agent's data by path, or several at once: all of them or none.",
    params: { ...agent, key: t.union(t.string, t.table), value: t.optional(t.any) },
    example: `${MADE}a:state_set({ n = 1, m = 2 })\nreturn a:state_get("m")`,
    call(_, { agent: of, key, value }) {
      const { state } = partsOf(of);
      if (typeof key === "string") batchAt(state, { [key]: value ?? null });
      else state.batch(key);
      return undefined;
    },
  }),
  state_export: sync({
    doc: "An agent's data, as JSON text or as a table.",
    params: { ...agent, format: t.optional(t.oneOf("json", "table")) },
    result: "any",
    example: `${MADE}a:state_set("n", 1)\nreturn a:state_export()`,
    call(_, { agent: of, format = "json" }) {
      const values = partsOf(of).state.toJSON();
      return format === "json" ? stringifyJson(values, { sortKeys: true }) : toScript(values);
    },
  }),
  state_import: sync({
    doc: "Replaces an agent's data by what `state_export` gave.",
    params: { ...agent, data: t.union(t.string, t.table) },
    example: `${MADE}a:state_import('{"n": 2}')\nreturn a:state_get("n")`,
    call(_, { agent: of, data: given }) {
      const values = typeof given === "string" ? parseJson(given) : given;
      if (typeof values !== "object" || values === null || Array.isArray(values))
        throw new SpellError("VALIDATION_FAILED", "agent.state_import: the data must be an object");
      const { state } = partsOf(of);
      state.restore({ version: state.version, values: values as Values });
      return undefined;
    },
  }),
  state_save_snapshot: sync({
    doc: "Keeps what an agent's data is now; gives what `state_load_snapshot` takes.",
    params: { ...agent, name: t.optional(t.name) },
    result: "string",
    example: `${MADE}return a:state_save_snapshot("before")`,
    call(_, { agent: of, name }) {
      const { state, snapshots } = partsOf(of);
      if (snapshots.size >= MOST_SNAPSHOTS)
        throw new SpellError("LIMIT_VALUE", `an agent keeps at most ${MOST_SNAPSHOTS} snapshots`);
      const id = `snapshot-${snapshots.size + 1}`;
      snapshots.set(id, { name: name ?? id, createdAt: systemClock.now(), snapshot: state.snapshot() });
      return id;
    },
  }),
  state_load_snapshot: sync({
    doc: "Makes an agent's data what it was, by the id or the name of a snapshot.",
    params: { ...agent, snapshot_id: t.string },
    example: `${MADE}local id = a:state_save_snapshot()\na:state_set("n", 1)\na:state_load_snapshot(id)\nreturn a:state_get("n") == nil`,
    call(_, { agent: of, snapshot_id: id }) {
      const { state, snapshots } = partsOf(of);
      const found = snapshots.get(id) ?? [...snapshots.values()].findLast(({ name }) => name === id);
      if (found === undefined) throw new SpellError("NOT_FOUND", `there is no snapshot '${id}'`);
      state.restore(found.snapshot);
      return undefined;
    },
  }),
  state_list_snapshots: sync({
    doc: "The snapshots of an agent's data.",
    params: agent,
    result: "list<{id: string, name: string, created_at: number, size: integer}>",
    example: `${MADE}a:state_save_snapshot("before")\nreturn a:state_list_snapshots()[1].name`,
    call: (_, { agent: of }) =>
      [...partsOf(of).snapshots].map(([id, { name, createdAt, snapshot }]): ScriptObject => ({
        id,
        name,
        created_at: createdAt,
        size: stringifyJson(snapshot.values).length,
      })),
  }),
  get_memory: sync({
    doc: "What an agent remembers with; only one that was made with `memory`.",
    params: agent,
    result: "Memory",
    example: `${MADE}a:run("Hello")\nreturn #a:get_memory():get()`,
    call(run, { agent: of }) {
      const { memory } = partsOf(of);
      if (memory === undefined) throw new SpellError("INVALID_STATE", "this agent was made without a memory");
      return memoryHandleOf(run, memory);
    },
  }),
  clear_memory: sync({
    doc: "Lets an agent forget what was said.",
    params: agent,
    example: `${MADE}a:run("Hello")\na:clear_memory()\nreturn #a:get_memory():get() == 0`,
    call(_, { agent: of }) {
      partsOf(of).memory?.clear();
      return undefined as ScriptValue | undefined;
    },
  }),
};
