import {
  defined,
  checkContent,
  compileRule,
  guardrailHooks,
  ruleGuardrail,
  slidingWindow,
  type Breaker,
  type CompiledRule,
  type ContentTest,
  type JsonSchema,
  type RateLimiter,
} from "@llmspell/core";
import { SpellError } from "@llmspell/errors";
import { awaitable, defineModule, sync } from "../door/module.js";
import { t } from "../door/types.js";
import { breakerConfig, breakerOf } from "../run/breakers.js";
import { hooksOf } from "../run/core-context.js";
import { perRun } from "../run/per-run.js";
import type { RunContext } from "../run/context.js";
import { toScript } from "./shapes.js";

const ruleType = t.object(
  {
    id: t.name,
    type: t.oneOf("regex", "keyword", "length", "fn", "schema"),
    action: t.optional(t.oneOf("block", "warn", "redact")),
    message: t.optional(t.string),
    pattern: t.optional(t.string),
    ignore_case: t.optional(t.boolean),
    keywords: t.optional(t.list(t.string)),
    min: t.optional(t.integer(0)),
    max: t.optional(t.integer(0)),
    fn: t.optional(t.fn),
    schema: t.optional(t.table),
    scope: t.optional(t.oneOf("input", "output", "both")),
  },
  "ContentRule",
);

type Rule = ReturnType<typeof ruleType.check>;
interface Registered {
  readonly rule: CompiledRule;
  readonly scope: Rule["scope"];
  enabled: boolean;
}

const MOST_RULES = 1000;
const MOST_LIMITS = 1000;

/** The rules of a run; those with a scope guard its agents. */
const rulesOf = perRun((run) => {
  const rules = new Map<string, Registered>();
  const rails = guardrailHooks(() =>
    [...rules.values()].flatMap(({ rule, scope, enabled }) =>
      enabled && scope !== undefined
        ? [ruleGuardrail(rule, scope, ({ message }) => run.log("warn", `${rule.id}: ${message}`, undefined))]
        : [],
    ),
  );
  for (const hook of rails) hooksOf(run).add(hook);
  return rules;
});

const limitersOf = perRun(() => new Map<string, RateLimiter>());

function need<T>(id: string, field: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw new SpellError("INVALID_ARGUMENT", `the rule '${id}' cannot be used: it needs '${field}'`);
}

function testOf(run: RunContext, rule: Rule): ContentTest {
  const { id, type } = rule;
  switch (type) {
    case "regex":
      return { type, pattern: need(id, "pattern", rule.pattern), ignoreCase: rule.ignore_case === true };
    case "keyword":
      return { type, keywords: need(id, "keywords", rule.keywords) };
    case "length":
      need(id, "min' or 'max", rule.min ?? rule.max);
      return {
        type,
        ...defined({ min: rule.min, max: rule.max }),
      };
    case "schema":
      return { type, schema: need(id, "schema", rule.schema) as JsonSchema };
    case "fn": {
      const fn = need(id, "fn", rule.fn);
      return {
        type,
        async check(text) {
          const answer = await run.callGuest(fn, [text]);
          if (answer === null || answer === true) return undefined;
          const message = `it has what '${id}' forbids`;
          if (answer === false) return { message };
          if (typeof answer === "string") return { message: answer };
          const { message: said, replace } = answer as { message?: unknown; replace?: unknown };
          return {
            message: typeof said === "string" ? said : message,
            ...(typeof replace === "string" ? { replace } : {}),
          };
        },
      };
    }
  }
}

const compiled = (run: RunContext, rule: Rule): CompiledRule => {
  const { id, action, message } = rule;
  return compileRule({
    id,
    ...defined({ action, message }),
    test: testOf(run, rule),
  });
};

function switchRule(run: RunContext, id: string, enabled: boolean): undefined {
  const known = rulesOf(run).get(id);
  if (known === undefined) throw new SpellError("NOT_FOUND", `there is no rule '${id}'`);
  known.enabled = enabled;
}

const breaker = { breaker: t.handle<Breaker>("Breaker") };

