import { createModels, type ProviderInfo } from "@llmspell/core";
import { toSpellError } from "@llmspell/errors";
import { formatGrant } from "@llmspell/spell";
import { CONFIG_FILE, loadConfig } from "../config.js";
import { ENGINES } from "../engines.js";

/** `llmspell doctor`: what is configured, what is missing, and what to do next. Returns whether all is well. */
export async function doctorCommand(): Promise<boolean> {
  const lines: string[] = [`llmspell on Node ${process.versions.node}`];
  const config = await loadConfig(process.cwd());
  lines.push(
    config.files.length === 0 ? `No ${CONFIG_FILE} and no .env in this folder.` : `Read: ${config.files.join(", ")}`,
  );
  const models = createModels({ config: config.models, env: config.env });

  lines.push("", "Model");
  let healthy = true;
  try {
    const { id, reason, offline } = models.default();
    lines.push(`  ${id} (${reason})`);
    if (offline) lines.push("  This is the offline stand-in: it shows how spells work, but does not think.");
  } catch (error) {
    healthy = false;
    lines.push(`  ! ${toSpellError(error).message}`);
  }
  lines.push("", "Providers", ...models.list().map(providerLine));
  lines.push("", "Engines", ...ENGINES.map(({ name, extensions }) => `  ${name} (${extensions.join(" ")})`));
  const grants =
    config.grants.length === 0 ? "none beside asking the configured model" : config.grants.map(formatGrant).join(", ");
  lines.push("", `Standing grants: ${grants}`);
  lines.push("", "Next: llmspell run examples/hello.lua");
  process.stdout.write(`${lines.join("\n")}\n`);
  return healthy;
}

function providerLine({ name, configured, missing, defaultModel }: ProviderInfo): string {
  const state = configured
    ? `ready${defaultModel === undefined ? "" : `, default model ${defaultModel}`}`
    : (missing ?? "not configured");
  return `  ${configured ? "✓" : "·"} ${name}: ${state}`;
}
