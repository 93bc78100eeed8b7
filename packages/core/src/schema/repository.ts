import { mkdir, link, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { SpellError } from "@llmspell/errors";
import { parseJson, stringifyJson } from "../formats/json.js";
import { isRecord, type JsonSchema } from "../json.js";
import { migrateJson, type SchemaMigration } from "./migrate.js";
import { loadCheck } from "./validate.js";

/** One version of a schema; versions count from 1. */
export interface StoredSchema {
  name: string;
  version: number;
  schema: JsonSchema;
  /** How a value of the version before becomes one of this. */
  migration?: SchemaMigration;
}

/** Schemas by name and version. */
export interface SchemaRepository {
  /**
   * Keeps `schema` as the next version of `name`; the version it got. A schema equal to the
   * newest version is that version.
   *
   * @throws SpellError `VALIDATION_FAILED` when it is no usable schema, `INVALID_ARGUMENT` for
   *   a name that is not letters, digits, `_`, `-` and `.`, `IO_ERROR`.
   */
  save(name: string, schema: JsonSchema, migration?: SchemaMigration): Promise<number>;
  /** The given or newest version. @throws SpellError `NOT_FOUND`, `IO_ERROR`. */
  load(name: string, version?: number): Promise<StoredSchema>;
  /** All names in order, with their versions in order. */
  list(): Promise<{ name: string; versions: number[] }[]>;
  /** Removes one version or all; whether there was one. */
  delete(name: string, version?: number): Promise<boolean>;
  /**
   * `value` of version `from` as one of version `to` (the newest by default), version by version.
   *
   * @throws SpellError `NOT_FOUND`; `VALIDATION_FAILED` as `migrateJson` does.
   */
  migrate(name: string, value: unknown, from: number, to?: number): Promise<unknown>;
}

/** Where versions are kept: what differs between memory and files. */
interface Store {
  names(): Promise<string[]>;
  versions(name: string): Promise<number[]>;
  read(name: string, version: number): Promise<StoredSchema | undefined>;
  /** Whether it was written: false when that version is there already. */
  add(stored: StoredSchema): Promise<boolean>;
  remove(name: string, version: number): Promise<void>;
}

/** A repository that is gone with the process. */
export const createMemorySchemas = (): SchemaRepository => createRepository(memoryStore());

/**
 * A repository in `folder`, made when it is missing: one JSON file for each version, written
 * whole or not at all. Several processes may save at the same time.
 */
export const createFileSchemas = (folder: string): SchemaRepository => createRepository(fileStore(folder));

// Competing processes each take a version away at most once.
const MAX_ATTEMPTS = 1000;

function createRepository(store: Store): SchemaRepository {
  const newest = async (name: string): Promise<number | undefined> => (await store.versions(checkedName(name))).at(-1);

  const load = async (name: string, version?: number): Promise<StoredSchema> => {
    const wanted = version ?? (await newest(name));
    const found = wanted === undefined ? undefined : await store.read(checkedName(name), wanted);
    if (found !== undefined) return found;
    const what = version === undefined ? `no schema is named '${name}'` : `there is no version ${version} of '${name}'`;
    throw new SpellError("NOT_FOUND", what, { details: { name, ...(version === undefined ? {} : { version }) } });
  };

  return {
    load,

    async save(name, schema, migration) {
      checkedName(name);
      (await loadCheck())(schema, null);
      const plain = parseJson(stringifyJson({ schema, migration })) as Pick<StoredSchema, "schema" | "migration">;
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const last = await newest(name);
        if (last !== undefined && isDeepStrictEqual((await store.read(name, last))?.schema, plain.schema)) return last;
        const version = (last ?? 0) + 1;
        if (await store.add({ name, version, ...plain })) return version;
      }
      throw new SpellError("IO_ERROR", `schema '${name}' could not be saved: others save it all the time`);
    },

    async list() {
      const names = (await store.names()).toSorted();
      const all = await Promise.all(names.map(async (name) => ({ name, versions: await store.versions(name) })));
      return all.filter(({ versions }) => versions.length > 0);
    },

    async delete(name, version) {
      const versions = await store.versions(checkedName(name));
      const going = version === undefined ? versions : versions.filter((one) => one === version);
      // The newest last, so that a version is never given twice in between.
      for (const one of going) await store.remove(name, one);
      return going.length > 0;
    },

    async migrate(name, value, from, to) {
      await load(name, from);
      const last = to ?? (await newest(name)) ?? from;
      if (last < from)
        throw new SpellError("INVALID_ARGUMENT", `version ${last} is older than ${from}: there is no way back`);
      let current = value;
      for (let version = from + 1; version <= last; version++) {
        const { schema, migration } = await load(name, version);
        current = await migrateJson(current, schema, migration);
      }
      return current;
    },
  };
}

