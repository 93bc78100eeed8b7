import { ERROR_CODES, SpellError } from "@llmspell/errors";
import { bounded, isRecord } from "../json.js";
import { BACKOFF_STRATEGIES } from "../resilience/backoff.js";
import { didYouMean } from "../suggest.js";
import { KIND_FIELDS, kindFields, type KindField, type Workflow } from "./definition.js";
import type { Language } from "./languages.js";
import { isOwnName, RULES } from "./mapping.js";
import { isVariableName } from "./scope.js";

/** What is wrong with a definition, and where: `steps[2].do[0].input`. */
export interface WorkflowProblem {
  at: string;
  message: string;
}

interface Found<T> {
  at: string;
  value: T;
}

/** What one walk over a definition finds: problems, and everything whose meaning depends on something else. */
export interface Findings {
  problems: WorkflowProblem[];
  sources: Found<{ language: Language; source: string }>[];
  transforms: Found<string>[];
  agents: Found<string>[];
  tools: Found<string>[];
  scripts: Found<string>[];
  workflows: Found<string>[];
  /** Places of functions and objects, which have no form as text. */
  unwritable: string[];
}

interface Walk extends Findings {
  ids: Set<string>;
  /** Ids of steps that say none. */
  byPlace: Found<string>[];
  /** The id of the step around the place; empty in a workflow itself. */
  around: string;
  variables: Set<string>;
  directs: Found<string>[];
  /** Workflows that the place is inside of. */
  within: object[];
  depth: number;
}

type Check = (value: unknown, at: string, walk: Walk) => void;

/** Definitions come from outside: deeper ones would end the stack. */
const DEEPEST = 50;

/** Checks the form of a definition. */
export function examine(definition: unknown): Findings {
  const walk: Walk = {
    problems: [],
    ids: new Set(),
    byPlace: [],
    around: "",
    variables: new Set(["item", "index"]),
    sources: [],
    directs: [],
    transforms: [],
    agents: [],
    tools: [],
    scripts: [],
    workflows: [],
    unwritable: [],
    within: [],
    depth: 0,
  };
  checkWorkflow(definition, "", walk);
  return walk;
}

/** The error for the problems of a definition. */
export function invalidWorkflow(name: unknown, problems: readonly WorkflowProblem[]): SpellError {
  const told = problems.slice(0, 5).map(({ at, message }) => (at === "" ? message : `${at}: ${message}`));
  if (problems.length > told.length) told.push(`and ${problems.length - told.length} more`);
  const what = typeof name === "string" ? `workflow '${bounded(name, 100)}'` : "the workflow";
  return new SpellError("VALIDATION_FAILED", `${what} is not valid: ${told.join("; ")}`, { details: { problems } });
}

const says = (message: string, fits: (value: unknown) => boolean): Check => {
  return (value, at, { problems }) => {
    if (!fits(value)) problems.push({ at, message });
  };
};
const text = says("it must be a text", (value) => typeof value === "string");
const filledText = says("it must be a text that is not empty", (value) => typeof value === "string" && value !== "");
const flag = says("it must be true or false", (value) => typeof value === "boolean");
const count = says("it must be a whole number above 0", (value) => Number.isSafeInteger(value) && Number(value) > 0);
const above0 = says("it must be a number above 0", (value) => typeof value === "number" && value > 0);
const atLeast0 = says("it must be a number of 0 or more", (value) => typeof value === "number" && value >= 0);
const object = says("it must be an object", isRecord);
const variable = says("a variable's name is a letter and up to 63 letters, digits and '_'", (value) =>
  isVariableName(String(value)),
);

const named: Check = (value, at, walk) => {
  variable(value, at, walk);
  walk.variables.add(String(value));
};

