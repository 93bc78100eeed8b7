import { SpellError } from "@llmspell/errors";
import { raceAbort } from "../abort.js";
import { isRecord } from "../json.js";
import { guarded, openDatabase } from "../sqlite.js";
import { wordsOf } from "./word-search.js";

/** Turns texts into vectors of one length, in order; e.g. a provider's embeddings. */
export type Embed = (texts: readonly string[], signal?: AbortSignal) => Promise<readonly (readonly number[])[]>;

export type Metadata = Readonly<Record<string, string | number | boolean>>;

export interface LongTermOptions {
  /** `:memory:` for one that ends with the process. */
  file: string;
  /** Several can share a file; `default` by default. */
  name?: string;
  /** Without it, search goes by words. */
  embed?: Embed;
}

export interface Recollection {
  id: string;
  text: string;
  metadata: Metadata;
}

export interface Found extends Recollection {
  /** By vector the cosine similarity, -1 to 1; by words a BM25 score, above 0. Higher is better. */
  score: number;
  by: "vector" | "words";
}

export interface SearchOptions {
  /** 5 by default. */
  limit?: number;
  /** Only those whose metadata have these values. */
  where?: Metadata;
  /** Only those with at least this score. */
  minScore?: number;
  signal?: AbortSignal;
}

/** Texts that are found again by what they mean, or by their words. */
export interface LongTermMemory extends Disposable {
  /** Stores texts, all or none, with the vectors that are given and else those of `embed`; one with a known id takes the place of the old one. @throws what `embed` throws; `INVALID_ARGUMENT`. */
  add(
    items: readonly { id: string; text: string; metadata?: Metadata; vector?: readonly number[] }[],
    signal?: AbortSignal,
  ): Promise<void>;
  get(id: string): Recollection | undefined;
  delete(id: string): boolean;
  readonly size: number;
  /** Best first; by vector where there is an `embed`, else by words. */
  search(query: string | readonly number[], options?: SearchOptions): Promise<Found[]>;
}

interface Row {
  id: string;
  text: string;
  metadata: string;
  score: number;
}

const MOST_FOUND = 1000;
const MOST_WORDS = 64;
/** What `sqlite-vec` compares; embedding models give up to some thousands. */
const MOST_DIMENSIONS = 65_536;

/**
 * Opens a long-term memory in SQLite. Vectors are compared one by one, which is exact
 * and takes time in proportion to their number.
 *
 * @throws SpellError `IO_ERROR`.
 */
