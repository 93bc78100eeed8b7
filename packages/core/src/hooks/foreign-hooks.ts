import type { EventEmitter } from "node:events";
import { SpellError } from "@llmspell/errors";
import { createHooks } from "./hooks.js";
import type { Hook, HookContext } from "./hook.js";
import { HOOK_POINTS, type HookPoint } from "./points.js";

/**
 * The hooks that a module exports by default: one, a list, or a function that makes them
 * from `options`. The module runs in this process with all its powers, so it must be one
 * that the application trusts; a file outside of `folder` is refused, links followed.
 *
 * @example
 * for (const hook of await moduleHooks("audit.js", "hooks")) hooks.add(hook);
 * @throws SpellError `PERMISSION_DENIED`, `NOT_FOUND`, `INVALID_ARGUMENT` naming what is wrong with a hook.
 */
export async function moduleHooks(file: string, folder: string, options?: unknown): Promise<Hook[]> {
  const { loadModule } = await import("../tools/external/load-module.js");
  const exported = await loadModule(file, folder);
  const made: unknown =
    typeof exported === "function" ? await (exported as (o: unknown) => unknown)(options) : exported;
  if (typeof made !== "object" || made === null)
    throw new SpellError("INVALID_ARGUMENT", `the module '${file}' exports no hook by default`);
  const hooks = (Array.isArray(made) ? made : [made]) as Hook[];
  // A list checks what it takes.
  createHooks(hooks);
  return hooks;
}

/**
 * Hooks that tell an `EventEmitter` of Node of every point but those around, under the
 * name of the point, and go on. What its listeners throw is noted, not thrown.
 *
 * @example
 * createAgent({ name: "a", hooks: emitterHooks(emitter, ["tool.before", "tool.after"]) }, { models });
 * emitter.on("tool.before", ({ about, data }) => console.log(about.name, data));
 */
export function emitterHooks(
  emitter: EventEmitter,
  points: readonly Exclude<HookPoint, `${string}.around`>[] = HOOK_POINTS.filter(isBeside),
): Hook[] {
  return points.map(
    (point) =>
      ({
        name: "event emitter",
        point,
        onError: "ignore",
        run: (context: HookContext) => void emitter.emit(point, context),
      }) as unknown as Hook,
  );
}

const isBeside = (point: HookPoint): point is Exclude<HookPoint, `${string}.around`> => !point.endsWith(".around");
