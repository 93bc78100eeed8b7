import { SpellError } from "@llmspell/errors";
import { readField } from "../events/read-field.js";
import { matchesGlob } from "../glob.js";
import { isRecord, sameJson } from "../json.js";

/** One rule of a policy. In the lists `*` stands for any text; a list that is left out fits everything. */
export interface PolicyRule {
  effect: "allow" | "deny";
  /** Names of users, or `role:admin` for those who have the role. */
  subjects?: readonly string[];
  resources?: readonly string[];
  actions?: readonly string[];
  /** Values that fields such as `user.department` must have; of a list, one of them. */
  conditions?: Readonly<Record<string, unknown>>;
}

export interface Policy {
  readonly id: string;
  readonly rules: readonly PolicyRule[];
}

/** Who asks: a name, or an object with an `id` or `name`, `roles` and whatever conditions look at. */
export type Subject = string | Readonly<Record<string, unknown>>;

export interface PolicyDecision {
  readonly allowed: boolean;
  /** The policy that decided; none when no rule fits. */
  readonly policy?: string;
  readonly reason: string;
}

export interface Policies {
  /** @throws SpellError `VALIDATION_FAILED` that names the rule and the field. */
  add(rules: readonly PolicyRule[]): Policy;
  /** A rule that denies wins; what no rule allows is denied. */
  check(user: Subject, resource: string, action: string): PolicyDecision;
  readonly list: readonly Policy[];
}

const MOST_RULES = 10_000;

export function createPolicies(): Policies {
  const policies: Policy[] = [];
  let rules = 0;
  return {
    list: policies,
    add(given) {
      const checked = given.map(checkedRule);
      rules += checked.length;
      if (rules > MOST_RULES) throw new SpellError("VALIDATION_FAILED", `there can be at most ${MOST_RULES} rules`);
      if (checked.length === 0) throw new SpellError("VALIDATION_FAILED", "a policy needs at least one rule");
      const policy = Object.freeze({ id: `policy-${policies.length + 1}`, rules: Object.freeze(checked) });
      policies.push(policy);
      return policy;
    },
    check(user, resource, action) {
      const names = namesOf(user);
      const fields = { user: isRecord(user) ? user : { id: user }, resource, action };
      const fits = (rule: PolicyRule): boolean =>
        anyOf(rule.subjects, names) &&
        anyOf(rule.resources, [resource]) &&
        anyOf(rule.actions, [action]) &&
        Object.entries(rule.conditions ?? {}).every(([field, wanted]) =>
          isMet(readField(fields, field.split(".")), wanted),
        );
      const found = (effect: PolicyRule["effect"]): string | undefined =>
        policies.find((policy) => policy.rules.some((rule) => rule.effect === effect && fits(rule)))?.id;
      const denied = found("deny");
      if (denied !== undefined) return { allowed: false, policy: denied, reason: `'${denied}' denies it` };
      const allowed = found("allow");
      if (allowed !== undefined) return { allowed: true, policy: allowed, reason: `'${allowed}' allows it` };
      return { allowed: false, reason: "no policy allows it" };
    },
  };
}

const anyOf = (patterns: readonly string[] | undefined, texts: readonly string[]): boolean =>
  patterns === undefined || patterns.some((pattern) => texts.some((text) => matchesGlob(pattern, text)));

const isMet = (value: unknown, wanted: unknown): boolean =>
  value !== undefined && (Array.isArray(wanted) ? wanted.some((one) => sameJson(value, one)) : sameJson(value, wanted));

function namesOf(user: Subject): string[] {
  if (typeof user === "string") return isRole(user) ? [] : [user];
  const names = [user["id"], user["name"]].filter((name) => typeof name === "string" && !isRole(name)) as string[];
  const roles = Array.isArray(user["roles"]) ? user["roles"] : [];
  return [...names, ...roles.filter((role) => typeof role === "string").map((role) => `role:${role}`)];
}

/** A user must not get a role by being called like one. */
const isRole = (name: unknown): boolean => typeof name === "string" && name.startsWith("role:");

function checkedRule(rule: PolicyRule, index: number): PolicyRule {
  const fail = (problem: string): SpellError => new SpellError("VALIDATION_FAILED", `rule ${index + 1}: ${problem}`);
  const { effect, conditions } = rule;
  if (effect !== "allow" && effect !== "deny") throw fail("'effect' must be allow or deny");
  for (const field of ["subjects", "resources", "actions"] as const) {
    const list = rule[field];
    const isRight =
      list === undefined || (list.length > 0 && list.every((text) => typeof text === "string" && text !== ""));
    if (!isRight) throw fail(`'${field}' must be a list of texts`);
  }
  if (conditions !== undefined && !isRecord(conditions)) throw fail("'conditions' must be a table of values by field");
  return Object.freeze(structuredClone(rule));
}