/** An object whose fields are known; `needed` must be there. */
const fieldsOf =
  (fields: Readonly<Record<string, Check>>, ...needed: string[]): Check =>
  (value, at, walk) => {
    if (!isRecord(value)) return void walk.problems.push({ at, message: "it must be an object" });
    const inside = (name: string): string => (at === "" ? name : `${at}.${name}`);
    for (const [name, inner] of Object.entries(value)) {
      const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (inner === undefined) continue;
      if (check !== undefined) check(inner, inside(name), walk);
      else {
        const guess = didYouMean(name, Object.keys(fields));
        walk.problems.push({ at, message: `there is no field '${bounded(name, 100)}' here${guess}` });
      }
    }
    for (const name of needed)
      if (value[name] === undefined) walk.problems.push({ at, message: `'${name}' is missing` });
  };

const byName =
  (check: Check, name: Check = () => {}): Check =>
  (value, at, walk) => {
    if (!isRecord(value)) return void walk.problems.push({ at, message: "it must be an object" });
    for (const [key, inner] of Object.entries(value)) {
      name(key, `${at}.${key}`, walk);
      check(inner, `${at}.${key}`, walk);
    }
  };

const source =
  (language: Language): Check =>
  (value, at, walk) => {
    filledText(value, at, walk);
    if (typeof value === "string") walk.sources.push({ at, value: { language, source: value } });
  };

const note =
  (list: "directs" | "transforms" | "agents" | "tools" | "scripts" | "workflows"): Check =>
  (value, at, walk) => {
    filledText(value, at, walk);
    if (typeof value === "string") walk[list].push({ at, value });
  };

const RULE_FIELDS: Readonly<Record<(typeof RULES)[number] | "fields" | "of", Check>> = {
  direct: note("directs"),
  path: source("path"),
  template: (value, at, walk) => {
    text(value, at, walk);
    if (typeof value === "string") walk.sources.push({ at, value: { language: "template", source: value } });
  },
  expression: source("expression"),
  constant: () => {},
  transform: note("transforms"),
  of: (value, at, walk) => mapping(value, at, walk),
  fields: (value, at, walk) => byName(mapping)(value, at, walk),
};

const deeper = (at: string, walk: Walk, work: () => void): void => {
  if (walk.depth >= DEEPEST) {
    walk.problems.push({ at, message: `it is nested more than ${DEEPEST} levels deep` });
    return;
  }
  walk.depth++;
  work();
  walk.depth--;
};

const mapping: Check = (value, at, walk) => {
  const rules = isRecord(value) ? Object.keys(value).filter((key) => key !== "of") : [];
  const [rule] = rules;
  if (!isRecord(value) || rule === undefined || rules.length > 1 || !Object.hasOwn(RULE_FIELDS, rule)) {
    const known = [...RULES, "fields"];
    const guess = rule === undefined ? "" : didYouMean(rule, known);
    walk.problems.push({ at, message: `it must be an object with one of ${known.join(", ")}${guess}` });
    return;
  }
  if ("of" in value && rule !== "transform") walk.problems.push({ at, message: "'of' belongs to 'transform'" });
  deeper(at, walk, () => fieldsOf(RULE_FIELDS)(value, at, walk));
};

const script = { script: filledText, language: note("scripts") };

const condition: Check = (value, at, walk) => {
  if (typeof value === "function") walk.unwritable.push(at);
  else if (typeof value === "string") source("expression")(value, at, walk);
  else if (isRecord(value) && "path" in value) fieldsOf({ path: source("path") })(value, at, walk);
  else if (isRecord(value) && "script" in value) fieldsOf(script, "language")(value, at, walk);
  else walk.problems.push({ at, message: "it must be an expression, {path} or {script, language}" });
};

const CATEGORIES = new Set<string>(Object.values(ERROR_CODES).map(([category]) => category));
const errorFilter: Check = (value, at, walk) => {
  if (!Array.isArray(value))
    return void walk.problems.push({ at, message: "it must be a list of codes or categories" });
  for (const name of value.map(String)) {
    if (Object.hasOwn(ERROR_CODES, name) || CATEGORIES.has(name)) continue;
    const guess = didYouMean(name, [...Object.keys(ERROR_CODES), ...CATEGORIES]);
    walk.problems.push({ at, message: `there is no error code or category '${bounded(name, 100)}'${guess}` });
  }
};

