import { createModels, type ScriptedModel } from "@llmspell/core";
import type { Engine, ScriptValue } from "@llmspell/engine";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { createLuaEngine } from "@llmspell/engine-lua";
import type { SpellError } from "@llmspell/errors";
import { expect } from "vitest";
import { HandleTable, runSpell, type RunResult, type SpellRun } from "@llmspell/spell";

/** One engine for every spell of a test file. */
export const engine = createLuaEngine();

/** The same for JavaScript: `cast(source, inJavaScript())`. */
let javascript: Engine | undefined;
export const inJavaScript = (options: Partial<SpellRun> = {}): Partial<SpellRun> => ({
  engine: (javascript ??= createJavaScriptEngine()),
  file: "test.js",
  ...options,
});

export interface Cast {
  readonly result: RunResult;
  /** What the spell printed to its output. */
  readonly printed: string;
}

/** Runs Lua, unless told otherwise, with everything a run needs; the offline model unless told otherwise. */
export async function cast(source: string, options: Partial<SpellRun> = {}): Promise<Cast> {
  const decoder = new TextDecoder();
  let printed = "";
  const result = await runSpell({
    engine,
    source,
    file: "test.lua",
    models: createModels(),
    onOutput: (_, bytes) => (printed += decoder.decode(bytes, { stream: true })),
    ...options,
  });
  return { result, printed };
}

/** The value of a spell that is to end well. */
export async function valueOf(source: string, options?: Partial<SpellRun>): Promise<ScriptValue> {
  const { result } = await cast(source, options);
  if (!result.ok) throw result.error;
  return result.value;
}

/** The error of a spell that is to fail. */
export async function failureOf(source: string, options?: Partial<SpellRun>): Promise<SpellError> {
  const { result } = await cast(source, options);
  if (result.ok) throw new Error(`the spell ended well with ${JSON.stringify(result.value)}`);
  return result.error;
}

/**
 * The value of the same spell in both languages, which must end alike. `options` that hold what a run
 * uses up (scripted models, storage) are made anew for each.
 */
export async function both(
  lua: string,
  javascript: string,
  options: Partial<SpellRun> | (() => Partial<SpellRun>) = {},
): Promise<ScriptValue> {
  const own = typeof options === "function" ? options : () => options;
  const inLua = await valueOf(lua, own());
  expect(await valueOf(javascript, inJavaScript(own()))).toEqual(inLua);
  return inLua;
}

/** What a scripted model was asked: the text of each message, as `role: text`. */
export function asked(model: ScriptedModel, call: number): string[] {
  const prompt = model.requests[call]?.prompt ?? [];
  return prompt.map(({ role, content }) => {
    if (typeof content === "string") return `${role}: ${content}`;
    return `${role}: ${content.map((part) => (part.type === "text" ? part.text : JSON.stringify(part))).join("")}`;
  });
}

/** What a function of the script API gives for arguments that are data, in Lua and in JavaScript. */
export async function inBoth(fn: string, args: ScriptValue[], options: Partial<SpellRun> = {}): Promise<ScriptValue[]> {
  const params = { args };
  const lua = `return ${fn}(table.unpack(params.args, 1, ${args.length}))`;
  const javascript = `return await ${fn}(...params.args)`;
  return [await valueOf(lua, { ...options, params }), await valueOf(javascript, inJavaScript({ ...options, params }))];
}

/** The handle tables that are used while `work` runs, in `seen` as soon as they are. */
export async function handleTablesOf(work: () => Promise<unknown>, seen: HandleTable[] = []): Promise<HandleTable[]> {
  const { add } = HandleTable.prototype;
  HandleTable.prototype.add = function (this: HandleTable, ...given) {
    if (!seen.includes(this)) seen.push(this);
    return add.apply(this, given);
  };
  try {
    await work();
  } finally {
    HandleTable.prototype.add = add;
  }
  return seen;
}
