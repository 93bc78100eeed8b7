import type * as YamlLibrary from "yaml";
import type { Document, Node, Pair } from "yaml";
import { bounded } from "../json.js";
import { loadTimed } from "../time-limit.js";
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
    const [library, timed] = await Promise.all([import("yaml"), loadTimed()]);
    return timedParse(timed, "yaml", () => read(library, source, options));
  },

  async stringify(value, options = {}) {
    const { stringify } = await import("yaml");
    const { indent = 2 } = options;
    const plain = plainCopy("yaml", value, options);
    return stringify(plain, { indent: Math.max(1, Math.min(indent, 10)), lineWidth: 0, aliasDuplicateObjects: false });
  },
};

function read(library: Yaml, source: string, limits: FormatLimits | undefined): unknown {
  // Reading is recursive, so the depth has to be known before.
  checkNesting(new library.Lexer().lex(source), limits);
  const documents = library.parseAllDocuments(source, {
    version: "1.2",
    schema: "core",
    resolveKnownTags: false,
    logLevel: "silent",
    prettyErrors: false,
    // The library's own check compares each key with each other one.
    uniqueKeys: false,
  });
  const [document, second] = documents as readonly Document.Parsed[];
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

const FLOW_START = /^[[{]$/;
const FLOW_END = /^[\]}]$/;
const INDICATOR = /^[-?:]$/;
// Stand for themselves in the stream of lexemes, not for text of the source.
const MARKERS: ReadonlySet<string> = new Set(["\u0002", "\u0018", "\u001f"]);

/**
 * Counts brackets and columns of indentation, which is at least how deep the source nests
 * and at most about twice that; the exact depth is checked on the value.
 */
function checkNesting(lexemes: Iterable<string>, limits: FormatLimits | undefined): void {
  const columns: number[] = [];
  let flow = 0;
  let column = 0;
  let startsBlock = true;
  for (const lexeme of lexemes) {
    if (MARKERS.has(lexeme)) continue;
    if (FLOW_START.test(lexeme)) flow++;
    else if (FLOW_END.test(lexeme)) flow--;
    const isBlank = /^[ \t\r\n]*$/.test(lexeme);
    if (!isBlank && flow <= 0 && startsBlock) {
      while (columns.length > 0 && (columns.at(-1) ?? 0) >= column) columns.pop();
      columns.push(column);
    }
    checkDepth("yaml", (columns.length + Math.max(flow, 0)) / 2, limits);
    if (!isBlank) startsBlock = INDICATOR.test(lexeme) && startsBlock;
    const newline = lexeme.lastIndexOf("\n");
    if (newline >= 0) startsBlock = true;
    column = newline < 0 ? column + lexeme.length : lexeme.length - newline - 1;
  }
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