const retry = fieldsOf({
  maxAttempts: count,
  strategy: says(`it must be one of ${BACKOFF_STRATEGIES.join(", ")}`, (value) =>
    (BACKOFF_STRATEGIES as readonly unknown[]).includes(value),
  ),
  initialDelayMs: atLeast0,
  maxDelayMs: atLeast0,
  jitter: flag,
  on: errorFilter,
});
const breaker = fieldsOf({ name: filledText, failures: count, resetMs: atLeast0, trials: count, on: errorFilter });

const reference =
  (list: "agents" | "tools", method: string): Check =>
  (value, at, walk) => {
    if (typeof value === "string") return note(list)(value, at, walk);
    if (typeof (value as Record<string, unknown> | null)?.[method] === "function") walk.unwritable.push(at);
    else walk.problems.push({ at, message: `it must be a name, or an object with a function '${method}'` });
  };

const stepsBelow =
  (part: "" | ".else"): Check =>
  (value, at, walk) => {
    if (!Array.isArray(value) || value.length === 0)
      return void walk.problems.push({ at, message: "it must be a list of at least one step" });
    const { around } = walk;
    value.forEach((inner, index) => checkStep(inner, `${at}[${index}]`, walk, placeId(around + part, index)));
  };
const steps = stepsBelow("");

const stepFor =
  (part: "fallback" | "compensate"): Check =>
  (value, at, walk) =>
    checkStep(value, at, walk, `${walk.around}.${part}`);

const numberOrMapping: Check = (value, at, walk) => {
  if (typeof value !== "number") return mapping(value, at, walk);
  if (!Number.isSafeInteger(value)) walk.problems.push({ at, message: "it must be a whole number" });
};

/** The id of a step that says none: of the step around it, if there is one, and its place there. */
export const placeId = (around: string, index: number): string =>
  around === "" ? `step-${index + 1}` : `${around}.${index + 1}`;

const id: Check = (value, at, walk) => {
  if (typeof value !== "string" || !/^[A-Za-z0-9][\w.-]{0,99}$/.test(value))
    walk.problems.push({ at, message: "an id is a letter or digit and up to 99 letters, digits, '_', '-' and '.'" });
  else if (walk.ids.has(value)) walk.problems.push({ at, message: `two steps are named '${value}'` });
  else walk.ids.add(value);
};

const ANY_FIELDS: Readonly<Record<string, Check>> = {
  id,
  input: mapping,
  output: mapping,
  set: byName(mapping, named),
  timeoutMs: above0,
  fallback: stepFor("fallback"),
  fallbackOn: errorFilter,
  compensate: stepFor("compensate"),
};
const WORK_FIELDS = { ...ANY_FIELDS, retry, breaker };
const LOOP_FIELDS = { ...ANY_FIELDS, do: steps, maxIterations: count, break: condition };

const STEP: Readonly<Record<KindField, Check>> = {
  agent: fieldsOf({ ...WORK_FIELDS, agent: reference("agents", "run"), schema: object }),
  tool: fieldsOf({ ...WORK_FIELDS, tool: reference("tools", "execute") }),
  script: fieldsOf({ ...WORK_FIELDS, ...script }, "language"),
  run: (value, at, walk) => {
    // A method may be inherited.
    const { run } = value as Record<string, unknown>;
    if (typeof run !== "function") walk.problems.push({ at, message: "'run' must be a function" });
    else walk.unwritable.push(`${at}.run`);
    fieldsOf({ ...WORK_FIELDS, run: () => {} })(value, at, walk);
  },
  delay: fieldsOf({ ...ANY_FIELDS, delay: atLeast0 }),
  transform: fieldsOf({ ...ANY_FIELDS, transform: mapping }),
  if: fieldsOf({ ...ANY_FIELDS, if: condition, do: steps, else: stepsBelow(".else") }, "do"),
  while: fieldsOf({ ...LOOP_FIELDS, while: condition }, "do"),
  for: fieldsOf(
    {
      ...LOOP_FIELDS,
      for: fieldsOf({ from: numberOrMapping, to: numberOrMapping, by: byCheck(), as: named }, "from", "to"),
    },
    "do",
  ),
  foreach: fieldsOf({ ...LOOP_FIELDS, foreach: mapping, as: named }, "do"),
  parallel: fieldsOf({ ...ANY_FIELDS, parallel: steps, maxConcurrency: count, failFast: flag }),
  sequential: fieldsOf({ ...ANY_FIELDS, sequential: steps, failFast: flag }),
  workflow: fieldsOf({
    ...ANY_FIELDS,
    workflow(value, at, walk) {
      if (typeof value === "string") return note("workflows")(value, at, walk);
      checkWorkflow(value, at, walk);
    },
  }),
};

