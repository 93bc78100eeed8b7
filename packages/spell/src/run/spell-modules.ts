import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { posix } from "node:path";
import { readConfined } from "@llmspell/core";
import type { ScriptModule, ScriptObject } from "@llmspell/engine";
import { isSpellError, SpellError } from "@llmspell/errors";
import { MAX_SOURCE_BYTES } from "../manifest/source.js";
import { formatGrant } from "../door/capabilities.js";
import type { RunContext } from "./context.js";

/** What {@link SpellModules} loads from. */
interface ModuleSources {
  readonly folder?: string;
  readonly modules?: Readonly<Record<string, string>>;
}

/** In what name a file is asked for. */
interface Asked {
  readonly fn: string;
  readonly capability: "module" | "spell";
  /** Default: those of the spell's own language. */
  readonly extensions?: readonly string[];
}

const isOfApi = ({ door }: RunContext, name: string): boolean => door.modules.has(name);

/** The modules a spell finds with `require`: what its host gives it, and the files of its own folder. */
export class SpellModules {
  readonly #run: RunContext;
  readonly #extensions: readonly string[];
  readonly #sources: ModuleSources;
  readonly #libraries = new Map<string, ScriptObject>();
  #root: Promise<string> | undefined;

  /** @param extensions of the engine's source files, with the dot. */
  constructor(run: RunContext, extensions: readonly string[], sources: ModuleSources) {
    this.#run = run;
    this.#extensions = extensions;
    this.#sources = sources;
  }

  /** As `Host.loadModule`. @throws SpellError `PERMISSION_DENIED` */
  load(name: string, from: string): ScriptModule | undefined | Promise<ScriptModule | undefined> {
    const { modules = {} } = this.#sources;
    const given = Object.hasOwn(modules, name) ? modules[name] : undefined;
    if (given !== undefined) return { name, source: given };
    const library = this.#libraries.get(name);
    if (library !== undefined) return { name, source: this.#libraryText(name, library) };
    return this.#find(
      { fn: this.#extensions.includes(".lua") ? "require" : "import", capability: "module" },
      name,
      from,
    );
  }

  /** The source of a file that is asked for in another way. @throws SpellError `NOT_FOUND`, `PERMISSION_DENIED` */
  async source(asked: Asked, name: string, from: string): Promise<ScriptModule> {
    const { fn, capability, extensions = this.#extensions } = asked;
    // Whoever may not read hears that first, also where there is no folder.
    if (this.#sources.folder === undefined)
      for (const path of modulePaths(name, from, extensions)) this.#run.authorize(fn, capability, path);
    const found = await this.#find(asked, name, from);
    if (found === undefined) throw new SpellError("NOT_FOUND", `${asked.fn}: there is no file '${name}'`);
    return found;
  }

  /** Functions of the spell that its files find as a module. @throws SpellError `ALREADY_EXISTS` */
  addLibrary(name: string, functions: ScriptObject): void {
    const { modules = {} } = this.#sources;
    if (this.#libraries.has(name) || Object.hasOwn(modules, name) || isOfApi(this.#run, name))
      throw new SpellError("ALREADY_EXISTS", `there is a module '${name}' already`);
    this.#libraries.set(name, functions);
  }

  /** @throws SpellError `NOT_FOUND` */
  library(name: string): ScriptObject {
    const library = this.#libraries.get(name);
    if (library === undefined) throw new SpellError("NOT_FOUND", `there is no library '${name}'`);
    return library;
  }

  /** The functions stay where they are: the module asks for them. */
  #libraryText(name: string, functions: ScriptObject): string {
    if (this.#extensions.includes(".lua")) return `return require "llmspell.spell".library("${name}")`;
    const names = Object.keys(functions).filter(
      (key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== "default" && key !== "then",
    );
    return [
      'import { library } from "llmspell/spell";',
      `const all = library("${name}");`,
      "export default all;",
      ...names.map((key, i) => `const v${i} = all.${key};\nexport { v${i} as ${key} };`),
    ].join("\n");
  }

  async #find(asked: Asked, name: string, from: string): Promise<ScriptModule | undefined> {
    const { folder } = this.#sources;
    if (folder === undefined) return undefined;
    return await this.#fromFolder(folder, modulePaths(name, from, asked.extensions ?? this.#extensions), asked);
  }

  async #fromFolder(folder: string, paths: readonly string[], asked: Asked): Promise<ScriptModule | undefined> {
    this.#root ??= realpath(folder);
    const root = await this.#root.catch(() => {
      throw new SpellError("NOT_FOUND", "the spell's folder does not exist");
    });
    for (const path of paths) {
      const found = await this.#read(root, path, asked).catch((error: unknown) => {
        if (isSpellError(error) && error.code === "NOT_FOUND") return undefined;
        throw error;
      });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #read(root: string, path: string, asked: Asked): Promise<ScriptModule> {
    const { fn, capability, extensions = this.#extensions } = asked;
    // Before the disk is touched: who may not read must not learn what exists either.
    this.#run.authorize(fn, capability, path);
    const { relative, content } = await readConfined(root, path, MAX_SOURCE_BYTES, (real) => {
      if (real === path) return;
      // A link stands for what it leads to, which must be a module that may be loaded itself.
      if (!isModuleFile(real, extensions)) throw new SpellError("NOT_FOUND", `'${path}' is no module`);
      this.#run.authorize(fn, capability, real);
    });
    this.#checkIntegrity(relative, content);
    return { name: relative, source: content.toString("utf8") };
  }

  #checkIntegrity(name: string, content: Uint8Array): void {
    const wanted = this.#run.grants.integrityOf(name);
    if (wanted.length === 0) return;
    const real = `sha256-${createHash("sha256").update(content).digest("base64")}`;
    if (wanted.includes(real)) return;
    this.#run.audit.deny("require", formatGrant({ capability: "module", scope: name, integrity: real }), undefined);
    throw new SpellError("PERMISSION_DENIED", `the module '${name}' is not the one that was granted: it is ${real}`, {
      details: { capability: "module", scope: name, integrity: real },
    });
  }
}

