import type { Host, Pending, ScriptValue } from "@llmspell/engine";
import { loadModule, type Sources } from "@llmspell/engine/guest-kit";
import { chunkText } from "./chunk-text.js";

/** Asks the host for a module; the answer is what `lua/require.lua` compiles. */
export function loadChunk(
  host: Host,
  sources: Sources,
  args: readonly ScriptValue[],
): ScriptValue | undefined | Pending {
  return loadModule(host, sources, args, (module) => module && { name: module.name, source: chunkText(module.source) });
}
