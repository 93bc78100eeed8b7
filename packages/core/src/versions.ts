import { link, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { SpellError } from "@llmspell/errors";
import { parseJson, stringifyJson } from "./formats/json.js";
import { isRecord } from "./json.js";
import { checkedName, isKeptName } from "./kept-name.js";
import type { State } from "./state/state.js";

/** One version of something that has a name; versions count from 1. */
export type Version<T> = T & { name: string; version: number };

/** Things of one kind, as plain JSON, by name and version. */
export interface Versions<T> {
  /**
   * Keeps `content` as the next version of `name`; the version it got. What is the same as the
   * newest version is that version.
   *
   * @throws SpellError `INVALID_ARGUMENT` for a name that is not letters, digits, `_`, `-` and `.`
   *   or content that is not plain JSON, `IO_ERROR`.
   */
  save(name: string, content: T): Promise<number>;
  /** The given or newest version. @throws SpellError `NOT_FOUND`, `IO_ERROR`. */
  load(name: string, version?: number): Promise<Version<T>>;
  /** All names in order, with their versions in order. */
  list(): Promise<{ name: string; versions: number[] }[]>;
  /** Removes one version or all; whether there was one. */
  delete(name: string, version?: number): Promise<boolean>;
}

/** What is kept. */
export interface VersionedKind<T extends object> {
  /** What one is called in messages. */
  noun: string;
  /** The name in the files; never change what it means, make a new one. */
  format: string;
  /** What the fields in a file are, undefined when they are none of this kind. */
  read(fields: Readonly<Record<string, unknown>>): T | undefined;
  /** What must differ for a new version; everything by default. */
  compared?(content: T): unknown;
}

/** Where versions are kept: what differs between memory and files. */
interface Store<T> {
  names(): Promise<string[]>;
  versions(name: string): Promise<number[]>;
  read(name: string, version: number): Promise<T | undefined>;
  /** Whether it was written: false when that version is there already. */
  add(name: string, version: number, content: T): Promise<boolean>;
  remove(name: string, version: number): Promise<void>;
}

// Competing processes each take a version away at most once.
const MAX_ATTEMPTS = 1000;

/**
 * Versions that are gone with the process; in a state; or in the folder of this name, made when
 * it is missing: one JSON file for each version, written whole or not at all. Several processes
 * may save at the same time.
 */
export function createVersions<T extends object>(kind: VersionedKind<T>, place?: string | State): Versions<T> {
  const { noun, compared = (content: T): unknown => content } = kind;
  const store: Store<T> =
    place === undefined ? memoryStore() : typeof place === "string" ? fileStore(place, kind) : stateStore(place, kind);
  const checked = (name: string): string => checkedName(noun, name);
  const newest = async (name: string): Promise<number | undefined> => (await store.versions(checked(name))).at(-1);

  return {
    async load(name, version) {
      const wanted = version ?? (await newest(name));
      const found = wanted === undefined ? undefined : await store.read(checked(name), wanted);
      if (wanted !== undefined && found !== undefined) return { name, version: wanted, ...found };
      const what =
        version === undefined ? `no ${noun} is named '${name}'` : `there is no version ${version} of '${name}'`;
      throw new SpellError("NOT_FOUND", what, { details: { name, ...(version === undefined ? {} : { version }) } });
    },

    async save(name, content) {
      checked(name);
      const plain = parseJson(stringifyJson(content)) as T;
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const last = await newest(name);
        const latest = last === undefined ? undefined : await store.read(name, last);
        if (last !== undefined && latest !== undefined && isDeepStrictEqual(compared(latest), compared(plain)))
          return last;
        const version = (last ?? 0) + 1;
        if (await store.add(name, version, plain)) return version;
      }
      throw new SpellError("IO_ERROR", `${noun} '${name}' could not be saved: others save it all the time`);
    },

    async list() {
      const names = (await store.names()).toSorted();
      const all = await Promise.all(names.map(async (name) => ({ name, versions: await store.versions(name) })));
      return all.filter(({ versions }) => versions.length > 0);
    },

    async delete(name, version) {
      const versions = await store.versions(checked(name));
      const going = version === undefined ? versions : versions.filter((one) => one === version);
      // The newest last, so that a version is never given twice in between.
      for (const one of going) await store.remove(name, one);
      return going.length > 0;
    },
  };
}

