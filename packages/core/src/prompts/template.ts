import { SpellError, isSpellError } from "@llmspell/errors";
import type { FilterImplOptions, LiquidError } from "liquidjs";
import { plainCopy } from "../formats/plain.js";
import { didYouMean } from "../suggest.js";
import { isTimeLimit, timed, TIME_LIMIT_MS } from "../time-limit.js";

/** Values by name: plain JSON. */
export type TemplateVariables = Readonly<Record<string, unknown>>;

/** Characters of a template. */
const MAX_TEMPLATE = 256 * 1024;
/** Characters that come out, that are captured, and that filters work on. */
const MAX_TEXT = 10_000_000;

/**
 * What a template can do: branches, loops and variables of its own. No tag reads another
 * template, from a file or otherwise.
 */
const TAGS = [..."assign break capture case comment continue cycle echo for if raw unless".split(" "), "#"];

/**
 * Left out are filters that run a value as an expression (`where_exp`, …), that depend on the
 * clock, the time zone or chance (`date`, `sample`, …) and that turn off how values are
 * written (`raw`): the same template with the same values is the same text everywhere.
 */
const FILTERS = (
  "abs append at_least at_most base64_decode base64_encode capitalize ceil compact concat default divided_by downcase " +
  "escape escape_once find find_index first floor group_by has join json jsonify last lstrip map minus modulo newline_to_br " +
  "normalize_whitespace number_of_words plus pop prepend push reject remove remove_first remove_last replace replace_first " +
  "replace_last reverse round rstrip shift size slice slugify sort sort_natural split squish strip strip_html strip_newlines " +
  "sum times to_integer truncate truncatewords uniq unshift upcase url_decode url_encode where"
).split(" ");

/**
 * A text with values in it, in the language [Liquid](https://liquidjs.com): `{{ name }}`,
 * `{% if … %}`, `{% for … %}` and filters. Values go in as data: what looks like
 * template code in them is text. Lists and objects are written as JSON. A text that is
 * not to be believed is set off by `{{ page | untrusted: "web page" }}`, between marks
 * that cannot occur in it: they hold a hash of it.
 *
 * @example
 * await renderTemplate("Translate to {{ language }}: {{ text | untrusted }}", { language: "Finnish", text });
 * @throws SpellError `INVALID_ARGUMENT` for a variable that is missing (`details` are `{name, line, column}`), for
 *   malformed code, a filter that fails, a value that is not plain JSON, more than 256 K characters of template or 10 M of text, or
 *   two seconds of work.
 */
export async function renderTemplate(template: string, variables: TemplateVariables = {}): Promise<string> {
  const engine = await loadLiquid();
  // A copy: no getter, method or inherited field of a value is ever used.
  const values = plainCopy("json", variables) as Record<string, unknown>;
  const render = (): string => engine.renderSync(engine.parse(checked(template)), values) as string;
  return guarded(Object.keys(values), () => (isLinear(template) ? render() : timed(render)));
}

/**
 * The names of the variables that a template uses, in order of their first use.
 *
 * @throws SpellError `INVALID_ARGUMENT` for malformed code.
 */
export async function templateVariables(template: string): Promise<string[]> {
  const engine = await loadLiquid();
  return guarded([], () => timed(() => engine.globalVariablesSync(engine.parse(checked(template)))));
}

/**
 * The variables that a template uses, each with the name of its field that is used; without one for all of it.
 *
 * @throws SpellError `INVALID_ARGUMENT` for malformed code.
 */
export async function templatePaths(template: string): Promise<[name: string, field?: string][]> {
  const engine = await loadLiquid();
  const paths = guarded([], () => timed(() => engine.globalVariableSegmentsSync(engine.parse(checked(template)))));
  return paths.map(([name, field]) => {
    const named = typeof field === "string" || typeof field === "number";
    return named ? [String(name), String(field)] : [String(name)];
  });
}

/**
 * Whether the time for rendering is bounded by the sizes of template and values, so that no clock
 * need watch it: that takes 300 µs, rendering 20 (measured on Node 20).
 */
