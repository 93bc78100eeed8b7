import { SpellError } from "@llmspell/errors";
import type { ScriptObject, ScriptValue } from "./value.js";

/**
 * A value with the type and version it was written as. The names of its fields
 * are a format: never change what they mean.
 */
export interface TaggedValue {
  /** `name@major.minor.patch` */
  readonly $type: string;
  readonly value: ScriptValue;
}

/** Turns a value of one version into one of the next registered version. */
export type Migration = (value: ScriptValue) => ScriptValue;

/** A class of the host, and what its objects are as values. */
export interface HostType<T extends object> {
  readonly class: abstract new (...given: never[]) => T;
  readonly write: (object: T) => ScriptValue;
  /** The inverse; refuses what cannot be an object of the class. The value is of the newest version. */
  readonly read: (value: ScriptValue) => T;
}

export interface TypeVersion {
  readonly name: string;
  /** `major.minor.patch` */
  readonly version: string;
  /** From the version before this one. Needed where the major version changes. */
  readonly migrate?: Migration;
}

type Version = readonly [major: number, minor: number, patch: number];

interface Known {
  readonly version: Version;
  readonly text: string;
  readonly migrate: Migration | undefined;
}

const NAME = /^[A-Za-z][\w.-]{0,99}$/;
const VERSION = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/;
const TAG = /^([A-Za-z][\w.-]{0,99})@([\d.]{1,32})$/;

function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text);
  return match === null ? undefined : [Number(match[1]), Number(match[2]), Number(match[3])];
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/**
 * The versions of the types of values that are stored, or exchanged between
 * programs of different age.
 *
 * As semver has it, a value written by an older version of the same major
 * version can be read as it is, and goes through the migrations that there are;
 * to a new major version there must be one. A value of a newer version than any
 * that is registered cannot be read.
 *
 * @example
 * const types = new TypeRegistry([
 *   { name: "note", version: "1.0.0" },
 *   { name: "note", version: "2.0.0", migrate: (text) => ({ text, tags: [] }) },
 * ]);
 * types.read({ $type: "note@1.0.0", value: "hi" }, "note"); // { text: "hi", tags: [] }
 */
export class TypeRegistry {
  readonly #types = new Map<string, Known[]>();
  readonly #byName = new Map<string, HostType<object>>();
  readonly #byClass = new Map<unknown, string>();

  /** @throws SpellError as {@link register} */
  constructor(versions: readonly TypeVersion[] = []) {
    for (const version of versions) this.register(version);
  }