function memoryStore<T>(): Store<T> {
  const kept = new Map<string, Map<number, T>>();
  return {
    names: async () => [...kept.keys()],
    versions: async (name) => [...(kept.get(name)?.keys() ?? [])].toSorted((a, b) => a - b),
    async read(name, version) {
      const stored = kept.get(name)?.get(version);
      return stored === undefined ? undefined : structuredClone(stored);
    },
    async add(name, version, content) {
      const versions = kept.get(name) ?? new Map<number, T>();
      if (versions.has(version)) return false;
      kept.set(name, versions.set(version, structuredClone(content)));
      return true;
    },
    async remove(name, version) {
      kept.get(name)?.delete(version);
    },
  };
}

function stateStore<T extends object>(state: State, { noun, format, read }: VersionedKind<T>): Store<T> {
  const prefix = `${noun}:`;
  const keyOf = (name: string, version: number): string => `${prefix}${name}@${version}`;
  const stored = (): [name: string, version: number][] =>
    state.keys().flatMap((key) => {
      const at = key.lastIndexOf("@");
      return key.startsWith(prefix) ? [[key.slice(prefix.length, at), Number(key.slice(at + 1))]] : [];
    });
  return {
    names: async () => [...new Set(stored().map(([name]) => name))],
    versions: async (name) =>
      stored()
        .flatMap(([known, version]) => (known === name ? [version] : []))
        .toSorted((a, b) => a - b),
    async read(name, version) {
      const fields = state.get<Record<string, unknown>>(keyOf(name, version));
      if (fields === undefined) return undefined;
      const content = fields["format"] === format ? read(fields) : undefined;
      if (content !== undefined) return structuredClone(content);
      throw new SpellError("IO_ERROR", `version ${version} of ${noun} '${name}' cannot be read`);
    },
    async add(name, version, content) {
      let isNew = false;
      await state.update(keyOf(name, version), (known) => {
        isNew = known === undefined;
        return known ?? { format, ...content };
      });
      return isNew;
    },
    remove: async (name, version) => void state.delete(keyOf(name, version)),
  };
}

function fileStore<T extends object>(folder: string, { noun, format, read }: VersionedKind<T>): Store<T> {
  const folderOf = (name: string): string => path.join(folder, name);
  const fileOf = (name: string, version: number): string => path.join(folderOf(name), `${version}.json`);

  /** What `work` gives, undefined when there is no such file; other failures as errors without paths. */
  const io = async <R>(work: () => Promise<R>): Promise<R | undefined> => {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
      if (code === "ENOENT" || code === "ENOTDIR") return undefined;
      if (code === "EEXIST") throw new SpellError("ALREADY_EXISTS", "that version is there already");
      throw new SpellError("IO_ERROR", `the ${noun} repository cannot be used: ${code}`);
    }
  };
  const entries = async (inside: string): Promise<string[]> => (await io(() => readdir(inside))) ?? [];

  return {
    names: async () => (await entries(folder)).filter(isKeptName),

    async versions(name) {
      const found = (await entries(folderOf(name))).flatMap((file) => /^([1-9]\d{0,8})\.json$/.exec(file)?.[1] ?? []);
      return found.map(Number).toSorted((a, b) => a - b);
    },

    async read(name, version) {
      const text = await io(() => readFile(fileOf(name, version), "utf8"));
      if (text === undefined) return undefined;
      const fields = parsed(text);
      const content = fields?.["format"] === format ? read(fields) : undefined;
      if (content !== undefined) return content;
      throw new SpellError(
        "IO_ERROR",
        `version ${version} of ${noun} '${name}' is stored in a file that cannot be read`,
      );
    },

    async add(name, version, content) {
      await io(() => mkdir(folderOf(name), { recursive: true }));
      const text = stringifyJson({ format, ...content }, { indent: 2 });
      const draft = path.join(folderOf(name), `.draft-${process.pid}-${crypto.randomUUID()}`);
      await io(() => writeFile(draft, `${text}\n`, { flag: "wx" }));
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

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const fields = parseJson(text);
    return isRecord(fields) ? fields : undefined;
  } catch {
    return undefined;
  }
}
