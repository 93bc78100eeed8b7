import { SpellError } from "@llmspell/errors";
import { defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import { coerceParam, PARAM_TYPES } from "../manifest/params.js";

export const spellModule = defineModule({
  name: "spell",
  doc: "The spell that runs: its parameters, its result, its surroundings.",
  functions: {
    params: sync({
      doc: "A parameter of the run, checked and converted when a type is given; without a name, all of them.",
      params: { name: t.optional(t.string), default: t.optional(t.any), type: t.optional(t.oneOf(...PARAM_TYPES)) },
      result: "any",
      example: 'return spell.params("city", "Paris")',
      call(run, { name, default: fallback, type }) {
        if (name === undefined) return run.info.params;
        const value = Object.hasOwn(run.info.params, name) ? run.info.params[name] : undefined;
        if (value === undefined || value === null) return fallback;
        return type === undefined ? value : coerceParam(name, type, value);
      },
    }),
    output: sync({
      doc: "Sets the result of the run, in place of what the spell returns.",
      params: { data: t.any },
      example: "spell.output({ answer = 42 })",
      call(run, { data }) {
        if (data === null) throw new SpellError("INVALID_ARGUMENT", "spell.output: data must not be nil");
        run.output = data;
        return undefined;
      },
    }),
    context: sync({
      doc: "What is known about the run.",
      result: "{spell: string, file: string, run_id: string, engine: string, args: table, started_at: number}",
      example: "return spell.context().engine",
      call: ({ info }) => ({
        spell: info.name,
        file: info.file,
        run_id: info.runId,
        engine: info.engine,
        args: info.params,
        started_at: info.startedAt,
      }),
    }),
  },
});