const isLinear = (template: string): boolean =>
  template.length <= 10_000 && !/\{%|\|(?!\s*(?:default|json|untrusted)\b)/.test(template);

let loading: ReturnType<typeof createLiquid> | undefined;
const loadLiquid = (): ReturnType<typeof createLiquid> => (loading ??= createLiquid());

async function createLiquid() {
  const [{ Liquid }, { createHash }] = await Promise.all([import("liquidjs"), import("node:crypto")]);
  const engine = new Liquid({
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    memoryLimit: MAX_TEXT,
    outputEscape: (value: unknown) => {
      if (typeof value !== "object" || value === null) return value as string;
      checkTextOf(value);
      return JSON.stringify(value);
    },
    // Nothing reads files, and this says so a second time.
    templates: {},
  });
  keepOnly(engine.tags, TAGS);
  keepOnly(engine.filters, FILTERS);
  // The limit of the library counts neither what is written nor the texts in lists.
  for (const [name, filter] of Object.entries(engine.filters)) engine.filters[name] = bounded(filter);
  const { renderer } = engine;
  const render = renderer.renderTemplates.bind(renderer);
  renderer.renderTemplates = (templates, context, emitter = boundedEmitter()) => render(templates, context, emitter);
  engine.registerFilter("untrusted", (value: unknown, label: unknown = "data") => {
    const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
    const name = `untrusted-${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
    return `<${name} what=${JSON.stringify(String(label))}>\n${text}\n</${name}>`;
  });
  return engine;
}

/** Without a prototype, so that `constructor` is no name either. */
function keepOnly(table: object, names: readonly string[]): void {
  for (const name of Object.keys(table)) if (!names.includes(name)) Reflect.deleteProperty(table, name);
  Object.setPrototypeOf(table, null);
}

function bounded(filter: FilterImplOptions): FilterImplOptions {
  const handler = typeof filter === "function" ? filter : filter.handler;
  const checking: typeof handler = function checking(...values) {
    for (const value of values) checkTextOf(value);
    return handler.apply(this, values);
  };
  return typeof filter === "function" ? checking : { ...filter, handler: checking };
}

/** Ends the rendering before a native function that cannot be interrupted works on more than {@link MAX_TEXT}. */
function checkTextOf(value: unknown): void {
  let size = 0;
  for (const left = [value]; left.length > 0 && size <= MAX_TEXT; size++) {
    const next = left.pop();
    if (typeof next === "string") size += next.length;
    else if (typeof next === "object" && next !== null) for (const inner of Object.values(next)) left.push(inner);
  }
  if (size > MAX_TEXT) throw onTheWay();
}

function boundedEmitter(): { buffer: string; write(text: unknown): void } {
  return {
    buffer: "",
    write(text) {
      this.buffer += String(text ?? "");
      if (this.buffer.length > MAX_TEXT) throw onTheWay();
    },
  };
}

function checked(template: string): string {
  if (typeof template !== "string") throw new SpellError("INVALID_ARGUMENT", "a template must be a text");
  if (template.length > MAX_TEMPLATE) throw tooMuch(`it has more than ${MAX_TEMPLATE} characters`);
  return template;
}

/** `work` with the errors of the template language as ours. */
function guarded<T>(given: readonly string[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isTimeLimit(error)) throw tooMuch(`it takes longer than ${TIME_LIMIT_MS} ms`);
    if (!isLiquidError(error)) throw error;
    throw described(error, given);
  }
}

/** Errors of liquidjs, which come out of another realm of `vm`. */
const isLiquidError = (error: unknown): error is LiquidError =>
  error instanceof Error && typeof (error as Partial<LiquidError>).token?.getPosition === "function";

function described(
  { name: kind, token, originalError, message: whole }: LiquidError,
  given: readonly string[],
): SpellError {
  const [line = 1, column = 1] = token.getPosition();
  const name = (originalError as { variableName?: unknown } | undefined)?.variableName;
  if (typeof name === "string") {
    return new SpellError(
      "INVALID_ARGUMENT",
      `the variable '${name}' is missing at line ${line}, column ${column} of the template${didYouMean(name, given)}`,
      { details: { name, line, column } },
    );
  }
  if (isSpellError(originalError)) return originalError;
  if (originalError instanceof RangeError) return tooMuch("it is nested too deep");
  const message = originalError?.message ?? whole.replace(/, line:\d+, col:\d+$/, "");
  if (/limit exceeded/.test(message)) return onTheWay();
  const what = kind === "RenderError" ? "cannot be rendered" : "is malformed";
  return new SpellError("INVALID_ARGUMENT", `the template ${what} at line ${line}, column ${column}: ${message}`, {
    details: { line, column },
  });
}

const onTheWay = (): SpellError => tooMuch(`it makes more than ${MAX_TEXT} characters`);

function tooMuch(reason: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", `the template is too much: ${reason}`);
}
