import { SpellError } from "@llmspell/errors";
import { guarded, openDatabase, type Database } from "../sqlite.js";
import { fits, inUse, noRun, taken, type RunStore, type StepRecord, type StoredRun } from "./run-store.js";

interface Row {
  run: string;
  owner: string | null;
}

/**
 * Runs in an SQLite database file, which processes may share. What is stored survives the
 * end of the process in any way, and so does no claim: a claim lasts as long as its process
 * holds the lock of a file beside the database (`….owner-<id>`), which the operating system
 * frees when the process ends. The file must be on a local disk.
 *
 * @throws SpellError `IO_ERROR`.
 */
export async function openRuns(file: string): Promise<RunStore> {
  const [database, owners] = [await openDatabase(file), await createOwners(file)];
  const statements = guarded(() => {
    database.exec(`
      CREATE TABLE IF NOT EXISTS workflow_runs (
        id TEXT PRIMARY KEY, created INTEGER NOT NULL, run TEXT NOT NULL, owner TEXT
      );
      CREATE TABLE IF NOT EXISTS workflow_steps (
        run TEXT NOT NULL, seq INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (run, seq)
      ) WITHOUT ROWID;
    `);
    return {
      insert: database.prepare("INSERT OR IGNORE INTO workflow_runs VALUES (?, ?, ?, ?)"),
      read: database.prepare("SELECT run, owner FROM workflow_runs WHERE id = ?"),
      all: database.prepare("SELECT run, owner FROM workflow_runs ORDER BY created, id"),
      update: database.prepare("UPDATE workflow_runs SET run = ? WHERE id = ?"),
      own: database.prepare("UPDATE workflow_runs SET owner = ? WHERE id = ?"),
      remove: database.prepare("DELETE FROM workflow_runs WHERE id = ?"),
      record: database.prepare("INSERT INTO workflow_steps VALUES (?, ?, ?)"),
      records: database.prepare("SELECT record FROM workflow_steps WHERE run = ? ORDER BY seq"),
      copyRecords: database.prepare(
        "INSERT INTO workflow_steps SELECT ?, seq, record FROM workflow_steps WHERE run = ?",
      ),
      removeRecords: database.prepare("DELETE FROM workflow_steps WHERE run = ?"),
    };
  });
  const read = (id: string): Row => {
    const row = statements.read.get(id) as Row | undefined;
    if (row === undefined) throw noRun(id);
    return row;
  };
  const parse = ({ run }: Row): StoredRun => JSON.parse(run) as StoredRun;
  const records = (id: string): StepRecord[] =>
    (statements.records.all(id) as { record: string }[]).map(({ record }) => JSON.parse(record) as StepRecord);
  const add = (run: StoredRun, owner: string | null): void => {
    const { changes } = statements.insert.run(run.id, run.createdAt, JSON.stringify(run), owner);
    if (changes === 0) throw taken(run.id);
  };
  // Immediate: one process at a time decides who runs what.
  const exclusive = <T>(work: () => T): T =>
    guarded(() => (database.transaction(work) as unknown as { immediate(): T }).immediate());
  return {
    create: (run) => exclusive(() => add(run, owners.me())),
    claim: (id) =>
      exclusive(() => {
        const row = read(id);
        const me = owners.me();
        // Asked in any case: it also removes what dead processes left.
        const living = owners.living();
        if (row.owner !== null && living.has(row.owner)) throw inUse(id);
        statements.own.run(me, id);
        return { run: parse(row), records: records(id) };
      }),
    release: (id) => void guarded(() => statements.own.run(null, id)),
    record: (id, record) => void guarded(() => statements.record.run(id, record.seq, JSON.stringify(record))),
    update: (id, change) =>
      guarded(() => {
        const run = { ...parse(read(id)), ...change, updatedAt: Date.now() };
        statements.update.run(JSON.stringify(run), id);
      }),
    get: (id) =>
      guarded(() => {
        const row = statements.read.get(id) as Row | undefined;
        return row && parse(row);
      }),
    records: (id) => guarded(() => records(id)),
    list: (filter) => guarded(() => (statements.all.all() as Row[]).map(parse).filter((run) => fits(run, filter))),
    copy: (id, copy) =>
      exclusive(() => {
        add({ ...parse(read(id)), id: copy }, null);
        statements.copyRecords.run(copy, id);
      }),
    delete: (id) =>
      exclusive(() => {
        const row = statements.read.get(id) as Row | undefined;
        if (row?.owner != null && owners.living().has(row.owner)) throw inUse(id);
        statements.removeRecords.run(id);
        return statements.remove.run(id).changes > 0;
      }),
    [Symbol.dispose]() {
      owners[Symbol.dispose]();
      database.close();
    },
  };
}

interface Owners extends Disposable {
  /** The name of this owner, whose file is locked from the first call on. */
  me(): string;
  /** All owners whose process is alive. Files of others are removed. */
  living(): Set<string>;
}

/** Both methods of owners are called in an immediate transaction of the database, so never by two at once. */
async function createOwners(file: string): Promise<Owners> {
  const { readdirSync, rmSync } = await import("node:fs");
  const path = await import("node:path");
  const { default: Connection } = await import("libsql");
  const id: string = crypto.randomUUID();
  const prefix = `${path.basename(file)}.owner-`;
  // A database in memory belongs to this process alone.
  const folder = file === ":memory:" ? undefined : path.dirname(file);
  let held: Database | undefined;
  /** The lock that SQLite takes for writing; undefined when somebody has it. */
  const lock = (owner: string): Database | undefined => {
    const connection = new Connection(path.join(folder ?? "", prefix + owner), { timeout: 0 });
    try {
      // Nothing is ever written, so there is nothing to keep a file of.
      connection.pragma("journal_mode = MEMORY");
      connection.exec("BEGIN EXCLUSIVE");
      return connection;
    } catch (error) {
      connection.close();
      if (error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY")) return undefined;
      throw error;
    }
  };
  const remove = (owner: string): void => rmSync(path.join(folder ?? "", prefix + owner), { force: true });
  return {
    me() {
      if (folder !== undefined && held === undefined) {
        held = lock(id);
        if (held === undefined) throw new SpellError("IO_ERROR", "the lock of this process cannot be taken");
      }
      return id;
    },
    living() {
      const names = folder === undefined ? [] : readdirSync(folder).filter((name) => name.startsWith(prefix));
      const alive = new Set([id]);
      for (const name of names) {
        const owner = name.slice(prefix.length);
        if (owner === id || !/^[0-9a-f-]{36}$/.test(owner)) continue;
        const left = lock(owner);
        if (left === undefined) alive.add(owner);
        else {
          left.close();
          remove(owner);
        }
      }
      return alive;
    },
    [Symbol.dispose]() {
      if (held === undefined) return;
      remove(id);
      held.close();
    },
  };
}