export async function openLongTermMemory({ file, name = "default", embed }: LongTermOptions): Promise<LongTermMemory> {
  const database = await openDatabase(file);
  const sql = guarded(() => {
    // The index holds no text of its own; its rowid is that of the table.
    database.exec(`
      CREATE TABLE IF NOT EXISTS recollections (
        rowid INTEGER PRIMARY KEY, name TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL,
        metadata TEXT NOT NULL, vector BLOB, UNIQUE (name, id)
      );
      CREATE VIRTUAL TABLE IF NOT EXISTS recollection_words USING fts5 (text, content = 'recollections', content_rowid = 'rowid');
      CREATE TRIGGER IF NOT EXISTS recollection_added AFTER INSERT ON recollections BEGIN
        INSERT INTO recollection_words (rowid, text) VALUES (new.rowid, new.text);
      END;
      CREATE TRIGGER IF NOT EXISTS recollection_removed AFTER DELETE ON recollections BEGIN
        INSERT INTO recollection_words (recollection_words, rowid, text) VALUES ('delete', old.rowid, old.text);
      END;
    `);
    return {
      insert: database.prepare("INSERT INTO recollections (name, id, text, metadata, vector) VALUES (?, ?, ?, ?, ?)"),
      remove: database.prepare("DELETE FROM recollections WHERE name = ? AND id = ?"),
      get: database.prepare("SELECT id, text, metadata FROM recollections WHERE name = ? AND id = ?"),
      size: database.prepare("SELECT count(*) AS size FROM recollections WHERE name = ?"),
      length: database.prepare(
        "SELECT length(vector) AS bytes FROM recollections WHERE name = ? AND vector IS NOT NULL LIMIT 1",
      ),
    };
  });

  const vectorsOf = async (texts: readonly string[], signal: AbortSignal | undefined): Promise<Buffer[]> => {
    if (embed === undefined || texts.length === 0) return [];
    const vectors = await raceAbort(embed(texts, signal), signal);
    if (vectors.length !== texts.length)
      throw new SpellError("INVALID_ARGUMENT", `'embed' gave ${vectors.length} vectors for ${texts.length} texts`);
    return stored(vectors);
  };
  /** @throws SpellError `INVALID_ARGUMENT` for one of another length than those that are here. */
  const stored = (vectors: readonly (readonly number[])[]): Buffer[] => {
    const known = guarded(() => sql.length.get(name)) as { bytes: number } | undefined;
    const dimension = known === undefined ? vectors[0]?.length : known.bytes / 4;
    return vectors.map((vector) => {
      if (vector.length !== dimension || vector.length === 0)
        throw new SpellError("INVALID_ARGUMENT", `a vector has ${vector.length} numbers, the others here ${dimension}`);
      return bytesOf(vector);
    });
  };

  const insertAll = database.transaction((rows: readonly (readonly [string, string, string, Buffer | null])[]) => {
    for (const [id, text, metadata, vector] of rows) {
      sql.remove.run(name, id);
      sql.insert.run(name, id, text, metadata, vector);
    }
  });

  return {
    async add(items, signal) {
      const checked = items.map(({ id, text, metadata = {} }) => {
        if (typeof id !== "string" || id === "" || typeof text !== "string")
          throw new SpellError("INVALID_ARGUMENT", "what is remembered needs an 'id' and a 'text'");
        return [id, text, JSON.stringify(checkMetadata(metadata))] as const;
      });
      const made = await vectorsOf(
        items.flatMap(({ text, vector }) => (vector === undefined ? [text] : [])),
        signal,
      );
      const given = stored(items.flatMap(({ vector }) => (vector === undefined ? [] : [vector])));
      const rows = checked.map((row, index) => {
        const own = items[index]?.vector === undefined ? made : given;
        return [...row, own.shift() ?? null] as const;
      });
      guarded(() => insertAll.immediate(rows));
    },
    get(id) {
      const row = guarded(() => sql.get.get(name, id)) as Row | undefined;
      return row && recollectionOf(row);
    },
    delete: (id) => guarded(() => sql.remove.run(name, id).changes) > 0,
    get size() {
      return (guarded(() => sql.size.get(name)) as { size: number }).size;
    },
    async search(query, { limit = 5, where = {}, minScore, signal } = {}) {
      if (!(Number.isSafeInteger(limit) && limit > 0 && limit <= MOST_FOUND))
        throw new SpellError("INVALID_ARGUMENT", `'limit' must be a whole number from 1 to ${MOST_FOUND}`);
      const conditions = Object.entries(checkMetadata(where));
      const filter = conditions.map(() => " AND json_extract(metadata, ?) = ?").join("");
      const filterValues = conditions.flatMap(([key, value]) => [
        `$.${JSON.stringify(key)}`,
        // SQLite has no booleans.
        typeof value === "boolean" ? Number(value) : value,
      ]);
      const [vector] = typeof query === "string" ? await vectorsOf([query], signal) : stored([query]);
      const rows = guarded(() =>
        vector === undefined && typeof query === "string"
          ? byWords(database, query, { filter, values: [name, ...filterValues, limit] })
          : (database
              .prepare(
                `SELECT id, text, metadata, 1 - vector_distance_cos(vector, ?) AS score FROM recollections
                 WHERE vector IS NOT NULL AND name = ?${filter} ORDER BY score DESC, id LIMIT ?`,
              )
              .all(vector, name, ...filterValues, limit) as Row[]),
      );
      return rows
        .filter(({ score }) => minScore === undefined || score >= minScore)
        .map((row) => ({ ...recollectionOf(row), score: row.score, by: vector === undefined ? "words" : "vector" }));
    },
    [Symbol.dispose]: () => void database.close(),
  };
}

function byWords(
  database: Awaited<ReturnType<typeof openDatabase>>,
  query: string,
  { filter, values }: { filter: string; values: readonly unknown[] },
): Row[] {
  const words = [...new Set(wordsOf(query))].slice(0, MOST_WORDS);
  if (words.length === 0) return [];
  // Quoted words only: nothing of the query is an operator.
  const match = words.map((word) => `"${word}"`).join(" OR ");
  return database
    .prepare(
      `SELECT id, recollections.text AS text, metadata, -bm25(recollection_words) AS score
       FROM recollection_words JOIN recollections ON recollections.rowid = recollection_words.rowid
       WHERE recollection_words MATCH ? AND name = ?${filter} ORDER BY score DESC, id LIMIT ?`,
    )
    .all(match, ...values) as Row[];
}

function recollectionOf({ id, text, metadata }: Row): Recollection {
  return { id, text, metadata: JSON.parse(metadata) as Metadata };
}

function bytesOf(vector: readonly number[]): Buffer {
  if (vector.length > MOST_DIMENSIONS)
    throw new SpellError("INVALID_ARGUMENT", `a vector has ${vector.length} numbers, ${MOST_DIMENSIONS} are allowed`);
  if (vector.every((value) => value === 0))
    throw new SpellError("INVALID_ARGUMENT", "a vector of zeros has no direction");
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) {
    if (!Number.isFinite(value)) throw new SpellError("INVALID_ARGUMENT", "a vector must have finite numbers only");
    bytes.writeFloatLE(value, index * 4);
  }
  return bytes;
}

function checkMetadata(metadata: unknown): Metadata {
  const refuse = (what: string): never => {
    throw new SpellError("INVALID_ARGUMENT", what);
  };
  if (!isRecord(metadata)) return refuse("the metadata must be an object");
  for (const [name, value] of Object.entries(metadata)) {
    if (/["\\]/.test(name)) refuse(`'${name}' cannot be a name in the metadata: it has a quote or a backslash`);
    if (!["string", "number", "boolean"].includes(typeof value))
      refuse(`'${name}' of the metadata must be a text, a number or a boolean`);
  }
  return metadata as Metadata;
}
