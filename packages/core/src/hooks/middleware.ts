import type { Hook, HookContext } from "./hook.js";
import { OPERATIONS, type Operation } from "./points.js";

/** What a {@link middleware} is given of an operation of any kind. */
export type AnyContext = HookContext<`${Operation}.around`>;

/**
 * One function around several kinds of operations, all by default.
 *
 * @example
 * const timing = middleware("timing", async ({ operation }, next) => {
 *   const started = performance.now();
 *   try { return await next(); } finally { console.log(operation, performance.now() - started); }
 * });
 */
export function middleware(
  name: string,
  run: (context: AnyContext, next: (input?: unknown) => Promise<unknown>) => unknown,
  { operations = OPERATIONS, ...more }: { operations?: readonly Operation[] } & Pick<Hook, "priority" | "filter"> = {},
): Hook[] {
  // What `run` does with an operation of one kind it does with all: it cannot know their types.
  return operations.map((operation) => ({ name, point: `${operation}.around`, ...more, run }) as unknown as Hook);
}

/** What an operation is called by people: the tool, the model, the agent. */
export function subjectOf({ operation, about }: Pick<AnyContext, "operation" | "about">): string {
  const fields = about as { name?: string; model?: string; id?: string; key?: string };
  return (operation === "model" ? fields.model : (fields.name ?? fields.id ?? fields.key)) ?? operation;
}
