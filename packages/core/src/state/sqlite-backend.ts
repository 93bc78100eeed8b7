import { guarded, openDatabase } from "../sqlite.js";
import type { StateBackend, StateEntry } from "./backend.js";
import { frozenJson } from "./frozen.js";

interface Row {
  key: string;
  value: string;
  version: number;
  expires_at: number | null;
}

/** The state `name` in a database file. @throws SpellError `IO_ERROR`. */
export async function sqliteBackend(file: string, name: string): Promise<StateBackend> {
  const database = await openDatabase(file);
  const statements = guarded(() => {
    database.exec(`
      CREATE TABLE IF NOT EXISTS state (
        name TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, expires_at REAL,
        PRIMARY KEY (name, key)
      ) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS state_version (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
    `);
    return {
      read: database.prepare("SELECT key, value, version, expires_at FROM state WHERE name = ? AND key = ?"),
      all: database.prepare("SELECT key, value, version, expires_at FROM state WHERE name = ? ORDER BY key"),
      version: database.prepare("SELECT version FROM state_version WHERE name = ?"),
      advance: database.prepare(
        "INSERT INTO state_version VALUES (?, 1) ON CONFLICT DO UPDATE SET version = version + 1 RETURNING version",
      ),
      write: database.prepare("INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?, ?)"),
      remove: database.prepare("DELETE FROM state WHERE name = ? AND key = ?"),
    };
  });
  const entry = (row: Row): StateEntry => ({
    value: frozenJson(JSON.parse(row.value), row.key),
    version: row.version,
    expiresAt: row.expires_at ?? undefined,
  });
  const read = (key: string): StateEntry | undefined => {
    const row = statements.read.get(name, key) as Row | undefined;
    return row && entry(row);
  };
  type Commit = StateBackend["commit"];
  const commit = database.transaction(((writes, expected) => {
    if (expected !== undefined && (read(expected.key)?.version ?? 0) !== expected.version) return undefined;
    const { version } = statements.advance.get(name) as { version: number };
    const previous = new Map<string, StateEntry>();
    for (const { key, value, expiresAt } of writes) {
      const before = read(key);
      if (before !== undefined) previous.set(key, before);
      if (value === undefined) statements.remove.run(name, key);
      else statements.write.run(name, key, JSON.stringify(value), version, expiresAt ?? null);
    }
    return { version, previous };
  }) satisfies Commit as Commit);
  return {
    read: (key) => guarded(() => read(key)),
    entries: () => guarded(() => (statements.all.all(name) as Row[]).map((row) => [row.key, entry(row)] as const)),
    version: () => guarded(() => (statements.version.get(name) as { version: number } | undefined)?.version ?? 0),
    // Immediate: a transaction that begins with reading could not become a writing one while another writes.
    commit: (writes, expected) => guarded(() => commit.immediate(writes, expected)),
    close: () => void database.close(),
  };
}
