import { SpellError, isSpellError } from "@llmspell/errors";
import type Libsql from "libsql";

/**
 * A database file, open. Bind a lone parameter that is an object (bytes) as a list of one:
 * libsql takes it for named parameters and ends the process.
 */
export type Database = Libsql.Database;

// Another process may hold the lock that long.
const BUSY_MS = 10_000;

/**
 * Opens an SQLite database in write-ahead mode, so that processes can share it; `:memory:`
 * is one of its own. What is committed survives the end of the process in any way.
 *
 * @throws SpellError `IO_ERROR`.
 */
export async function openDatabase(file: string): Promise<Database> {
  const { default: Connection } = await import("libsql");
  return guarded(() => {
    const database = new Connection(file, { timeout: BUSY_MS });
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = NORMAL");
    return database;
  });
}

/** Runs `work` on a database, with its errors for users: SQLite's may name a path of the host. */
export function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isSpellError(error)) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new SpellError("IO_ERROR", `the database cannot be used: ${code}`, { details: { code } });
  }
}