function checkedName(name: string): string {
  if (typeof name === "string" && /^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) return name;
  throw new SpellError(
    "INVALID_ARGUMENT",
    "the name of a schema is up to 100 letters, digits, '_', '-' and '.', and starts with a letter or digit",
  );
}

function memoryStore(): Store {
  const schemas = new Map<string, Map<number, StoredSchema>>();
  return {
    names: async () => [...schemas.keys()],
    versions: async (name) => [...(schemas.get(name)?.keys() ?? [])].toSorted((a, b) => a - b),
    async read(name, version) {
      const stored = schemas.get(name)?.get(version);
      return stored === undefined ? undefined : structuredClone(stored);
    },
    async add(stored) {
      const versions = schemas.get(stored.name) ?? new Map<number, StoredSchema>();
      if (versions.has(stored.version)) return false;
      schemas.set(stored.name, versions.set(stored.version, structuredClone(stored)));
      return true;
    },
    async remove(name, version) {
      schemas.get(name)?.delete(version);
    },
  };
}

/** The name in the files; never change what it means, make a new one. */
const FILE_FORMAT = "llmspell-schema-1";

function fileStore(folder: string): Store {
  const folderOf = (name: string): string => path.join(folder, name);
  const fileOf = (name: string, version: number): string => path.join(folderOf(name), `${version}.json`);
  return {
    names: async () => (await entries(folder)).filter((name) => /^[A-Za-z0-9][\w.-]{0,99}$/.test(name)),

    async versions(name) {
      const found = (await entries(folderOf(name))).flatMap((file) => /^([1-9]\d{0,8})\.json$/.exec(file)?.[1] ?? []);
      return found.map(Number).toSorted((a, b) => a - b);
    },

    async read(name, version) {
      const text = await io(() => readFile(fileOf(name, version), "utf8"));
      return text === undefined ? undefined : parseStored(text, name, version);
    },

    async add({ name, version, schema, migration }) {
      await io(() => mkdir(folderOf(name), { recursive: true }));
      const content = stringifyJson({ format: FILE_FORMAT, schema, migration }, { indent: 2 });
      const draft = path.join(folderOf(name), `.draft-${process.pid}-${crypto.randomUUID()}`);
      await io(() => writeFile(draft, `${content}\n`, { flag: "wx" }));
      try {
        // Unlike a rename a link fails when the version is there.
        await io(() => link(draft, fileOf(name, version)));
        return true;
      } catch (error) {
        if (error instanceof SpellError && error.code === "ALREADY_EXISTS") return false;
        throw error;
      } finally {
        await rm(draft, { force: true });
      }
    },

    remove: async (name, version) => void (await io(() => rm(fileOf(name, version), { force: true }))),
  };
}

const entries = async (folder: string): Promise<string[]> => (await io(() => readdir(folder))) ?? [];

/** What `work` gives, undefined when there is no such file; other failures as errors without paths. */
async function io<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "EEXIST") throw new SpellError("ALREADY_EXISTS", "that version is there already");
    throw new SpellError("IO_ERROR", `the schema repository cannot be used: ${code}`);
  }
}

function parseStored(text: string, name: string, version: number): StoredSchema {
  const broken = (): SpellError =>
    new SpellError("IO_ERROR", `version ${version} of schema '${name}' is stored in a file that cannot be read`);
  let content: unknown;
  try {
    content = parseJson(text);
  } catch {
    throw broken();
  }
  if (!isRecord(content) || content["format"] !== FILE_FORMAT || !isRecord(content["schema"])) throw broken();
  const { schema, migration } = content;
  return { name, version, schema: schema as JsonSchema, ...(isRecord(migration) ? { migration } : {}) };
}
