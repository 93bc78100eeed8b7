import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import {
  checkOAuthProvider,
  createModels,
  isRecord,
  type ModelEntry,
  type ModelsConfig,
  type OAuthProviderConfig,
  type PoolConfig,
  type ProviderConfig,
} from "@llmspell/core";
import type { Limits, ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { parseGrant, parseLimit, type Grant } from "@llmspell/spell";

export const CONFIG_FILE = "llmspell.config.json";

/** What `llmspell.config.json`, `.env` and the environment say. */
export interface Config {
  readonly models: ModelsConfig;
  readonly grants: readonly Grant[];
  readonly limits: Partial<Limits>;
  /** What spells may read by `spell.config`. */
  readonly settings: ScriptObject;
  /** Servers at which people may log in, by name. */
  readonly logins: Readonly<Record<string, OAuthProviderConfig>>;
  /** The file of what spells keep beyond a run; without it nothing outlives one. */
  readonly storage?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The files that were read, for `llmspell doctor`. */
  readonly files: readonly string[];
}

const FIELDS = ["model", "providers", "pools", "catalog", "grants", "limits", "settings", "storage", "logins"];

/**
 * Reads the configuration of a folder. The environment wins over `.env`.
 *
 * @throws SpellError `CONFIG_INVALID` that names the file and the field.
 */
export async function loadConfig(folder: string, file?: string): Promise<Config> {
  const path = file === undefined ? join(folder, CONFIG_FILE) : resolve(folder, file);
  const [text, dotenv] = await Promise.all([
    readOptional(path, file ?? CONFIG_FILE, file !== undefined),
    readOptional(join(folder, ".env"), ".env", false),
  ]);
  const files = [...(text === undefined ? [] : [file ?? CONFIG_FILE]), ...(dotenv === undefined ? [] : [".env"])];
  const env = { ...(dotenv === undefined ? {} : parseEnv(dotenv)), ...process.env };
  return {
    ...(text === undefined
      ? { models: {}, grants: [], limits: {}, settings: {}, logins: {} }
      : placed(folder, parseConfig(text, file ?? CONFIG_FILE))),
    env,
    files,
  };
}

function placed(folder: string, read: FileConfig): FileConfig {
  return read.storage === undefined ? read : { ...read, storage: resolve(folder, read.storage) };
}

async function readOptional(path: string, name: string, required: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && !required) return undefined;
    throw new SpellError("CONFIG_INVALID", `${name} cannot be read (${code ?? "unknown error"})`);
  }
}

type FileConfig = Omit<Config, "env" | "files">;

/** Reads the text of a configuration file; `file` names it in errors. */
export function parseConfig(text: string, file: string): FileConfig {
  const fail = (problem: string): SpellError => new SpellError("CONFIG_INVALID", `${file}: ${problem}`);
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw fail((error as Error).message);
  }
  if (!isRecord(data)) throw fail("it must hold an object");
  const unknown = Object.keys(data).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw fail(`there is no field '${unknown}'; known: ${FIELDS.join(", ")}`);

  const { model, providers = {}, pools = {}, catalog = [], grants = [], limits = {}, storage } = data;
  const { settings = {}, logins = {} } = data;
  if (model !== undefined && typeof model !== "string") throw fail("'model' must be text such as 'openai:gpt-5'");
  if (!isRecord(providers)) throw fail("'providers' must be an object of providers by name");
  if (!isRecord(pools)) throw fail("'pools' must be an object of pools by name");
  if (!Array.isArray(catalog)) throw fail("'catalog' must be a list of models");
  if (!Array.isArray(grants)) throw fail("'grants' must be a list such as [\"file.read=./data\"]");
  if (!isRecord(limits)) throw fail('\'limits\' must be an object such as {"time": "30s"}');
  if (storage !== undefined && (typeof storage !== "string" || storage.trim() === ""))
    throw fail("'storage' must be the name of a file, such as 'data/spells.db'");
  if (!isRecord(logins)) throw fail("'logins' must be an object of OAuth servers by name");
  if (!isRecord(settings)) throw fail("'settings' must be an object of what spells may read");
  const within = <T>(place: string, read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw fail(`${place}${(error as Error).message}`);
    }
  };
  const models = {
    ...(model === undefined ? {} : { default: model }),
    providers: providers as Record<string, ProviderConfig>,
    ...(Object.keys(pools).length === 0 ? {} : { pools: pools as Record<string, PoolConfig> }),
    ...(catalog.length === 0 ? {} : { catalog: catalog as ModelEntry[] }),
  };
  // Its errors name the provider, the pool or the model and the field themselves.
  within("", () => createModels({ config: models }));
  return {
    models,
    settings: settings as ScriptObject,
    logins: Object.fromEntries(
      Object.entries(logins).map(([name, login]) => [
        name,
        within(`logins.${name}: `, () => checkOAuthProvider(login)),
      ]),
    ),
    ...(storage === undefined ? {} : { storage }),
    grants: within("grants: ", () => grants.flatMap((grant) => parseGrant(String(grant)))),
    limits: within("limits: ", () =>
      Object.entries(limits).reduce((all, [name, value]) => ({ ...all, ...parseLimit(name, String(value)) }), {}),
    ),
  };
}
