import { Pending, valueError, type Host, type ScriptModule, type ScriptValue } from "@llmspell/engine";
import type { Sources } from "@llmspell/engine/guest-kit";
import { chunkText } from "./chunk-text.js";

/** What `lua/require.lua` calls the host by; the door's functions have ids from 1. */
export const MODULE_ID = 0;

const NAME = /^[^\n\0]{1,200}$/;

/** Asks the host for a module; the answer is what `require` compiles. */
export function loadModule(
  host: Host,
  sources: Sources,
  [name, from]: readonly ScriptValue[],
): ScriptValue | undefined | Pending {
  // Bytes that are no text are no module's name.
  if (typeof name !== "string" || typeof from !== "string") return undefined;
  const take = (module: ScriptModule | undefined): ScriptValue | undefined => {
    if (module === undefined) return undefined;
    if (!NAME.test(module.name)) throw valueError(["module", "name"], "is no name of 1 to 200 characters");
    sources.add(module.name, module.source);
    return { name: module.name, source: chunkText(module.source) };
  };
  const found = host.loadModule?.(name, from);
  return found instanceof Promise ? new Pending(found.then(take)) : take(found);
}
