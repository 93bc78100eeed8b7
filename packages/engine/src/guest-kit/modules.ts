import { Pending, valueError, type Host, type ScriptModule, type ScriptValue } from "../index.js";
import type { Sources } from "./sources.js";

/** What a guest library asks its host for modules by; the door's functions have ids from 1. */
export const MODULE_ID = 0;

const NAME = /^[^\n\0]{1,200}$/;

/**
 * Asks the host for the module that `args` (its name, the file that asks) mean.
 *
 * @param take makes of the module what the guest library compiles.
 */
export function loadModule(
  host: Host,
  sources: Sources,
  [name, from]: readonly ScriptValue[],
  take: (module: ScriptModule | undefined) => ScriptValue | undefined,
): ScriptValue | undefined | Pending {
  // Bytes that are no text are no module's name.
  if (typeof name !== "string" || typeof from !== "string") return take(undefined);
  const taken = (module: ScriptModule | undefined): ScriptValue | undefined => {
    if (module === undefined) return take(undefined);
    if (!NAME.test(module.name)) throw valueError(["module", "name"], "is no name of 1 to 200 characters");
    sources.add(module.name, module.source);
    return take(module);
  };
  const found = host.loadModule?.(name, from);
  return found instanceof Promise ? new Pending(found.then(taken)) : taken(found);
}
