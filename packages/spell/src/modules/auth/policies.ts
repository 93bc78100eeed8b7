import { createPolicies, type PolicyRule } from "@llmspell/core";
import { sync } from "../../door/module.js";
import { t } from "../../door/types.js";
import { authOf } from "../../run/auth.js";
import { perRun } from "../../run/per-run.js";
import { toScript } from "../shapes.js";

const rule = t.object(
  {
    effect: t.oneOf("allow", "deny"),
    subjects: t.optional(t.list(t.string)),
    resources: t.optional(t.list(t.string)),
    actions: t.optional(t.list(t.string)),
    conditions: t.optional(t.table),
  },
  "PolicyRule",
);

const policiesOf = perRun((run) => {
  const policies = createPolicies();
  const { rules } = authOf(run);
  if (rules.length > 0) policies.add(rules);
  return policies;
});

export const policyFunctions = {
  check_permission: sync({
    doc: "Whether a user (a name, or a table with id and roles) may do something, by the policies of the host and of this run. What denies wins; what nothing allows is denied.",
    params: { user: t.union(t.string, t.table), resource: t.string, action: t.string },
    result: "{allowed: boolean, policy?: string, reason: string}",
    depends: "run",
    example:
      'auth.create_policy({ { effect = "allow", subjects = { "role:editor" }, resources = { "doc:*" }, actions = { "read" } } })\nreturn auth.check_permission({ id = "ada", roles = { "editor" } }, "doc:1", "read").allowed',
    call: (run, { user, resource, action }) => ({ ...policiesOf(run).check(user, resource, action) }),
  }),
  create_policy: sync({
    doc: "Rules for this run. In subjects (names, or role:name), resources and actions * stands for any text; conditions are values that fields such as user.team must have.",
    params: { rules: t.list(rule) },
    result: "{id: string, rules: list<table>}",
    example: 'return auth.create_policy({ { effect = "deny", actions = { "delete" } } }).id',
    call: (run, { rules }) => toScript(policiesOf(run).add(rules as PolicyRule[])),
  }),
} as const;
