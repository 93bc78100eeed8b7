import { didYouMean, scoreTexts, type Tool } from "@llmspell/core";
import type { Bindings, FunctionBinding, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { CodeLanguage, ScriptName } from "./names.js";
import { inLanguage, toolDeclaration, toolLine } from "./tool-declaration.js";

/** Tools that `search` finds at most. */
const MOST_FOUND = 10;

/** The promises of Lua's guest library; JavaScript has its own. */
const PROMISES = "all all_settled any race and_then catch finally async spawn".split(" ");

/** What a script can reach: a function for each tool, by id from 1, then `search` and `describe`. */
export function scriptBindings(names: readonly ScriptName[], language: CodeLanguage): Bindings {
  const own = (name: string, awaitable: boolean): FunctionBinding => ({ name, aliases: [], awaitable });
  const functions = names.map(({ name }, i) => ({ ...own(name, true), id: i + 1 }));
  const catalog = ["search", "describe"].map((name, i) => ({ ...own(name, false), id: names.length + 1 + i }));
  const promises = [...PROMISES.map((name) => own(name, false)), own("await", true)];
  return {
    modules: [
      { name: "tools", aliases: [], functions },
      { name: "catalog", aliases: [], functions: catalog },
      ...(language === "lua" ? [{ name: "promise", aliases: [], functions: promises }] : []),
    ],
    handles: [],
    globals: {
      search: "catalog.search",
      describe: "catalog.describe",
      ...(language === "lua" ? { await: "promise.await" } : {}),
    },
    roots: [],
  };
}

/** The tools of a script, by what it calls them. */
export class ToolCatalog {
  readonly names: readonly ScriptName[];
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #language: CodeLanguage;

  constructor(names: readonly ScriptName[], tools: readonly Tool[], language: CodeLanguage) {
    this.names = names;
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#language = language;
  }

  /** @throws SpellError `NOT_FOUND` for one that is there no more. */
  tool({ name, tool }: ScriptName): Tool {
    const found = this.#tools.get(tool);
    if (found === undefined) throw new SpellError("NOT_FOUND", `the tool '${name}' is there no more`);
    return found;
  }

  #there(): { name: string; tool: Tool }[] {
    return this.names.flatMap(({ name, tool }) => {
      const found = this.#tools.get(tool);
      return found === undefined ? [] : [{ name, tool: found }];
    });
  }

  /** The tools that fit some words best; without words the first ones. */
  search(query: ScriptValue | undefined): ScriptValue {
    const all = this.#there();
    const words = typeof query === "string" ? query : "";
    // The parts of a name are words, and count twice.
    const text = ({ name, tool: { description, tags = [], category = "" } }: (typeof all)[number]): string => {
      const parts = name.replaceAll("_", " ").replaceAll(/([a-z\d])([A-Z])/g, "$1 $2");
      return [parts, parts, description, ...tags, category].join(" ");
    };
    const scores = scoreTexts(all.map(text), words);
    const found = all.map((each, i) => ({ ...each, score: scores[i] ?? 0 }));
    const fits = words.trim() === "" ? found : found.filter(({ score }) => score > 0);
    return fits
      .toSorted((a, b) => b.score - a.score)
      .slice(0, MOST_FOUND)
      .map(({ name, tool }) => ({ name, description: tool.description }));
  }

  /** How a tool is called. @throws SpellError `NOT_FOUND` with a near match. */
  describe(wanted: ScriptValue | undefined): ScriptValue {
    const all = this.#there();
    const asked = typeof wanted === "string" ? wanted.replace(/^tools\./, "") : "";
    const found = all.find(({ name, tool }) => name === asked || tool.name === asked);
    if (found !== undefined)
      return inLanguage([toolDeclaration(found.name, found.tool, this.#language)], this.#language);
    const near = didYouMean(
      asked,
      all.map(({ name }) => name),
    );
    throw new SpellError("NOT_FOUND", `there is no tool '${asked.slice(0, 64)}'${near}; search("…") finds tools`);
  }

  /** Every tool as its language declares it. */
  declarations(): string {
    return inLanguage(
      this.#there().map(({ name, tool }) => toolDeclaration(name, tool, this.#language)),
      this.#language,
    );
  }

  /** Every tool in one line. */
  lines(): string[] {
    return this.#there().map(({ name, tool }) => toolLine(name, tool));
  }
}