const hasExtension = (path: string, extensions: readonly string[]): boolean =>
  extensions.some((extension) => path.endsWith(extension));

/** Hidden files and folders hold no modules: a spell in a home folder must not read the settings there. */
const isModuleFile = (path: string, extensions: readonly string[]): boolean =>
  hasExtension(path, extensions) && !path.split("/").some((part) => part.startsWith("."));

/** The file that a folder stands for, as the language has it. */
const mainFile = (extension: string): string => `${extension === ".lua" ? "init" : "index"}${extension}`;

/**
 * Where a module may be, as paths below the spell's folder. `./util` and
 * `../util` are relative to the file that asks, `lib.util` and `lib/util` to the
 * folder; each stands for a file of that name, or the `init` (in Lua) or `index` file of a folder.
 *
 * @throws SpellError `PERMISSION_DENIED` for a path that leads out of the folder.
 */
export function modulePaths(name: string, from: string, extensions: readonly string[]): string[] {
  if (/[\p{Cc}\\]/u.test(name + from)) return [];
  const isFile = hasExtension(name, extensions);
  const isPath = isFile || name.includes("/");
  if (!isPath && name.split(".").includes("")) return [];
  const asked = isPath ? name : name.replaceAll(".", "/");
  const isRelative = /^\.\.?\//.test(asked);
  const path = posix.normalize(isRelative ? posix.join(posix.dirname(from), asked) : asked);
  if (path === ".." || path.startsWith("../") || path.startsWith("/")) {
    throw new SpellError("PERMISSION_DENIED", `the module '${name}' is outside the spell's folder`);
  }
  const places = isFile ? [""] : [...extensions, ...extensions.map((extension) => `/${mainFile(extension)}`)];
  return places.map((place) => path + place).filter((candidate) => isModuleFile(candidate, extensions));
}
