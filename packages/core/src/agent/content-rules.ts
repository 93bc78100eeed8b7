import { SpellError, toSpellError } from "@llmspell/errors";
import { tryParseJson, type JsonSchema } from "../json.js";
import { isTimeLimit, timed } from "../time-limit.js";
import type { Guardrail } from "./guardrails.js";

/** What happens to a text that breaks a rule: it is refused, passed on with a note, or passed on without what broke it. */
export type RuleAction = "block" | "warn" | "redact";

/** What is looked for in a text. */
export type ContentTest =
  /** Places that match; `ignoreCase` is false by default. */
  | { type: "regex"; pattern: string; ignoreCase?: boolean }
  /** Words or phrases, in whatever case, not inside of other words. */
  | { type: "keyword"; keywords: readonly string[] }
  /** Characters. */
  | { type: "length"; min?: number; max?: number }
  /** JSON that does not match, and what is no JSON. */
  | { type: "schema"; schema: JsonSchema }
  /** What is wrong in words; `replace` is the text without it. */
  | { type: "fn"; check: (text: string) => Promise<{ message: string; replace?: string } | undefined> };

export interface ContentRule {
  id: string;
  /** `block` by default. */
  action?: RuleAction;
  /** What is said when it is broken. */
  message?: string;
  test: ContentTest;
}

export interface Violation {
  rule: string;
  action: RuleAction;
  message: string;
}

export interface ContentVerdict {
  /** Whether no rule blocks it. */
  allowed: boolean;
  violations: Violation[];
  /** The text without what was redacted, when something was. */
  redacted?: string;
}

/** A rule that was looked at: it can be used. */
export interface CompiledRule {
  readonly id: string;
  readonly action: RuleAction;
  find(text: string): Promise<{ message: string; replace: string } | undefined>;
}

// As in schema/guard.ts: what V8 compiles without the danger of running out of stack.
const LONGEST_PATTERN = 1000;
const REDACTED = "[redacted]";

/** @throws SpellError `INVALID_ARGUMENT` for a rule that cannot be used. */
export function compileRule({ id, action = "block", message, test }: ContentRule): CompiledRule {
  const find = finderOf(id, test);
  return {
    id,
    action,
    async find(text) {
      const found = await find(text);
      return found && { message: message ?? found.message, replace: found.replace };
    },
  };
}

type Find = (text: string) => Promise<{ message: string; replace: string } | undefined>;

function finderOf(id: string, test: ContentTest): Find {
  switch (test.type) {
    case "regex":
      return expressionFinder(id, compile(id, test.pattern, test.ignoreCase === true ? "giu" : "gu"));
    case "keyword":
      return expressionFinder(id, keywords(id, test.keywords));
    case "length":
      return lengthFinder(test);
    case "schema":
      return schemaFinder(test.schema);
    case "fn":
      return async (text) => {
        const found = await test.check(text);
        return found && { message: found.message, replace: found.replace ?? REDACTED };
      };
  }
}

function compile(id: string, pattern: string, flags: string): RegExp {
  if (pattern === "" || pattern.length > LONGEST_PATTERN)
    throw invalid(id, `its pattern must have 1 to ${LONGEST_PATTERN} characters`);
  try {
    return new RegExp(pattern, flags);
  } catch {
    throw invalid(id, "its pattern is no regular expression");
  }
}

function keywords(id: string, words: readonly string[]): RegExp {
  if (words.length === 0 || words.includes("")) throw invalid(id, "it needs keywords, none of them empty");
  const escaped = words.map((word) => word.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`));
  return compile(id, String.raw`(?<![\p{L}\p{N}_])(?:${escaped.join("|")})(?![\p{L}\p{N}_])`, "giu");
}

function expressionFinder(id: string, expression: RegExp): Find {
  return async (text) => {
    try {
      const replace = timed(() => text.replaceAll(expression, () => REDACTED));
      return replace === text ? undefined : { message: `it has what '${id}' forbids`, replace };
    } catch (error) {
      // What cannot be checked is not let through.
      if (isTimeLimit(error)) return { message: `'${id}' takes too long to check`, replace: REDACTED };
      throw error;
    }
  };
}

function lengthFinder({ min = 0, max = Number.POSITIVE_INFINITY }: { min?: number; max?: number }): Find {
  return async (text) => {
    if (text.length > max)
      return { message: `it has ${text.length} characters, ${max} are allowed`, replace: text.slice(0, max) };
    if (text.length < min) return { message: `it has ${text.length} characters, ${min} are needed`, replace: text };
    return undefined;
  };
}

function schemaFinder(schema: JsonSchema): Find {
  return async (text) => {
    const parsed = tryParseJson(text);
    if (parsed === undefined) return { message: "it is no JSON", replace: REDACTED };
    const { describeErrors, validateJson } = await import("../schema/validate.js");
    const { valid, errors } = await validateJson(schema, parsed.value);
    return valid ? undefined : { message: describeErrors(errors), replace: REDACTED };
  };
}

/**
 * Checks a text by rules, in order; each sees what those before have redacted. A rule that fails
 * blocks: a text that was not checked is not let through.
 */
export async function checkContent(text: string, rules: readonly CompiledRule[]): Promise<ContentVerdict> {
  const violations: Violation[] = [];
  let current = text;
  for (const { id, action, find } of rules) {
    try {
      const found = await find(current);
      if (found === undefined) continue;
      violations.push({ rule: id, action, message: found.message });
      if (action === "redact") current = found.replace;
    } catch (error) {
      violations.push({ rule: id, action: "block", message: `'${id}' failed: ${toSpellError(error).message}` });
    }
  }
  return {
    allowed: violations.every(({ action }) => action !== "block"),
    violations,
    ...(current === text ? {} : { redacted: current }),
  };
}

/** The rule as a guardrail of agents. `onWarn` is told of what passes with a note. */
export function ruleGuardrail(
  rule: CompiledRule,
  on: NonNullable<Guardrail["on"]>,
  onWarn: (violation: Violation) => void = () => {},
): Guardrail {
  return {
    name: rule.id,
    on,
    async check(text) {
      const { allowed, violations, redacted } = await checkContent(text, [rule]);
      const [violation] = violations;
      if (violation === undefined) return undefined;
      if (!allowed) return { block: violation.message };
      if (redacted !== undefined) return { replace: redacted };
      onWarn(violation);
      return undefined;
    },
  };
}

function invalid(id: string, problem: string): SpellError {
  return new SpellError("INVALID_ARGUMENT", `the rule '${id}' cannot be used: ${problem}`);
}
