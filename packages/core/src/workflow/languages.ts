import { SpellError, isSpellError } from "@llmspell/errors";
import { createBoundedCache } from "../bounded-cache.js";
import { plainCopy } from "../formats/plain.js";
import { bounded, isRecord } from "../json.js";
import { renderTemplate, templatePaths } from "../prompts/template.js";
import { isTimeLimit, timed, TIME_LIMIT_MS } from "../time-limit.js";
import type { WorkflowScope } from "./scope.js";

/** The languages of rules and conditions. None of them can reach anything but the data it is given. */
export type Language = "expression" | "path" | "template";

/** A compiled source. @throws SpellError `INVALID_ARGUMENT` when it cannot be evaluated on this scope. */
export type Evaluate = (scope: WorkflowScope) => unknown;

const LONGEST = 10_000;

// Rules in loops are evaluated many times, and to compile one takes hundreds of microseconds.
const compiled = createBoundedCache<Evaluate>({ maxEntries: 1000, maxSize: 200_000 });

/**
 * Compiles a source, or gives what was compiled before; its library is imported at the first use.
 *
 * @throws SpellError `SYNTAX_ERROR` or, of templates, `INVALID_ARGUMENT` that says what is wrong.
 */
export async function compile(language: Language, source: string): Promise<Evaluate> {
  const key = `${language}:${source}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = await (language === "template" ? compileTemplate(source) : compileRule(RULES[language], source));
  if (source.length <= LONGEST) compiled.set(key, made, { size: source.length });
  return made;
}

async function compileTemplate(source: string): Promise<Evaluate> {
  const paths = await templatePaths(source);
  const used = paths.map(([name]) => name);
  const ids = paths.flatMap(([name, id]) => (name === "steps" ? [id] : []));
  // What a template is given is copied: the outputs of all steps only for one that does not name them. `size` is of all.
  const namesThem = ids.every((id) => id !== undefined && id !== "size");
  return (scope) => {
    const data = part(scope, used);
    if (ids.length === 0) return renderTemplate(source, data);
    // It is rendered later, and `steps` are to be read at once.
    return renderTemplate(source, { ...data, steps: namesThem ? part(scope.steps, ids) : { ...scope.steps } });
  };
}

type Data = Readonly<Record<string, unknown>>;

/** The named part of a scope, or of the outputs in it. The rest is not even made. */
const part = (scope: object, names: readonly (string | undefined)[]): Data =>
  Object.fromEntries(
    names.flatMap((name) =>
      name !== undefined && Object.hasOwn(scope, name) ? [[name, scope[name as keyof typeof scope]]] : [],
    ),
  );

const SCOPE: readonly (keyof WorkflowScope)[] = ["input", "previous", "vars", "steps", "output", "error"];

type Compiler = (source: string) => (data: Data) => unknown;

interface RuleLanguage {
  readonly name: Language;
  readonly title: string;
  /** Whether a source may read all of its scope, not only what it names. */
  readsAll(source: string): boolean;
  /**
   * Whether the time of an evaluation is bounded by the sizes of source and data, so that no clock need watch
   * it: that takes 60 µs, an evaluation 2 (measured on Node 20).
   */
  isLinear(source: string): boolean;
  load(): Promise<Compiler>;
}

async function compileRule(language: RuleLanguage, source: string): Promise<Evaluate> {
  const { name, title, isLinear, readsAll } = language;
  if (source.length > LONGEST)
    throw new SpellError("SYNTAX_ERROR", `the ${title} is longer than ${LONGEST} characters`);
  const compiler = await loadCompiler(language);
  const guarded = <T>(code: "SYNTAX_ERROR" | "INVALID_ARGUMENT", work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (isSpellError(error)) throw error;
      const reason = isTimeLimit(error) ? `it takes longer than ${TIME_LIMIT_MS} ms` : firstLine(error);
      throw new SpellError(code, `the ${title} '${bounded(source, 200)}' cannot be used: ${reason}`, {
        details: { language: name, source: bounded(source, 1000) },
      });
    }
  };
  const run = guarded("SYNTAX_ERROR", () => timed(() => compiler(source)));
  const names = readsAll(source) ? SCOPE : SCOPE.filter((field) => source.includes(field));
  const evaluate = isLinear(source) ? run : (data: Data): unknown => timed(() => run(data));
  return (scope) => guarded("INVALID_ARGUMENT", () => evaluate(part(scope, names)));
}

const compilers = new Map<RuleLanguage, Promise<Compiler>>();

function loadCompiler(language: RuleLanguage): Promise<Compiler> {
  const loaded = compilers.get(language) ?? language.load();
  compilers.set(language, loaded);
  return loaded;
}

const RULES: Readonly<Record<Exclude<Language, "template">, RuleLanguage>> = {
  expression: {
    name: "expression",
    title: "expression",
    readsAll: () => false,
    // Without calls there are no loops and no patterns. A comment may stand between a name and its `(`.
    isLinear: (source) => source.length <= 200 && !/\w\s*\(|\/\//.test(source),
    async load() {
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
        return (data) => plainCopy("json", withNumbers(onAnyNames(run, data)));
      };
    },
  },

  path: {
    name: "path",
    title: "JSONPath",
    // From `$` without a name behind it a path goes everywhere.
    readsAll: (source) => source.includes("..") || !/^(?:[^$]*\$\.[a-zA-Z])*[^$]*$/.test(source),
    isLinear: (source) => /^\$(?:\.[a-zA-Z]\w*|\[\d+\])*$/.test(source),
    async load() {
      const { JSONPathEnvironment } = await import("json-p3");
      const environment = new JSONPathEnvironment();
      return (source) => {
        const query = environment.compile(source);
        const single = query.singularQuery();
        return (data) => {
          const found = query
            .query(data as never)
            .values()
            .map((value) => lasting(value, data));
          return single ? found[0] : found;
        };
      };
    },
  },
};

/** What a path found, also when that is the `steps` of a scope or around it, which change. */
function lasting(value: unknown, data: Data): unknown {
  if (value === data["steps"]) return { ...(value as Data) };
  return value === data ? { ...data, ...("steps" in data ? { steps: { ...(data["steps"] as Data) } } : {}) } : value;
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
};

/** What `run` makes of `data`. The library knows objects by their `constructor`, which a field of that name hides. */
function onAnyNames(run: (data: Data) => unknown, data: Data): unknown {
  try {
    return run(data);
  } catch (error) {
    if (!firstLine(error).startsWith("Unsupported type")) throw error;
    return run(Object.fromEntries(Object.entries(data).map(([name, value]) => [name, withMaps(value)])));
  }
}

/** A copy whose objects with a field `constructor` are maps. */
function withMaps(value: unknown, depth = 0): unknown {
  if (!isRecord(value) && !Array.isArray(value)) return value;
  if (depth > MAX_DEPTH) return value;
  if (Array.isArray(value)) return value.map((item) => withMaps(item, depth + 1));
  const fields = Object.entries(value).map(([name, item]): [string, unknown] => [name, withMaps(item, depth + 1)]);
  return Object.hasOwn(value, "constructor") ? new Map(fields) : Object.fromEntries(fields);
}

/** What is nested deeper is refused where it is copied as JSON. */
const MAX_DEPTH = 100;

/** As JSON has it: integers of CEL are bigints, and a map is an object. */
function withNumbers(value: unknown, depth = 0): unknown {
  if (typeof value === "bigint") {
    if (Number.isSafeInteger(Number(value))) return Number(value);
    throw new SpellError("INVALID_ARGUMENT", "an expression gives an integer beyond 2^53");
  }
  if (depth > MAX_DEPTH) return value;
  if (value instanceof Map) return withNumbers(Object.fromEntries(value), depth);
  if (Array.isArray(value)) return value.map((item) => withNumbers(item, depth + 1));
  const plain = isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value) as null);
  if (!plain) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withNumbers(item, depth + 1)]));
}

function firstLine(error: unknown): string {
  const message = isRecord(error) || error instanceof Error ? String((error as { message?: unknown }).message) : "";
  return bounded(message.split("\n", 1)[0] ?? "", 200);
}
