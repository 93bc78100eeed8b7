import { formats, parseJson, stringifyJson } from "@llmspell/core";
import type { ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { formatGrant } from "../../door/capabilities.js";
import { awaitable, sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { readManifest } from "../../manifest/manifest.js";
import { coerceParam, PARAM_TYPES, resolveParams } from "../../manifest/params.js";
import type { RunContext } from "../../run/context.js";
import { asData } from "../../run/data-only.js";

const config = t.object(
  {
    name: t.optional(t.string),
    version: t.optional(t.string),
    description: t.optional(t.string),
    params: t.optional(t.table),
    timeout: t.optional(t.duration),
  },
  "SpellConfig",
);
type Config = ReturnType<typeof config.check>;

/** Says what the spell is, once, and gives its parameters their types and defaults. */
function initialize(run: RunContext, { timeout, ...said }: Config): ScriptObject {
  if (run.declared !== undefined)
    throw new SpellError("INVALID_STATE", "spell.init: the spell has said what it is already");
  if (timeout === 0) throw new SpellError("INVALID_ARGUMENT", "spell.init: config.timeout must be above 0");
  const plain = asData(said as ScriptObject, "spell.init: config") as Record<string, unknown>;
  const manifest = readManifest(plain, "spell.init");
  run.params = resolveParams(manifest.params, run.params as Record<string, ScriptValue>);
  run.declared = manifest;
  const { limits } = run.guest;
  if (timeout !== undefined) {
    // From now on, as the spell sees it; never longer than its host lets it run.
    const timeMs = Math.min(limits.timeMs, run.elapsedMs + timeout);
    run.guest.updateLimits({ timeMs });
  }
  return {
    name: manifest.name ?? run.info.name,
    version: manifest.version ?? null,
    description: manifest.description ?? null,
    params: run.params,
  };
}

/** Everything that the spell may know of how it was set up. Settings are the host's to choose. */
function configuration(run: RunContext): ScriptObject {
  const { limits } = run.guest;
  return {
    ...run.settings,
    capabilities: run.grants.list.map(formatGrant),
    limits: {
      fuel: limits.fuel,
      memory: limits.memoryBytes,
      time: limits.timeMs,
      output: limits.outputBytes,
      calls: limits.hostCalls,
      pending: limits.pendingCalls,
      value: limits.valueBytes,
      depth: limits.callDepth,
    },
  };
}

const SECRET = /(^|_)(api_?key|key|token|secret|password|passphrase|credentials?|authorization)$/i;
const snake = (name: string): string => name.replace(/([a-z\d])([A-Z])/g, "$1_$2");

/** The same without what its name says is a secret. */
function masked(value: ScriptValue | undefined): ScriptValue | undefined {
  if (Array.isArray(value)) return value.map((item: ScriptValue) => masked(item) ?? null);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value as ScriptObject).map(([name, field]) => [
      name,
      SECRET.test(snake(name)) && field !== null && typeof field !== "object" ? "[secret]" : masked(field),
    ]),
  );
}

function at(value: ScriptValue | undefined, path: readonly string[]): ScriptValue | undefined {
  return path.reduce<ScriptValue | undefined>(
    (found, key) =>
      typeof found === "object" && found !== null && Object.hasOwn(found, key)
        ? (found as ScriptObject)[key]
        : undefined,
    value,
  );
}

export const describeFunctions = {
  init: awaitable({
    doc: "Says once what the spell is. Parameters it was given are checked, converted and completed; `params` holds them then. `timeout` is how long it may run from here.",
    params: { config },
    result: "{name: string, version: string or nil, description: string or nil, params: table}",
    example:
      'local info = spell.init({ name = "greeter", params = { who = { type = "string", default = "you" } } })\nreturn info.params.who',
    async call(run, { config: given }) {
      const info = initialize(run, given);
      // As soon as the spell is out of the call, as it waits for this.
      await Promise.resolve();
      while (run.guest.state === "running") await new Promise((resolve) => void setImmediate(resolve));
      run.guest.setGlobal("params", run.params);
      return info;
    },
  }),
  params: sync({
    doc: "A parameter of the run, checked and converted when a type is given; without a name, all of them.",
    params: { name: t.optional(t.string), default: t.optional(t.any), type: t.optional(t.oneOf(...PARAM_TYPES)) },
    result: "any",
    depends: "run",
    example: 'return spell.params("city", "Paris")',
    call(run, { name, default: fallback, type }) {
      if (name === undefined) return run.params;
      const value = Object.hasOwn(run.params, name) ? run.params[name] : undefined;
      if (value === undefined || value === null) return fallback;
      return type === undefined ? value : coerceParam(name, type, value);
    },
  }),
  output: sync({
    doc: 'Sets the result of the run, in place of what the spell returns: the data as it is, or as text in the format "json", "yaml" or "text".',
    params: { data: t.any, format: t.optional(t.oneOf("auto", "json", "yaml", "text")) },
    example: 'spell.output({ answer = 42 }, "json")',
    call(run, { data, format = "auto" }) {
      if (data === null) throw new SpellError("INVALID_ARGUMENT", "spell.output: data must not be nil");
      if (format === "auto" || (format === "text" && typeof data === "string")) {
        run.output = data;
      } else {
        const json = stringifyJson(asData(data, "spell.output: data"), { indent: 2 });
        run.output = format === "yaml" ? async () => await formats.yaml.stringify(parseJson(json)) : json;
      }
      return undefined;
    },
  }),
  context: sync({
    doc: "What is known about the run. `parent` is the run that composed it, if one did.",
    result:
      "{spell: string, file: string, run_id: string, engine: string, args: table, started_at: number, parent: string or nil}",
    depends: "run",
    example: "return spell.context().engine",
    call: ({ info, declared, params }) => ({
      spell: declared?.name ?? info.name,
      file: info.file,
      run_id: info.runId,
      engine: info.engine,
      args: params,
      started_at: info.startedAt,
      parent: info.parent?.runId ?? null,
    }),
  }),
  config: sync({
    doc: 'How the run was set up: the settings of its host, `limits` and `capabilities`. A key such as "limits.time" gives one value. Secrets are masked.',
    params: { key: t.optional(t.string), default: t.optional(t.any) },
    result: "any",
    depends: "run",
    example: 'return spell.config("limits.time")',
    call(run, { key, default: fallback }) {
      const all = masked(configuration(run));
      return key === undefined ? all : (at(all, key.split(".")) ?? fallback);
    },
  }),
} as const;
