import {
  Pending,
  hostFailure,
  limitError,
  type DenialListener,
  type Host,
  type Limits,
  type ScriptModule,
  type ScriptValue,
} from "@llmspell/engine";
import { loadModule, type Sources } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import { EvalFlag } from "./abi.js";
import { NO_STACK, isOwnName, isWithoutMemory, nameInErrors, syntaxError } from "./errors.js";
import type { JsInstance } from "./instance.js";
import type { JsKeeper } from "./keeper.js";
import { countLines, lineOfImport, withModuleAdvice } from "./source.js";
import { wasStackFull } from "./stack.js";
import { toJavaScript } from "./typescript.js";

/** What the guest library has gathered of a module. */
interface GatheredModule {
  readonly name: string;
  readonly source: string;
  /** What each specifier of it means. */
  readonly requests: readonly (readonly [specifier: string, name: string])[];
}

/** A module that takes part in a compilation. */
interface Part {
  readonly source: string;
  readonly requests: ReadonlyMap<string, string>;
}

/** What QuickJS says when it cannot link an import (quickjs.c). */
const NO_EXPORT = /^Could not find export '([^']{1,200})' in module '(.{1,300})'$/;
/** How much of a specifier errors show. */
const MAX_SHOWN = 200;
/** An empty module of the guest library. */
const NOTHING = "[llmspell nothing]";
/** No module at all. */
const END = "[llmspell end]";
/** What the name of a module begins with that stands for an `import()`; the rest is JSON. */
const IMPORT = "[llmspell import] ";

/**
 * How the guest library (`js/modules.js`) and QuickJS load modules together.
 *
 * QuickJS resolves what a module imports in the middle of compiling it, where
 * nothing can wait, and a compilation that fails half way leaves modules behind
 * that refer to freed ones. So each source is first *scanned*: compiled with
 * every import answered by an empty module, and one import more at its end that
 * fails, after which QuickJS drops it. The guest library has the host load what
 * that has brought up, as calls that may wait, until the graph is complete. Then
 * everything is compiled at once.
 *
 * An `import()` gives a module whose export `then` has the library do the same:
 * so its promise is that of what the library loads.
 */
export class Modules {
  readonly #js: JsInstance;
  readonly #keeper: JsKeeper;
  readonly #host: Host;
  readonly #sources: Sources;
  readonly #limits: Limits;
  readonly #onDenied: DenialListener | undefined;
  /** What a source becomes before it is compiled. */
  prepare: (name: string, source: string) => string = (_, source) => source;
  /** What the source that is scanned imports. */
  #scanned: string[] | undefined;
  /** The modules that are compiled, by name. */
  #compiling: Map<string, Part> | undefined;
  /** Those of them whose compilation has begun. */
  readonly #begun = new Set<string>();
  /** What a module imports that was not seen when it was scanned. */
  #lost: SpellError | undefined;
  /** The modules that were compiled last: what cannot be linked is one of them. */
  #compiled: ReadonlyMap<string, Part> = new Map();

  constructor(
    js: JsInstance,
    keeper: JsKeeper,
    host: Host,
    sources: Sources,
    limits: Limits,
    onDenied: DenialListener | undefined,
  ) {
    this.#js = js;
    this.#keeper = keeper;
    this.#host = host;
    this.#sources = sources;
    this.#limits = limits;
    this.#onDenied = onDenied;
  }

  /** Has the host look for the module that a specifier means in a file; `known` names those there are, if the host has none. */
  load([specifier, from, known]: readonly ScriptValue[]): ScriptValue | undefined | Pending {
    const asked = String(specifier);
    const importer = typeof from === "string" ? nameInErrors(from) : "";
    const take = (module: ScriptModule | undefined): ScriptValue => {
      if (module !== undefined && !isOwnName(module.name)) {
        const { name, source } = module;
        return { name, source: toJavaScript(source, name, this.#keeper.fuel.msLeft) };
      }
      throw this.#notFound(asked, importer, known);
    };
    const failed = (thrown: unknown): never => {
      throw this.#at(hostFailure(thrown), asked, importer);
    };
    try {
      if (typeof known === "string") return take(undefined);
      const found = loadModule(this.#host, this.#sources, [asked, importer], take);
      return found instanceof Pending ? new Pending(found.promise.catch(failed)) : found;
    } catch (thrown) {
      return failed(thrown);
    }
  }

  #notFound(specifier: string, importer: string, known: ScriptValue | undefined): SpellError {
    const others = typeof known === "string" ? `; there are ${known}` : "";
    const message = `import: there is no module '${specifier.slice(0, MAX_SHOWN)}'${others}`;
    const error = this.#at(new SpellError("NOT_FOUND", message), specifier, importer);
    const { file, line } = error.details as { file?: string; line?: number };
    try {
      const place = file === undefined || line === undefined ? {} : { file, line };
      this.#onDenied?.({ what: "require", code: error.code, message, ...place });
    } catch {
      // A listener that fails must not be thrown through the guest's frames.
    }
    return error;
  }

  /** The error with the place of the import, which no frame tells of. */
  #at(error: SpellError, specifier: string, importer: string, binding?: string): SpellError {
    const source = this.#sources.get(importer);
    const line = source === undefined ? undefined : lineOfImport(source, specifier, binding);
    if (line === undefined || error.details["file"] !== undefined) return error;
    const place = { file: importer, line, stack: [{ file: importer, line }] };
    return new SpellError(error.code, error.message, { details: { ...error.details, ...place }, cause: error.cause });
  }

  /** An error without a place, with the place of the import that it tells of, if it does. */
  locate(error: SpellError): SpellError {
    const [message, exported = "", module] = NO_EXPORT.exec(error.message) ?? [];
    if (message === undefined) return error;
    for (const [importer, { source, requests }] of this.#compiled) {
      const [specifier] = [...requests].find(([, name]) => name === module) ?? [];
      if (specifier === undefined || !source.includes(exported)) continue;
      const advice = importer.endsWith(".ts") ? "; types are imported with 'import type'" : "";
      return this.#at(
        new SpellError("SYNTAX_ERROR", `import: '${specifier}' has no export '${exported}'${advice}`),
        specifier,
        nameInErrors(importer),
        exported,
      );
    }
    return error;
  }

