import { SpellError, isSpellError } from "@llmspell/errors";
import { plainCopy } from "../formats/plain.js";
import { bounded, isRecord } from "../json.js";
import { renderTemplate, templateVariables } from "../prompts/template.js";
import { isTimeLimit, loadTimed, TIME_LIMIT_MS } from "../time-limit.js";

/** The languages of rules and conditions. None of them can reach anything but the data it is given. */
export type Language = "expression" | "path" | "template";

/** A compiled source. @throws SpellError `INVALID_ARGUMENT` when it cannot be evaluated on this data. */
export type Evaluate = (data: Readonly<Record<string, unknown>>) => unknown;

const LONGEST = 10_000;
const TITLES = { expression: "expression", path: "JSONPath" } as const;

/**
 * Compiles a source; its library is imported at the first use.
 *
 * @throws SpellError `SYNTAX_ERROR` or, of templates, `INVALID_ARGUMENT` that says what is wrong.
 */
export async function compile(language: Language, source: string): Promise<Evaluate> {
  if (language === "template") return await compileTemplate(source);
  if (source.length > LONGEST)
    throw new SpellError("SYNTAX_ERROR", `the ${TITLES[language]} is longer than ${LONGEST} characters`);
  const [compiler, timed] = await Promise.all([loadCompiler(language), loadTimed()]);
  const guarded = <T>(code: "SYNTAX_ERROR" | "INVALID_ARGUMENT", work: () => T): T => {
    try {
      return timed(work);
    } catch (error) {
      if (isSpellError(error)) throw error;
      const reason = isTimeLimit(error) ? `it takes longer than ${TIME_LIMIT_MS} ms` : firstLine(error);
      throw new SpellError(code, `the ${TITLES[language]} '${bounded(source, 200)}' cannot be used: ${reason}`, {
        details: { language, source: bounded(source, 1000) },
      });
    }
  };
  const evaluate = guarded("SYNTAX_ERROR", () => compiler(source));
  return (data) => guarded("INVALID_ARGUMENT", () => evaluate(data));
}

async function compileTemplate(source: string): Promise<Evaluate> {
  const used = await templateVariables(source);
  return (data) => renderTemplate(source, Object.fromEntries(used.map((name) => [name, data[name]])));
}

type Compiler = (source: string) => Evaluate;
const compilers = new Map<keyof typeof TITLES, Promise<Compiler>>();

function loadCompiler(language: keyof typeof TITLES): Promise<Compiler> {
  const loaded = compilers.get(language) ?? LOADERS[language]();
  compilers.set(language, loaded);
  return loaded;
}

const LOADERS: Readonly<Record<keyof typeof TITLES, () => Promise<Compiler>>> = {
  async expression() {
    const { Environment } = await import("@marcbachmann/cel-js");
    const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true });
    // CEL keeps whole and fractional numbers apart; in JSON there is one kind.
    for (const [operator, apply] of Object.entries(ARITHMETIC)) {
      const mixed = (a: unknown, b: unknown): number => apply(Number(a), Number(b));
      environment.registerOperator(`double ${operator} int`, mixed);
      environment.registerOperator(`int ${operator} double`, mixed);
    }
    environment.registerOperator("double % double", (a: number, b: number) => a % b);
    return (source) => {
      const checked = environment.check(source);
      if (!checked.valid) throw checked.error ?? new Error("it is malformed");
      const run = environment.parse(source);
      return (data) => plainCopy("json", withNumbers(run(data)));
    };
  },

  async path() {
    const { JSONPathEnvironment } = await import("json-p3");
    const environment = new JSONPathEnvironment();
    return (source) => {
      const query = environment.compile(source);
      const single = query.singularQuery();
      return (data) => {
        const found = query.query(data as never).values();
        return single ? found[0] : found;
      };
    };
  },
};

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
};

/** Integers of CEL are bigints. */
function withNumbers(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    throw new SpellError("INVALID_ARGUMENT", "an expression gives an integer beyond 2^53");
  }
  // What is nested deeper than this is refused by the copy that follows.
  if (depth > 100) return value;
  if (Array.isArray(value)) return value.map((item) => withNumbers(item, depth + 1));
  const plain = isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as null);
  if (!plain) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item, depth + 1)]));
}

function firstLine(error: unknown): string {
  const message = isRecord(error) || error instanceof Error ? String((error as { message?: unknown }).message) : "";
  return bounded(message.split("\n", 1)[0] ?? "", 200);
}
