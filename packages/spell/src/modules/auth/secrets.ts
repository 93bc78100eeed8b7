import { createAuditTrail, sealing, type AuditTrail, type State } from "@llmspell/core";
import type { ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import { authOf } from "../../run/auth.js";
import type { RunContext } from "../../run/context.js";
import { storedState } from "../../run/storage.js";
import { asData } from "../../run/data-only.js";

/** What outlives the run needs a key that does so too. */
function needKey(run: RunContext, fn: string): void {
  if (run.storage !== undefined && !authOf(run).hasOwnKey)
    throw new SpellError("CONFIG_INVALID", `${fn}: the host has no key to keep this with`);
}

export async function secretsOf(run: RunContext, fn: string): Promise<State> {
  needKey(run, fn);
  return await storedState(run, "llmspell.secrets", async () => ({
    transform: await sealing(await authOf(run).keyFor("secrets")),
  }));
}

async function trailOf(run: RunContext): Promise<AuditTrail> {
  needKey(run, "auth.audit_log");
  const state = await storedState(run, "llmspell.audit");
  return await createAuditTrail(state, { key: await authOf(run).keyFor("audit") });
}

export const secretFunctions = {
  secure_store: awaitable({
    doc: "Keeps data encrypted (AES-256-GCM) with the key of the host; without a value, gives what is kept.",
    needs: { auth: { exactly: "secrets" } },
    params: { key: t.string, value: t.optional(t.any) },
    result: "any",
    example: 'auth.secure_store("api", { token = "t" })\nreturn auth.secure_store("api").token',
    async call(run, { key, value }) {
      const secrets = await secretsOf(run, "auth.secure_store");
      if (value === undefined) return (secrets.get(key) ?? null) as ScriptValue;
      secrets.set(key, asData(value, "auth.secure_store: value"));
      return undefined;
    },
  }),
  audit_log: awaitable({
    doc: "Writes what was done into a trail that can only grow: each entry is signed with the one before it. Gives its id.",
    needs: { auth: { exactly: "audit" } },
    params: { action: t.string, context: t.optional(t.table) },
    result: "string",
    example: 'return auth.audit_log("exported", { rows = 3 })',
    async call(run, { action, context = {} }) {
      const trail = await trailOf(run);
      const { name, runId } = run.info;
      const entry = await trail.append(action, {
        spell: name,
        run: runId,
        data: asData(context, "auth.audit_log: context"),
      });
      return entry.id;
    },
  }),
} as const;
