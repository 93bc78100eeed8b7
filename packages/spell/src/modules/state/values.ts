import {
  batchAt,
  deleteAt,
  getAt,
  MERGE_STRATEGIES,
  mergeValues,
  sealedSnapshot,
  stringifyJson,
  validateJson,
} from "@llmspell/core";
import type { ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { toScript } from "../shapes.js";
import { newState, schemaCheck, snapshotHandle, stateHandle, statesOf, transformed, valuesOf } from "./states.js";

const state = { state: stateHandle };
const EXAMPLE = 'local s = state.create({ user = { name = "Ada" }, n = 1 })\n';

/** Values in memory. */
export const values = {
  create: sync({
    doc: "A state with these values, which are JSON; opts.name is its id.",
    params: {
      initial: t.optional(t.table),
      opts: t.optional(t.object({ name: t.optional(t.name) }, "StateOptions")),
    },
    result: "State",
    example: `${EXAMPLE}return s:get("user.name")`,
    call: (run, { initial = {}, opts: { name } = {} }) => newState(run, initial, {}, name),
  }),
  with_schema: awaitable({
    doc: "A state with the same values that refuses every write after which they would not match the schema.",
    params: { ...state, schema: t.table },
    result: "State",
    example: `${EXAMPLE}local checked = state.with_schema(s, { properties = { n = { type = "number" } } })
return select(2, pcall(checked.set, checked, "n", "one")).code`,
    async call(run, { state: from, schema }) {
      return newState(run, valuesOf(from), { validateAll: await schemaCheck(schema) });
    },
  }),
  get: sync({
    doc: "The value at a path such as user.names[0], or the default.",
    params: { ...state, key: t.string, default: t.optional(t.any) },
    result: "any",
    example: `${EXAMPLE}return { s:get("user.name"), s:get("user.age", 36) }`,
    call: (_, { state: from, key, default: otherwise = null }) => {
      const found = getAt(from, key);
      return found === undefined ? otherwise : toScript(found);
    },
  }),
  set: sync({
    doc: "Writes a value at a path, and tells who watches; the new version.",
    params: { ...state, key: t.string, value: t.any },
    result: "integer",
    example: `${EXAMPLE}s:set("user.age", 36)\nreturn s:get("user")`,
    call(_, { state: to, key, value }) {
      if (value === null) throw new SpellError("INVALID_ARGUMENT", `'${key}' is set to nothing: delete it`);
      return batchAt(to, { [key]: value });
    },
  }),
  has: sync({
    doc: "Whether there is a value at a path.",
    params: { ...state, key: t.string },
    result: "boolean",
    example: `${EXAMPLE}return s:has("user.age")`,
    call: (_, { state: from, key }) => getAt(from, key) !== undefined,
  }),
  delete_key: sync({
    doc: "Removes what is at a path; whether there was anything.",
    params: { ...state, key: t.string },
    result: "boolean",
    example: `${EXAMPLE}return s:delete_key("user.name")`,
    call: (_, { state: from, key }) => deleteAt(from, key),
  }),
  keys: sync({
    doc: "The keys, in order.",
    params: state,
    result: "list<string>",
    example: `${EXAMPLE}return s:keys()`,
    call: (_, { state: from }) => from.keys().toSorted(),
  }),
  update: sync({
    doc: "Writes several values by their paths, all or none; the new version.",
    params: { ...state, updates: t.table },
    result: "integer",
    example: `${EXAMPLE}s:update({ n = 2, ["user.age"] = 36 })\nreturn s:to_json()`,
    call: (_, { state: to, updates }) => batchAt(to, updates),
  }),
  watch: sync({
    doc: "Calls fn(new, old, key) after each change of a place, or of the keys that match a pattern such as user-*; the id.",
    params: { ...state, key: t.string, fn: t.fn },
    result: "string",
    example: `${EXAMPLE}local seen = {}
s:watch("user.name", function(new, old, key) seen = { new, old, key } end)
s:set("user.name", "Bea")
sleep(1)
return seen`,
    call: (run, { state: watched, key, fn }) => statesOf(run).watch(watched, key, fn),
  }),
  unwatch: sync({
    doc: "Ends a watch; whether it was there.",
    params: { watch_id: t.string },
    result: "boolean",
    example: `${EXAMPLE}return state.unwatch(s:watch("n", print))`,
    call: (run, { watch_id }) => statesOf(run).unwatch(watch_id),
  }),
  merge: sync({
    doc: "A new state with the values of both. Where both have one: the last (default), the first, deep (into tables), concat (deep, with lists one after the other), or what fn(key, first, second) returns.",
    params: { s1: stateHandle, s2: stateHandle, strategy: t.optional(t.union(t.oneOf(...MERGE_STRATEGIES), t.fn)) },
    result: "State",
    example: `local a, b = state.create({ n = 1, list = { 1 } }), state.create({ n = 2, list = { 2 } })
return a:merge(b, "concat"):to_json()`,
    call(run, { s1, s2, strategy = "last" }) {
      const [first, second] = [valuesOf(s1), valuesOf(s2)];
      if (typeof strategy === "string") return newState(run, mergeValues(first, second, strategy) as ScriptObject);
      try {
        const decide = (key: string, one: unknown, two: unknown): ScriptValue =>
          run.guest.callSync(strategy, [key, one as ScriptValue, two as ScriptValue]);
        return newState(run, mergeValues(first, second, decide) as ScriptObject);
      } finally {
        strategy.release();
      }
    },
  }),
  snapshot: sync({
    doc: "All values at this moment: s.version, s.values, s.checksum (SHA-256), s.taken_at.",
    params: state,
    result: "Snapshot",
    example: `${EXAMPLE}local kept = s:snapshot()\ns:set("n", 2)\nreturn kept.values.n`,
    call: (run, { state: from }) => run.handles.add("Snapshot", sealedSnapshot(from)),
  }),
  restore: sync({
    doc: "Makes a state, a new one by default, what a snapshot says, as one new version.",
    params: { snapshot: snapshotHandle, state: t.optional(stateHandle) },
    result: "State",
    example: `${EXAMPLE}local kept = s:snapshot()\ns:set("n", 2)\nreturn state.restore(kept, s):get("n")`,
    call(run, { snapshot, state: to }) {
      if (to === undefined) return newState(run, toScript(snapshot.values) as ScriptObject);
      to.restore(snapshot);
      return run.handles.add("State", to);
    },
  }),
  transform: sync({
    doc: "A new state of what fn(values), or the transform of this name, makes of the values.",
    params: { ...state, transformer: t.union(t.string, t.fn) },
    result: "State",
    example: `${EXAMPLE}return { s:transform("flatten"):keys(), s:transform(function(v) return { n = v.n * 10 } end):get("n") }`,
    call(run, { state: from, transformer }) {
      if (typeof transformer === "string")
        return newState(run, statesOf(run).transforms.apply(transformer, valuesOf(from)) as ScriptObject);
      try {
        return newState(run, transformed(run, transformer, valuesOf(from)));
      } finally {
        transformer.release();
      }
    },
  }),
  filter: sync({
    doc: "A new state with the values for which fn(key, value) is true.",
    params: { ...state, predicate: t.fn },
    result: "State",
    example: `${EXAMPLE}return s:filter(function(key, value) return key == "n" end):keys()`,
    call(run, { state: from, predicate }) {
      try {
        const kept = Object.entries(valuesOf(from)).filter(([key, value = null]) => {
          const answer = run.guest.callSync(predicate, [key, value]);
          return answer !== null && answer !== false;
        });
        return newState(run, Object.fromEntries(kept));
      } finally {
        predicate.release();
      }
    },
  }),
  validate: awaitable({
    doc: "Checks the values against a JSON Schema.",
    params: { ...state, schema: t.table },
    result: "{valid: boolean, errors: list<{path: string, message: string}>}",
    example: `${EXAMPLE}return s:validate({ properties = { n = { type = "string" } } }).valid`,
    call: async (_, { state: from, schema }) => toScript(await validateJson(schema, from.toJSON())),
  }),
  to_json: sync({
    doc: "The values as JSON, with sorted keys.",
    params: state,
    result: "string",
    example: `${EXAMPLE}return s:to_json()`,
    call: (_, { state: from }) => stringifyJson(from.toJSON(), { sortKeys: true }),
  }),
};

const snapshot = { snapshot: snapshotHandle };

/** What a snapshot shows of itself. */
export const snapshotProperties = {
  version: sync({
    doc: "The version of the state.",
    params: snapshot,
    result: "integer",
    call: (_, { snapshot: of }) => of.version,
  }),
  checksum: sync({
    doc: "SHA-256 of the values as JSON with sorted keys.",
    params: snapshot,
    result: "string",
    call: (_, { snapshot: of }) => of.checksum,
  }),
  taken_at: sync({
    doc: "When it was taken, in milliseconds since 1970.",
    params: snapshot,
    result: "number",
    call: (_, { snapshot: of }) => of.takenAt,
  }),
  values: sync({
    doc: "The values.",
    params: snapshot,
    result: "table",
    call: (_, { snapshot: of }) => toScript(of.values),
  }),
};
