import { createRequire } from "node:module";
import type * as Acorn from "acorn";
import type { Node, Options, Program } from "acorn";

/** A source with counters, and the lines that they stand in. */
export interface Instrumented {
  readonly code: string;
  /** The line of each counter, from 1. */
  readonly lines: readonly number[];
}

/** What is looked at of any node of the syntax tree. */
interface AnyNode extends Node {
  readonly directive?: unknown;
  readonly declaration?: AnyNode | null;
  readonly expression?: unknown;
}

const OPTIONS: Options = {
  ecmaVersion: "latest",
  sourceType: "module",
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  locations: true,
};

/** Where several statements stand behind each other. */
const LISTS = new Set(["Program.body", "BlockStatement.body", "StaticBlock.body", "SwitchCase.consequent"]);

/** Where one statement may stand without braces. */
const SINGLES = new Set([
  "IfStatement.consequent",
  "IfStatement.alternate",
  "ForStatement.body",
  "ForInStatement.body",
  "ForOfStatement.body",
  "WhileStatement.body",
  "DoWhileStatement.body",
]);

/** What does nothing where it stands. */
const IDLE = new Set([
  "BlockStatement",
  "EmptyStatement",
  "ExportAllDeclaration",
  "FunctionDeclaration",
  "ImportDeclaration",
]);

let parse: ((code: string, options: Options) => Program) | undefined;

/** Loaded when somebody asks for coverage. */
function parser(): NonNullable<typeof parse> {
  return (parse ??= (createRequire(import.meta.url)("acorn") as typeof Acorn).parse);
}

/**
 * Puts a counter before every statement, on the line it stands in. A counter is an
 * element of the list that is the global variable `counts`.
 *
 * @returns undefined for a source that the parser cannot read.
 */
export function instrument(code: string, counts: string): Instrumented | undefined {
  try {
    return new Instrumenter(code, counts).result(parser()(code, OPTIONS));
  } catch {
    return undefined; // the guest says what is wrong with it, if anything is
  }
}

interface Insertion {
  readonly at: number;
  readonly text: string;
}

class Instrumenter {
  readonly #code: string;
  readonly #counts: string;
  readonly #lines: number[] = [];
  /** Those at one place in the order in which they stand there. */
  readonly #insertions: Insertion[] = [];

  constructor(code: string, counts: string) {
    this.#code = code;
    this.#counts = counts;
  }

  result(program: Program): Instrumented {
    this.#visit(program);
    let code = "";
    let done = 0;
    for (const { at, text } of this.#insertions.toSorted((a, b) => a.at - b.at)) {
      code += this.#code.slice(done, at) + text;
      done = at;
    }
    return { code: code + this.#code.slice(done), lines: this.#lines };
  }

  #visit(node: AnyNode): void {
    for (const [key, value] of Object.entries(node)) {
      const place = `${node.type}.${key}`;
      if (Array.isArray(value)) for (const child of value) this.#visitChild(node, place, child);
      else this.#visitChild(node, place, value);
    }
  }

  #visitChild(parent: AnyNode, place: string, child: unknown): void {
    if (!isNode(child)) return;
    if (LISTS.has(place) && runs(child)) this.#insert(child.start, `${this.#counter(child)};`);
    if (SINGLES.has(place) && runs(child)) return this.#wrap(child, `{${this.#counter(child)};`, "}");
    if (place === "ArrowFunctionExpression.body" && parent.expression === true) {
      return this.#wrap(child, `(${this.#counter(child)},`, ")");
    }
    this.#visit(child);
  }

  #wrap(node: AnyNode, before: string, after: string): void {
    this.#insert(node.start, before);
    this.#visit(node);
    this.#insert(node.end, after);
  }

  #insert(at: number, text: string): void {
    this.#insertions.push({ at, text });
  }

  #counter(node: AnyNode): string {
    return `${this.#counts}[${this.#lines.push(node.loc?.start.line ?? 1) - 1}]++`;
  }
}

const isNode = (value: unknown): value is AnyNode =>
  typeof value === "object" && value !== null && "type" in value && "start" in value;

function runs({ type, directive, declaration }: AnyNode): boolean {
  if (IDLE.has(type) || directive !== undefined) return false;
  // An export is what it declares.
  return declaration === undefined || (declaration !== null && !IDLE.has(declaration.type));
}
