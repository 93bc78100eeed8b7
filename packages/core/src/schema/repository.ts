import { SpellError } from "@llmspell/errors";
import { isRecord, type JsonSchema } from "../json.js";
import type { State } from "../state/state.js";
import { createVersions, type Version, type VersionedKind, type Versions } from "../versions.js";
import { migrateJson, type SchemaMigration } from "./migrate.js";
import { loadCheck } from "./validate.js";

interface SchemaContent {
  schema: JsonSchema;
  /** How a value of the version before becomes one of this. */
  migration?: SchemaMigration;
}

/** One version of a schema; versions count from 1. */
export type StoredSchema = Version<SchemaContent>;

/** Schemas by name and version. */
export interface SchemaRepository extends Omit<Versions<SchemaContent>, "save"> {
  /**
   * Keeps `schema` as the next version of `name`; the version it got. A schema equal to the
   * newest version is that version.
   *
   * @throws SpellError `VALIDATION_FAILED` when it is no usable schema, `INVALID_ARGUMENT` for
   *   a name that is not letters, digits, `_`, `-` and `.`, `IO_ERROR`.
   */
  save(name: string, schema: JsonSchema, migration?: SchemaMigration): Promise<number>;
  /**
   * `value` of version `from` as one of version `to` (the newest by default), version by version.
   *
   * @throws SpellError `NOT_FOUND`; `VALIDATION_FAILED` as `migrateJson` does.
   */
  migrate(name: string, value: unknown, from: number, to?: number): Promise<unknown>;
}

/** A repository that is gone with the process. */
export const createMemorySchemas = (): SchemaRepository => createRepository(createVersions(SCHEMAS));

/**
 * A repository in `folder`, made when it is missing: one JSON file for each version, written
 * whole or not at all. Several processes may save at the same time.
 */
export const createFileSchemas = (folder: string): SchemaRepository =>
  createRepository(createVersions(SCHEMAS, folder));

/** A repository in a state, e.g. one that `openState` has opened. */
export const createStoredSchemas = (state: State): SchemaRepository => createRepository(createVersions(SCHEMAS, state));

const SCHEMAS: VersionedKind<SchemaContent> = {
  noun: "schema",
  format: "llmspell-schema-1",
  read: ({ schema, migration }) =>
    isRecord(schema) ? { schema, ...(isRecord(migration) ? { migration } : {}) } : undefined,
  compared: ({ schema }) => schema,
};

function createRepository(versions: Versions<SchemaContent>): SchemaRepository {
  const { load } = versions;
  return {
    ...versions,

    async save(name, schema, migration) {
      (await loadCheck())(schema, null);
      return await versions.save(name, { schema, ...(migration === undefined ? {} : { migration }) });
    },

    async migrate(name, value, from, to) {
      const start = await load(name, from);
      const last = to ?? (await load(name)).version;
      if (last < start.version)
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
