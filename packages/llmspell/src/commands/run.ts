import { createAuth, createModels, oauthProvider, type OAuthProvider } from "@llmspell/core";
import type { Engine, Limits, SandboxLevel, ScriptValue } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import {
  declaredGrants,
  parseGrant,
  parseLimit,
  readSpell,
  resolveParams,
  runSpell,
  type Grant,
  type LogLevel,
  type SpellRun,
} from "@llmspell/spell";
import { loadConfig, type Config } from "../config.js";
import { engineFor, EXTENSIONS, knownEngine } from "../engines.js";
import { EXIT, exitOfRun } from "../exit.js";
import { watchInterrupt } from "../interrupt.js";
import type { Isolation } from "../isolation.js";
import { createProgress, type Progress } from "../progress.js";
import { jsonFailure, jsonLine, jsonValue, showError, showValue } from "../report.js";
import { writeNow } from "../write.js";

export interface RunOptions {
  readonly param: readonly string[];
  readonly model?: string;
  readonly allow: readonly string[];
  readonly limit: readonly string[];
  readonly config?: string;
  readonly isolation?: Isolation;
  readonly sandbox?: SandboxLevel;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** False for `--no-modules`. */
  readonly modules?: boolean;
}

const KEY_VARIABLE = "LLMSPELL_KEY";

/** A spell in several files is one spell: the user ran them all. */
const OWN_MODULES: Grant = { capability: "module" };

/** `llmspell run`. Returns the exit status. */
export async function runCommand(path: string, options: RunOptions): Promise<number> {
  const progress = await createProgress(options.quiet !== true);
  const tell = (line: string): void => {
    progress.pause();
    writeNow(2, `${line}\n`);
  };
  let run: SpellRun;
  try {
    run = await prepareRun(path, options, progress, tell);
  } catch (thrown) {
    const error = toSpellError(thrown);
    if (options.json === true) writeNow(1, `${jsonFailure(error)}\n`);
    tell(showError(error));
    return error.code === "INTERNAL" ? EXIT.failed : EXIT.usage;
  }
  const result = await runSpell(run);
  progress.stop();
  if (options.json === true) writeNow(1, `${jsonLine(result)}\n`);
  if (result.ok) {
    if (options.json !== true && result.value !== null) writeNow(1, `${showValue(result.value)}\n`);
    return EXIT.ok;
  }
  if (options.json !== true) tell(showError(result.error));
  return exitOfRun(result.error);
}

/** What `llmspell run` and `llmspell test` run a file with. */
export async function prepareRun(
  path: string,
  options: RunOptions,
  progress: Progress,
  tell: (line: string) => void,
): Promise<SpellRun> {
  const spell = await readSpell(path, EXTENSIONS);
  const config = await loadConfig(process.cwd(), options.config);
  const { manifest } = spell;
  const params = resolveParams(manifest.params, parseParams(options.param));
  const asked = options.allow.flatMap(parseGrant);
  const declared = declaredGrants(manifest, asked, config.grants);
  const grants = options.modules === false ? declared : [...declared, OWN_MODULES];
  const limits = { ...config.limits, ...manifest.limits, ...parseLimits(options.limit) };
  const chosen = options.model === undefined ? {} : { default: options.model };
  const models = createModels({ config: { ...config.models, ...chosen }, env: config.env });
  if (options.model !== undefined) models.resolve(options.model);
  const engine = await engineFor(spell.name, options.isolation);

  const engines = new Map([[engine.name, Promise.resolve(engine)]]);
  const quiet = options.quiet === true;
  const output = options.json === true ? 2 : 1;
  let toldOffline = quiet;
  return {
    engine,
    source: spell.text,
    file: spell.name,
    folder: spell.folder,
    name: manifest.name ?? spell.name,
    models,
    params,
    grants,
    limits,
    ...(options.sandbox === undefined ? {} : { sandbox: options.sandbox }),
    settings: config.settings,
    ...(config.storage === undefined ? {} : { storage: config.storage }),
    auth: createAuth({ ...hostKey(config.env), oauth: loginsOf(config) }),
    engineFor: (file) => otherEngine(engines, file, options.isolation),
    ...watchInterrupt(),
    onOutput(stream, bytes) {
      progress.pause();
      writeNow(stream === "stdout" ? output : 2, bytes);
    },
    onProgress: (step) => progress.step(step),
    onAudit({ capability }) {
      if (toldOffline || capability?.startsWith("model=offline:") !== true) return;
      toldOffline = true;
      tell("No model is configured: the offline stand-in answers. See 'llmspell doctor'.");
    },
    onLog(level, message, context) {
      if (quiet || level === "debug") return;
      tell(logLine(level, message, context));
    },
  };
}

/** Where people may log in, with the secrets that the environment has. */
function loginsOf({ logins, env }: Config): Record<string, OAuthProvider> {
  return Object.fromEntries(Object.entries(logins).map(([name, login]) => [name, oauthProvider(name, login, env)]));
}

/** The key of this machine, which tokens, secrets and the audit trail of spells are secured with. */
function hostKey(env: Readonly<Record<string, string | undefined>>): { key?: Uint8Array } {
  const text = env[KEY_VARIABLE];
  if (text === undefined || text === "") return {};
  const key = new TextEncoder().encode(text);
  if (key.byteLength >= 32) return { key };
  throw new SpellError("CONFIG_INVALID", `${KEY_VARIABLE} must have at least 32 characters`);
}

/** The engine for a spell that the one that runs composes, made once. */
async function otherEngine(
  known: Map<string, Promise<Engine>>,
  file: string,
  isolation: Isolation | undefined,
): Promise<Engine> {
  const { name } = knownEngine(file);
  const engine = known.get(name) ?? engineFor(file, isolation);
  known.set(name, engine);
  return await engine;
}

function logLine(level: LogLevel, message: string, context: unknown): string {
  return `[${level}] ${message}${context === undefined ? "" : ` ${JSON.stringify(context, jsonValue)}`}`;
}

function parseParams(texts: readonly string[]): Record<string, ScriptValue> {
  const params: Record<string, ScriptValue> = {};
  for (const text of texts) {
    const [name, value] = split(text, "--param", "name=value");
    if (!/^[a-zA-Z_]\w*$/.test(name) || name === "__proto__")
      throw new SpellError("INVALID_ARGUMENT", `'${name}' cannot be the name of a parameter`);
    if (Object.hasOwn(params, name)) throw new SpellError("INVALID_ARGUMENT", `--param ${name} is given twice`);
    params[name] = value;
  }
  return params;
}

function parseLimits(texts: readonly string[]): Partial<Limits> {
  return texts.reduce<Partial<Limits>>(
    (limits, text) => ({ ...limits, ...parseLimit(...split(text, "--limit", "memory=64MB")) }),
    {},
  );
}

function split(text: string, option: string, example: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new SpellError("INVALID_ARGUMENT", `${option} takes ${example}, not '${text}'`);
}
