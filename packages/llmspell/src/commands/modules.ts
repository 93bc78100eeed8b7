import { helpText, MODULES } from "@llmspell/spell";

/** `llmspell modules [name]`: every module, one module, or one function such as `agent.run`. */
export function modulesCommand(name?: string): void {
  process.stdout.write(`${helpText(MODULES, name)}\n`);
}