  /**
   * Adds a version of a type; versions may come in any order.
   *
   * @throws SpellError `INVALID_ARGUMENT` for a name or version that is none, `ALREADY_EXISTS` for one that is known
   */
  register({ name, version: text, migrate }: TypeVersion): void {
    if (!NAME.test(name)) throw new SpellError("INVALID_ARGUMENT", `'${name}' cannot be the name of a type`);
    const version = parseVersion(text);
    if (version === undefined)
      throw new SpellError("INVALID_ARGUMENT", `${name}: '${text}' is no version such as 1.0.0`);
    const known = this.#types.get(name) ?? [];
    if (known.some((other) => other.text === text))
      throw new SpellError("ALREADY_EXISTS", `${name}@${text} is registered already`);
    known.push({ version, text, migrate });
    this.#types.set(
      name,
      known.toSorted((a, b) => compare(a.version, b.version)),
    );
  }

  /** The newest version of a type. @throws SpellError `NOT_FOUND` */
  current(name: string): string {
    return this.#newest(name).text;
  }

  /** Tags a value as one of the newest version of its type. @throws SpellError `NOT_FOUND` */
  write(name: string, value: ScriptValue): TaggedValue & ScriptObject {
    return { $type: `${name}@${this.current(name)}`, value };
  }

  /**
   * The value in a tagged value, as the newest version of its type has it.
   *
   * @throws SpellError `INVALID_ARGUMENT` for what is no tagged value of the type `name`, `NOT_FOUND` for an
   * unknown type, `UNSUPPORTED` for a version that cannot be read, `VALIDATION_FAILED` when a migration fails
   */
  read(tagged: ScriptValue, name: string): ScriptValue {
    const { type, text, version, value } = readTag(tagged);
    if (type !== name) throw new SpellError("INVALID_ARGUMENT", `this is a value of the type ${type}, not ${name}`);
    const newest = this.#newest(name);
    if (compare(version, newest.version) > 0) {
      throw new SpellError(
        "UNSUPPORTED",
        `${name}@${text} was written by a newer version; this one reads up to ${newest.text}`,
      );
    }
    let major = version[0];
    let result = value;
    for (const step of this.#types.get(name) ?? []) {
      if (compare(step.version, version) <= 0) continue;
      if (step.version[0] !== major && step.migrate === undefined) {
        throw new SpellError("UNSUPPORTED", `${name}@${text} cannot be read: there is no migration to ${step.text}`);
      }
      major = step.version[0];
      if (step.migrate !== undefined) result = migrate(name, step, result);
    }
    return result;
  }

  /**
   * Says which class of the host a type is.
   *
   * @example
   * types.bind("point", {
   *   class: Point,
   *   write: (point) => toTable(POINT, point),
   *   read: (value) => new Point(fromTable(POINT, value)),
   * });
   * @throws SpellError `NOT_FOUND` for an unknown type, `ALREADY_EXISTS` when it or the class is bound
   */
  bind<T extends object>(name: string, host: HostType<T>): void {
    this.#newest(name);
    if (this.#byName.has(name) || this.#byClass.has(host.class))
      throw new SpellError("ALREADY_EXISTS", `${name} or the class ${host.class.name} is bound already`);
    this.#byName.set(name, host as unknown as HostType<object>);
    this.#byClass.set(host.class, name);
  }

  /** An object of a bound class as a tagged value; one of a subclass has more than its class, so it is refused. @throws SpellError `NOT_FOUND` naming the class */
  fromHost(object: object): TaggedValue & ScriptObject {
    const made: unknown = Object.getPrototypeOf(object) === null ? undefined : object.constructor;
    const name = this.#byClass.get(made);
    const host = name === undefined ? undefined : this.#byName.get(name);
    if (name === undefined || host === undefined) {
      const what = typeof made === "function" && made.name !== "" ? made.name : "without a name";
      throw new SpellError("NOT_FOUND", `the class ${what} is not registered`);
    }
    return this.write(name, host.write(object));
  }

  /** What {@link fromHost} gave, also of an older version, as an object of its class. @throws SpellError `NOT_FOUND` naming the type, and as {@link read} */
  toHost(tagged: ScriptValue): object {
    const { type } = readTag(tagged);
    const value = this.read(tagged, type);
    const host = this.#byName.get(type);
    if (host === undefined) throw new SpellError("NOT_FOUND", `the type '${type}' is bound to no class`);
    return host.read(value);
  }

  #newest(name: string): Known {
    const newest = this.#types.get(name)?.at(-1);
    if (newest === undefined) throw new SpellError("NOT_FOUND", `there is no type '${name}'`);
    return newest;
  }
}

function migrate(name: string, step: Known, value: ScriptValue): ScriptValue {
  try {
    return step.migrate?.(value) ?? null;
  } catch (cause) {
    throw new SpellError("VALIDATION_FAILED", `${name}: the migration to ${step.text} failed`, { cause });
  }
}

interface Tag {
  readonly type: string;
  readonly text: string;
  readonly version: Version;
  readonly value: ScriptValue;
}

function readTag(tagged: ScriptValue): Tag {
  const { $type, value } = (tagged ?? {}) as { $type?: unknown; value?: ScriptValue };
  const [, type = "", text = ""] = TAG.exec(typeof $type === "string" ? $type : "") ?? [];
  const version = parseVersion(text);
  if (version === undefined)
    throw new SpellError("INVALID_ARGUMENT", "this is no tagged value: $type must be name@1.0.0");
  return { type, text, version, value: value ?? null };
}