  /** What a module imports, in order. @throws SpellError `SYNTAX_ERROR` */
  scan(name: string, source: string): string[] {
    const scanned: string[] = [];
    this.#scanned = scanned;
    try {
      const isDropped = !this.#compile(name, `${source}\n;import "${END}"`) && scanned.at(-1) === END;
      if (isDropped) {
        this.#js.free(this.#js.ex.qjs_get_exception());
        return scanned.slice(0, -1);
      }
      // For the message: the source as it is.
      if (this.#compile(name, source)) throw new SpellError("INTERNAL", "a module was read in two ways");
      throw this.#scanProblem(name, source, scanned);
    } finally {
      this.#scanned = undefined;
    }
  }

  #scanProblem(name: string, source: string, scanned: readonly string[]): SpellError {
    const specifier = scanned.at(-1);
    if (specifier === undefined || this.#keeper.memoryRefusal !== undefined) return this.problemIn(source);
    // The empty module with attributes is another one, which there is not.
    this.#js.free(this.#js.ex.qjs_get_exception());
    return this.#at(new SpellError("SYNTAX_ERROR", "imports with attributes are not supported"), specifier, name);
  }

  /** As {@link scan}, for a source that is no function body either: `problem` says why not. */
  scanRoot(
    name: string,
    source: string,
    { problem, isMeantAsModule }: { readonly problem: SpellError; readonly isMeantAsModule: boolean },
  ): string[] {
    try {
      return this.scan(name, source);
    } catch (thrown) {
      if (!(thrown instanceof SpellError) || thrown.code !== "SYNTAX_ERROR") throw thrown;
      if (!isMeantAsModule) throw problem;
      throw new SpellError(thrown.code, withModuleAdvice(thrown.message), { details: thrown.details });
    }
  }

  /**
   * Compiles modules, those that are imported before those that import them.
   * Their syntax is known to be right: what fails now has no memory or no stack
   * left, or plays tricks with the library's own names. It ends the guest, which
   * would go on with half of them.
   *
   * @param root the one of them that is prepared already.
   */
  compile(text: string, root: string): void {
    const modules = JSON.parse(text) as readonly GatheredModule[];
    const parts = new Map(
      modules.map(({ name, source, requests }): [string, Part] => [
        name,
        { source: name === root ? source : this.prepare(name, source), requests: new Map(requests) },
      ]),
    );
    this.#compiling = parts;
    this.#compiled = parts;
    try {
      for (const [name, { source }] of parts) {
        // Those of a cycle are compiled when they are first asked for.
        if (this.#begun.has(name)) continue;
        this.#begun.add(name);
        if (this.#compile(name, source)) continue;
        this.#js.free(this.#js.ex.qjs_get_exception());
        this.#keeper.breakOff(this.#lost ?? this.#keeper.memoryRefusal ?? limitError("callDepth", this.#limits));
        return;
      }
    } finally {
      this.#compiling = undefined;
      this.#begun.clear();
    }
  }

  #compile(name: string, source: string): boolean {
    const value = this.#js.evaluate(source, name, EvalFlag.module | EvalFlag.compileOnly);
    if (this.#js.isException(value)) return false;
    this.#js.free(value);
    return true;
  }

  /** Why a source could not be compiled; takes the pending exception. */
  problemIn(source: string): SpellError {
    const js = this.#js;
    const { breach, memoryRefusal } = this.#keeper;
    if (breach !== undefined) return breach;
    const thrown = js.ex.qjs_get_exception();
    const message = js.readText(thrown);
    const stackValue = js.property(thrown, "stack");
    const stack = js.readText(stackValue);
    js.free(stackValue, thrown);
    if (memoryRefusal !== undefined && isWithoutMemory(message)) return memoryRefusal;
    if (message.endsWith(NO_STACK) && wasStackFull(js, this.#limits)) return limitError("callDepth", this.#limits);
    return syntaxError(message, stack, countLines(source));
  }

  /** As `JsPort.resolveModule`. */
  resolve(from: string, specifier: string): string | undefined {
    if (this.#scanned !== undefined) {
      this.#scanned.push(specifier);
      return specifier === END ? undefined : NOTHING;
    }
    const part = this.#compiling?.get(from);
    if (part !== undefined) {
      const name = part.requests.get(specifier);
      if (name === undefined) this.#lost = this.#notFound(specifier, nameInErrors(from), undefined);
      return name;
    }
    return isOwnName(from) ? specifier : importName(nameInErrors(from), specifier);
  }

  /** As `JsPort.moduleSource`. */
  source(name: string): string | undefined {
    const part = this.#compiling?.get(name);
    if (part !== undefined) {
      this.#begun.add(name);
      return part.source;
    }
    if (!name.startsWith(IMPORT)) return undefined;
    return `import { load } from "[llmspell modules]";\nexport const then = load(${name.slice(IMPORT.length + 1, -1)});`;
  }
}

/** The module that stands for an `import()`: the same for the same specifier in the same file. */
const importName = (from: string, specifier: string): string => `${IMPORT}${JSON.stringify([specifier, from])}`;
