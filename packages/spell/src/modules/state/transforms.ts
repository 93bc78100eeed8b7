import type { ScriptObject } from "@llmspell/engine";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { newState, stateHandle, statesOf, transformed, valuesOf } from "./states.js";

const DEFINED = `state.transforms_register("tenfold", function(values) return { n = values.n * 10 } end)
local s = state.create({ n = 1 })\n`;

/** Transforms by name. */
export const transforms = {
  transforms_register: sync({
    doc: "Gives fn(values, opts), which returns new values, a name.",
    params: { name: t.name, fn: t.fn },
    example: `${DEFINED}return s:transform("tenfold"):get("n")`,
    call(run, { name, fn }) {
      const states = statesOf(run);
      states.transforms.define(name, (values, options) =>
        transformed(run, fn, values as ScriptObject, options as ScriptObject),
      );
      states.functions.set(name, fn);
      return undefined;
    },
  }),
  transforms_apply: sync({
    doc: "A new state of what the transform makes of the values.",
    params: { name: t.name, state: stateHandle, opts: t.optional(t.table) },
    result: "State",
    example: `${DEFINED}return state.transforms_apply("tenfold", s):get("n")`,
    call: (run, { name, state, opts = {} }) =>
      newState(run, statesOf(run).transforms.apply(name, valuesOf(state), opts) as ScriptObject),
  }),
  transforms_chain: sync({
    doc: "A new state of what several transforms make, each of what the one before has made.",
    params: { names: t.list(t.string), state: stateHandle },
    result: "State",
    example: `${DEFINED}return state.transforms_chain({ "tenfold", "tenfold" }, s):get("n")`,
    call(run, { names, state }) {
      const { transforms: known } = statesOf(run);
      const made = names.reduce<Record<string, unknown>>((values, name) => known.apply(name, values), valuesOf(state));
      return newState(run, made as ScriptObject);
    },
  }),
  transforms_validate: sync({
    doc: "Whether there is a transform of this name.",
    params: { name: t.name },
    result: "{valid: boolean, errors: list<string>}",
    example: 'return state.transforms_validate("missing").errors',
    call(run, { name }) {
      const valid = statesOf(run).transforms.has(name);
      return { valid, errors: valid ? [] : [`there is no transform '${name}'`] };
    },
  }),
  transforms_get_available: sync({
    doc: "The names of all transforms: filter ({keys, prefix}), flatten ({separator}), sanitize, and your own.",
    result: "list<string>",
    example: "return state.transforms_get_available()",
    call: (run) => statesOf(run).transforms.names(),
  }),
};
