import { SpellError } from "@llmspell/errors";
import { readField } from "../events/read-field.js";
import { globMatcher } from "../glob.js";
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
  /** @throws SpellError `VALIDATION_FAILED` that names the rule and the field, and above 10,000 rules or texts with `*`. */
  add(rules: readonly PolicyRule[]): Policy;
  /**
   * A rule that denies wins; what no rule allows is denied.
   *
   * @throws SpellError `INVALID_ARGUMENT` for more than 1000 roles, or a text of more than 10,000 characters.
   */
  check(user: Subject, resource: string, action: string): PolicyDecision;
  readonly list: readonly Policy[];
}

const MOST_RULES = 10_000;
// Each text of who asks is held against each text with `*`.
const MOST_PATTERNS = 10_000;
const LONGEST_PATTERN = 1000;
const MOST_NAMES = 1000;
const LONGEST_TEXT = 10_000;

export function createPolicies(): Policies {
  const policies: Policy[] = [];
  const known: { id: string; effect: PolicyRule["effect"]; fits: Fits }[] = [];
  let patterns = 0;
  return {
    list: policies,
    add(given) {
      const checked = given.map(checkedRule);
      if (known.length + checked.length > MOST_RULES)
        throw new SpellError("VALIDATION_FAILED", `there can be at most ${MOST_RULES} rules`);
      if (checked.length === 0) throw new SpellError("VALIDATION_FAILED", "a policy needs at least one rule");
      const globs = checked.flatMap(globsOf).length;
      if (patterns + globs > MOST_PATTERNS)
        throw new SpellError("VALIDATION_FAILED", `there can be at most ${MOST_PATTERNS} texts with '*' in all rules`);
      const policy = Object.freeze({ id: `policy-${policies.length + 1}`, rules: Object.freeze(checked) });
      policies.push(policy);
      patterns += globs;
      for (const rule of checked) known.push({ id: policy.id, effect: rule.effect, fits: fitsOf(rule) });
      return policy;
    },
    check(user, resource, action) {
      const names = namesOf(user);
      if (names.length > MOST_NAMES)
        throw new SpellError("INVALID_ARGUMENT", `a user has at most ${MOST_NAMES} roles, not ${names.length}`);
      if ([...names, resource, action].some((text) => text.length > LONGEST_TEXT))
        throw new SpellError("INVALID_ARGUMENT", `what is checked has at most ${LONGEST_TEXT} characters`);
      const fields = { user: isRecord(user) ? user : { id: user }, resource, action };
      const found = (wanted: PolicyRule["effect"]): string | undefined =>
        known.find(({ effect, fits }) => effect === wanted && fits(names, fields))?.id;
      const denied = found("deny");
      if (denied !== undefined) return { allowed: false, policy: denied, reason: `'${denied}' denies it` };
      const allowed = found("allow");
      if (allowed !== undefined) return { allowed: true, policy: allowed, reason: `'${allowed}' allows it` };
      return { allowed: false, reason: "no policy allows it" };
    },
  };
}

type Fits = (names: readonly string[], fields: Readonly<Record<"resource" | "action", string>>) => boolean;

const isGlob = (text: string): boolean => text.includes("*");
const globsOf = ({ subjects = [], resources = [], actions = [] }: PolicyRule): string[] =>
  [subjects, resources, actions].flat().filter(isGlob);

function fitsOf({ subjects, resources, actions, conditions = {} }: PolicyRule): Fits {
  const [ofSubjects, ofResources, ofActions] = [anyOf(subjects), anyOf(resources), anyOf(actions)];
  return (names, fields) =>
    ofSubjects(names) &&
    ofResources([fields.resource]) &&
    ofActions([fields.action]) &&
    Object.entries(conditions).every(([field, wanted]) => isMet(readField(fields, field.split(".")), wanted));
}

function anyOf(patterns: readonly string[] | undefined): (texts: readonly string[]) => boolean {
  if (patterns === undefined) return () => true;
  const exact = new Set(patterns.filter((pattern) => !isGlob(pattern)));
  const globs = patterns.filter(isGlob).map(globMatcher);
  return (texts) => texts.some((text) => exact.has(text) || globs.some((fits) => fits(text)));
}

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
    if (list?.some((text) => isGlob(text) && text.length > LONGEST_PATTERN) === true)
      throw fail(`'${field}' has a text with '*' of more than ${LONGEST_PATTERN} characters`);
  }
  if (conditions !== undefined && !isRecord(conditions)) throw fail("'conditions' must be a table of values by field");
  return Object.freeze(structuredClone(rule));
}
