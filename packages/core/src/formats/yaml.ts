import type * as YamlLibrary from "yaml";
import type { CST, Document, Node, Pair } from "yaml";
import { bounded } from "../json.js";
import { checkDepth, checkedText, syntaxError, type Format, type FormatLimits } from "./format.js";
import { plainCopy } from "./plain.js";
import { timedParse } from "./timed-parse.js";

// A few lines of aliases to aliases can stand for billions of values.
const MAX_ALIASES = 100;

type Yaml = typeof YamlLibrary;

/**
 * YAML 1.2, core schema, one document. Tags beyond the core schema and repeated keys are
 * errors; aliases become copies.
 */
export const yaml: Format = {
  async parse(text, options) {
    const source = checkedText("yaml", text, options);
    const library = await import("yaml");
    return withoutStacks(() => timedParse("yaml", () => read(library, source, options)));
  },

  async stringify(value, options = {}) {
    const { stringify } = await import("yaml");
    const { indent = 2 } = options;
    const plain = plainCopy("yaml", value, options);
    return stringify(plain, { indent: Math.max(1, Math.min(indent, 10)), lineWidth: 0, aliasDuplicateObjects: false });
  },
};

/**
 * The library makes an error for every mistake; their stacks, which nobody sees, take most of the time.
 * To be called around what is timed: where the time ends no `finally` runs.
 */
function withoutStacks<T>(work: () => T): T {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = before;
  }
}

function read(library: Yaml, source: string, limits: FormatLimits | undefined): unknown {
  const composer = new library.Composer({
    version: "1.2",
    schema: "core",
    resolveKnownTags: false,
    logLevel: "silent",
    prettyErrors: false,
    // The library's own check compares each key with each other one.
    uniqueKeys: false,
  });
  const documents = [...composer.compose(tokensOf(library, source, limits), true, source.length)];
  const [document, second] = documents;
  if (document === undefined) return null;
  if (second !== undefined) throw syntaxError("yaml", "a second document starts", source, second.range?.[0]);
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw syntaxError("yaml", bounded(problem.message, 200), source, problem.pos[0]);
  refuseRepeatedKeys(library, document, source);
  try {
    return plainCopy("yaml", document.toJS({ maxAliasCount: MAX_ALIASES }), limits);
  } catch (error) {
    if (error instanceof ReferenceError) throw syntaxError("yaml", bounded(error.message, 200), source);
    throw error;
  }
}

// The document and the scalar in the innermost collection stand on the stack too.
const BESIDE_COLLECTIONS = 2;

/** The syntax tree. Making it and reading it are recursive, so its depth is watched as it grows. */
function tokensOf(library: Yaml, source: string, limits: FormatLimits | undefined): CST.Token[] {
  const parser = new library.Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new library.Lexer().lex(source)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    checkDepth("yaml", parser.stack.length - BESIDE_COLLECTIONS, limits);
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

function refuseRepeatedKeys({ visit, isScalar }: Yaml, document: Document, source: string): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items as Pair<Node, unknown>[]) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name))
          throw syntaxError("yaml", `the key '${bounded(name, 100)}' is there twice`, source, key.range?.[0]);
        seen.add(name);
      }
    },
  });
}
