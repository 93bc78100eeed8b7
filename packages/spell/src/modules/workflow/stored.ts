import { parseWorkflow, resumeWorkflow, serializeWorkflow, type Workflow } from "@llmspell/core";
import type { State } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { storedState } from "../../run/storage.js";
import { hold, running, type HeldWorkflow } from "./held.js";
import { make } from "./making.js";
import { runOptions, runsOf } from "./running.js";

const workflow = t.handle<HeldWorkflow>("Workflow");
const format = t.oneOf("json", "yaml");

const stateOf = async (run: RunContext): Promise<State> => await storedState(run, "workflows");

/** Keeps what a durable run was started with, for whoever goes on with it. */
export async function keepDefinition(run: RunContext, id: string, definition: Workflow): Promise<void> {
  (await stateOf(run)).set(`run:${id}`, await serializeWorkflow(definition));
}

async function load(run: RunContext, key: string, what: string): Promise<Workflow> {
  const text = (await stateOf(run)).get<string>(key);
  if (text === undefined) throw new SpellError("NOT_FOUND", `there is no ${what}`);
  return await parseWorkflow(text);
}

const DATA = 'local w = workflow.sequential({ { transform = { expression = "input + 1.0" } } })\n';

export const storedFunctions = {
  serialize: awaitable({
    doc: "A workflow as text; one with functions has no such form.",
    params: { workflow, format: t.optional(format) },
    result: "string",
    example: `${DATA}return w:serialize("yaml")`,
    call: async (_, { workflow: held, format: wanted }) => await serializeWorkflow(held.definition, wanted),
  }),
  deserialize: awaitable({
    doc: "The workflow that a text describes.",
    params: { text: t.string, format: t.optional(format) },
    result: "Workflow",
    example: `${DATA}return workflow.deserialize(w:serialize()):run(1).output`,
    call: async (run, { text, format: wanted }) => make(run, await parseWorkflow(text, wanted)),
  }),
  repository_save: awaitable({
    doc: "Keeps a workflow by name beyond the run.",
    needs: { storage: { exactly: "workflows" } },
    params: { workflow, name: t.string },
    example: `${DATA}w:repository_save("plus")\nreturn workflow.repository_load("plus"):run(1).output`,
    async call(run, { workflow: held, name }) {
      (await stateOf(run)).set(`workflow:${name}`, await serializeWorkflow(held.definition));
      return undefined;
    },
  }),
  repository_load: awaitable({
    doc: "A workflow that was kept.",
    needs: { storage: { exactly: "workflows" } },
    params: { name: t.string },
    result: "Workflow",
    example: `${DATA}w:repository_save("plus")\nreturn workflow.repository_load("plus"):run(1).output`,
    call: async (run, { name }) => make(run, await load(run, `workflow:${name}`, `workflow named '${name}'`)),
  }),
  repository_list: awaitable({
    doc: "The names of workflows that were kept.",
    needs: { storage: { exactly: "workflows" } },
    result: "list<string>",
    example: `${DATA}w:repository_save("plus")\nreturn workflow.repository_list()[1]`,
    async call(run) {
      const keys = (await stateOf(run)).keys();
      return keys.flatMap((key) => (key.startsWith("workflow:") ? [key.slice("workflow:".length)] : []));
    },
  }),
  checkpoint: awaitable({
    doc: "Pauses a durable run and gives what `restore` takes; its finished steps are kept as they end.",
    params: { workflow },
    result: "string",
    example: `${DATA}w:run_async(1, { durable = true, run_id = "r1" })\nreturn w:checkpoint()`,
    async call(_, { workflow: held }) {
      const current = await running(held);
      await current.pause();
      return current.id;
    },
  }),
  restore: awaitable({
    doc: "A durable run of this or another process, paused; `resume` goes on with it without repeating finished steps.",
    needs: { storage: { exactly: "workflows" } },
    params: { checkpoint_id: t.string },
    result: "Workflow",
    example: `${DATA}w:run(1, { durable = true, run_id = "r2" })\nreturn workflow.restore("r2"):resume().output`,
    async call(run, { checkpoint_id: id }) {
      const definition = await load(run, `run:${id}`, `run '${id}'`);
      const store = await runsOf(run);
      const stop = new AbortController();
      const forget = run.onEnd(() => stop.abort());
      const options = { ...runOptions(run, "workflow.restore"), store, paused: true, signal: stop.signal };
      const resumed = await resumeWorkflow(definition, id, options).catch((error: unknown) => {
        forget();
        throw error;
      });
      void resumed.result.then(forget, forget);
      return hold(run, { definition, run: resumed });
    },
  }),
  list_checkpoints: awaitable({
    doc: "The durable runs that are kept, the newest first.",
    needs: { storage: { exactly: "workflows" } },
    params: { workflow: t.optional(workflow) },
    result: "list<{id: string, workflow: string or nil, status: string, created_at: number}>",
    example: "return #workflow.list_checkpoints()",
    async call(run, { workflow: held }) {
      const store = await runsOf(run);
      const name = held?.definition.name;
      return store
        .list(name === undefined ? {} : { workflow: name })
        .map(({ id, workflow: of, status, createdAt }) => ({
          id,
          workflow: of ?? null,
          status,
          created_at: createdAt,
        }));
    },
  }),
};