function byCheck(): Check {
  return says("it must be a whole number other than 0", (value) => Number.isSafeInteger(value) && value !== 0);
}

function checkStep(value: unknown, at: string, walk: Walk, byPlace: string): void {
  if (!isRecord(value)) return void walk.problems.push({ at, message: "a step must be an object" });
  const kinds = kindFields(value);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const known = KIND_FIELDS.join(", ");
    const guesses = Object.keys(value).map((name) => didYouMean(name, KIND_FIELDS));
    const what = kind === undefined ? `needs one of ${known}` : `has more than one of ${known}: ${kinds.join(", ")}`;
    walk.problems.push({ at, message: `a step ${what}${guesses.find((guess) => guess !== "") ?? ""}` });
    return;
  }
  const { around } = walk;
  const own = value["id"];
  if (own === undefined) walk.byPlace.push({ at, value: byPlace });
  walk.around = typeof own === "string" ? own : byPlace;
  deeper(at, walk, () => STEP[kind](value, at, walk));
  walk.around = around;
}

const WORKFLOW = fieldsOf({
  name: filledText,
  description: text,
  pattern: says("it must be sequential or parallel", (value) => value === "sequential" || value === "parallel"),
  steps,
  maxConcurrency: count,
  failFast: flag,
  inputSchema: object,
  variables: byName(() => {}, named),
  timeoutMs: above0,
  maxSteps: count,
  defaults: fieldsOf({ retry, breaker, timeoutMs: above0 }),
});

const checkWorkflow: Check = (value, at, walk) => {
  if (!isRecord(value)) return void walk.problems.push({ at, message: "a workflow must be an object" });
  if (walk.within.includes(value)) return void walk.problems.push({ at, message: "the workflow includes itself" });
  const list = value["steps"];
  if (!Array.isArray(list) || list.length === 0)
    return void walk.problems.push({ at, message: "a workflow needs at least one step in 'steps'" });
  const { ids, byPlace, around, variables, directs } = walk;
  const outer = { ids, byPlace, around, variables, directs };
  // A workflow has names of its own.
  const own = { ids: new Set(), byPlace: [], around: "", variables: new Set(["item", "index"]), directs: [] };
  Object.assign(walk, own);
  walk.within.push(value);
  deeper(at, walk, () => WORKFLOW(value, at, walk));
  walk.within.pop();
  checkPlaces(walk);
  checkDirects(walk);
  Object.assign(walk, outer);
};

/** Two steps of one name would take each other's records. */
function checkPlaces({ problems, ids, byPlace }: Walk): void {
  for (const { at, value } of byPlace) {
    if (ids.has(value))
      problems.push({ at, message: `its place names it '${value}', as another step is: give it an id` });
    ids.add(value);
  }
}

const MOST_GUESSES = 20;

function checkDirects({ problems, directs, ids, variables }: Walk): void {
  const names = new Set([...variables, ...ids]);
  for (const { at, value } of directs) {
    if (isOwnName(value) || names.has(value)) continue;
    // Each guess looks at every name.
    const guess = problems.length < MOST_GUESSES ? didYouMean(value, names) : "";
    problems.push({ at, message: `no variable or step is named '${bounded(value, 100)}'${guess}` });
  }
}

/** Checks the form of a workflow. @throws SpellError `VALIDATION_FAILED` with `problems`. */
export function checkForm(definition: unknown): asserts definition is Workflow {
  const { problems } = examine(definition);
  if (problems.length > 0) throw invalidWorkflow(isRecord(definition) ? definition["name"] : undefined, problems);
}
