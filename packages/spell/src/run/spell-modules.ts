import { realpath } from "node:fs/promises";
import { posix } from "node:path";
import { readConfined } from "@llmspell/core";
import type { ScriptModule } from "@llmspell/engine";
import { isSpellError, SpellError } from "@llmspell/errors";
import { MAX_SOURCE_BYTES } from "../manifest/source.js";
import type { RunContext } from "./context.js";

/** What {@link SpellModules} loads from. */
interface ModuleSources {
  readonly folder?: string;
  readonly modules?: Readonly<Record<string, string>>;
}

/** The modules a spell finds with `require`: what its host gives it, and the files of its own folder. */
export class SpellModules {
  readonly #run: RunContext;
  readonly #extension: string;
  readonly #sources: ModuleSources;
  #root: Promise<string> | undefined;

  /** @param extension of the engine's source files, with the dot. */
  constructor(run: RunContext, extension: string, sources: ModuleSources) {
    this.#run = run;
    this.#extension = extension;
    this.#sources = sources;
  }

  /** As `Host.loadModule`. @throws SpellError `PERMISSION_DENIED` */
  load(name: string, from: string): ScriptModule | undefined | Promise<ScriptModule | undefined> {
    const { folder, modules = {} } = this.#sources;
    const given = Object.hasOwn(modules, name) ? modules[name] : undefined;
    if (given !== undefined) return { name, source: given };
    return folder === undefined ? undefined : this.#fromFolder(folder, modulePaths(name, from, this.#extension));
  }

  async #fromFolder(folder: string, paths: readonly string[]): Promise<ScriptModule | undefined> {
    this.#root ??= realpath(folder);
    const root = await this.#root.catch(() => {
      throw new SpellError("NOT_FOUND", "the spell's folder does not exist");
    });
    for (const path of paths) {
      const found = await this.#read(root, path).catch((error: unknown) => {
        if (isSpellError(error) && error.code === "NOT_FOUND") return undefined;
        throw error;
      });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #read(root: string, path: string): Promise<ScriptModule> {
    // Before the disk is touched: who may not read must not learn what exists either.
    this.#run.authorize("require", "module", path);
    const { relative, content } = await readConfined(root, path, MAX_SOURCE_BYTES, (real) => {
      if (real === path) return;
      // A link stands for what it leads to, which must be a module that may be loaded itself.
      if (!isModuleFile(real, this.#extension)) throw new SpellError("NOT_FOUND", `'${path}' is no module`);
      this.#run.authorize("require", "module", real);
    });
    return { name: relative, source: content.toString("utf8") };
  }
}

/** Hidden files and folders hold no modules: a spell in a home folder must not read the settings there. */
const isModuleFile = (path: string, extension: string): boolean =>
  path.endsWith(extension) && !path.split("/").some((part) => part.startsWith("."));

/**
 * Where a module may be, as paths below the spell's folder. `./util` and
 * `../util` are relative to the file that asks, `lib.util` and `lib/util` to the
 * folder; each stands for a file of that name or an `init` file in a folder.
 *
 * @throws SpellError `PERMISSION_DENIED` for a path that leads out of the folder.
 */
export function modulePaths(name: string, from: string, extension: string): string[] {
  if (/[\p{Cc}\\]/u.test(name + from)) return [];
  const isFile = name.endsWith(extension);
  const isPath = isFile || name.includes("/");
  if (!isPath && name.split(".").includes("")) return [];
  const asked = isPath ? name : name.replaceAll(".", "/");
  const isRelative = /^\.\.?\//.test(asked);
  const path = posix.normalize(isRelative ? posix.join(posix.dirname(from), asked) : asked);
  if (path === ".." || path.startsWith("../") || path.startsWith("/")) {
    throw new SpellError("PERMISSION_DENIED", `require: '${name}' is outside the spell's folder`);
  }
  const candidates = isFile ? [path] : [`${path}${extension}`, `${path}/init${extension}`];
  return candidates.filter((candidate) => isModuleFile(candidate, extension));
}