export const safetyModule = defineModule({
  name: "safety",
  doc: "Rules for what people and models say, limits, circuit breakers.",
  aliases: ["guardrails"],
  functions: {
    check_content: awaitable({
      doc: "Checks a text by the registered rules and by those given; a rule may be a function that waits. A rule that fails blocks.",
      params: { content: t.string, rules: t.optional(t.list(ruleType)) },
      result:
        '{allowed: boolean, violations: list<{rule: string, action: "block" or "warn" or "redact", message: string}>, redacted?: string}',
      aliases: ["observability.guardrails_check"],
      example:
        'return safety.check_content("call 555", { { id = "digits", type = "regex", pattern = "\\\\d+", action = "redact" } }).redacted',
      async call(run, { content, rules = [] }) {
        const registered = [...rulesOf(run).values()].filter(({ enabled }) => enabled).map(({ rule }) => rule);
        return toScript(await checkContent(content, [...registered, ...rules.map((rule) => compiled(run, rule))]));
      },
    }),
    register_rule: sync({
      doc: "Registers a rule for `check_content`; with a scope it also guards what agents of the run are told (`input`), what they answer (`output`), or `both`.",
      params: { rule: ruleType },
      result: "string",
      aliases: ["observability.guardrails_register_rule"],
      example:
        'safety.register_rule({ id = "names", type = "keyword", keywords = { "Voldemort" } }) return safety.check_content("Voldemort").allowed',
      call(run, { rule }) {
        const rules = rulesOf(run);
        if (rules.has(rule.id)) throw new SpellError("ALREADY_EXISTS", `there is a rule '${rule.id}' already`);
        if (rules.size >= MOST_RULES) throw new SpellError("INVALID_STATE", `a run has at most ${MOST_RULES} rules`);
        rules.set(rule.id, { rule: compiled(run, rule), scope: rule.scope, enabled: true });
        return rule.id;
      },
    }),
    enable_rule: sync({
      doc: "Switches a rule on again.",
      params: { id: t.name },
      aliases: ["observability.guardrails_enable_rule"],
      example: 'local id = safety.register_rule({ id = "short", type = "length", max = 9 }) safety.enable_rule(id)',
      call: (run, { id }) => switchRule(run, id, true),
    }),
    disable_rule: sync({
      doc: "Switches a rule off.",
      params: { id: t.name },
      aliases: ["observability.guardrails_disable_rule"],
      example:
        'local id = safety.register_rule({ id = "short", type = "length", max = 1 }) safety.disable_rule(id) return safety.check_content("long").allowed',
      call: (run, { id }) => switchRule(run, id, false),
    }),
    rate_limit: sync({
      doc: "Counts a call, if the limit of calls in the last `window` of time allows it. Calls are counted by key, limit and window.",
      params: { key: t.name, limit: t.integer(1), window: t.duration },
      result: "{allowed: boolean, remaining: integer, reset_ms: number, retry_after_ms: number}",
      example: 'safety.rate_limit("mail", 1, "1m") return safety.rate_limit("mail", 1, "1m").allowed',
      call(run, { key, limit, window }) {
        const limiters = limitersOf(run);
        const name = `${limit}/${window}`;
        let limiter = limiters.get(name);
        if (limiter === undefined) {
          if (limiters.size >= MOST_LIMITS)
            throw new SpellError("INVALID_STATE", `a run has at most ${MOST_LIMITS} rate limits`);
          limiters.set(name, (limiter = slidingWindow({ limit, windowMs: window })));
        }
        const { allowed, remaining, resetMs, retryAfterMs } = limiter.take(key);
        return { allowed, remaining, reset_ms: resetMs, retry_after_ms: retryAfterMs };
      },
    }),
    circuit_breaker: sync({
      doc: "The circuit breaker of a name, the same as of `errors.circuit_breaker`; the first use configures it.",
      params: { name: t.name, config: t.optional(breakerConfig) },
      result: "Breaker",
      example:
        'local b = safety.circuit_breaker("mail", { failures = 1 }) pcall(b.call, b, function() error("down") end) return b:state()',
      call: (run, { name, config = {} }) => run.handles.add("Breaker", breakerOf(run, { ...config, name })),
    }),
  },
  methods: {
    Breaker: {
      call: awaitable({
        doc: "Calls a function; CIRCUIT_OPEN without a call while the breaker is open.",
        params: { ...breaker, fn: t.fn },
        result: "any",
        call: (run, { breaker: it, fn }, signal) => it.call(() => run.callGuest(fn, [], signal)),
      }),
      state: sync({
        doc: '"closed", "open" or "half_open".',
        params: breaker,
        result: '"closed" or "open" or "half_open"',
        call: (_, { breaker: it }) => it.state,
      }),
      reset: sync({
        doc: "Closes it.",
        params: breaker,
        call(_, { breaker: it }) {
          it.reset();
          return undefined;
        },
      }),
    },
  },
});
