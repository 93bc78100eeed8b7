import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import type { Hook, HookContext, Next } from "./hook.js";
import type { RegisteredHook } from "./hooks.js";
import type { Operation } from "./points.js";

/**
 * How hooks make one: `sequential` as if they were in place one after the other, `parallel` at
 * the same time with the same data, where the first that stops counts or else the last that
 * changed the data, `first` until one decides anything.
 */
export type Composition = "sequential" | "parallel" | "first";

type Decision = Readonly<Record<string, unknown>> | undefined;

/**
 * One hook of several at the same point. Around an operation they can only be sequential.
 * The hooks themselves should be disabled, or they are called twice.
 *
 * @throws SpellError `INVALID_ARGUMENT`.
 */
export function composeHooks(name: string, hooks: readonly RegisteredHook[], mode: Composition = "sequential"): Hook {
  const point = hooks[0]?.hook.point;
  if (point === undefined) throw new SpellError("INVALID_ARGUMENT", `'${name}' needs hooks to be made of`);
  const other = hooks.find(({ hook }) => hook.point !== point);
  if (other !== undefined)
    throw new SpellError(
      "INVALID_ARGUMENT",
      `'${name}' is at '${point}', but one of its hooks at '${other.hook.point}'`,
    );
  if (point.endsWith(".around")) {
    if (mode !== "sequential")
      throw new SpellError("INVALID_ARGUMENT", `hooks around an operation can only be composed one after the other`);
    return { name, point, run: nested(hooks) } as unknown as Hook;
  }
  const runs = { sequential, parallel, first } as const;
  return { name, point, run: (context: HookContext) => runs[mode](hooks, context) } as unknown as Hook;
}

function nested(hooks: readonly RegisteredHook[]) {
  return (context: HookContext, next: Next<Operation>): Promise<unknown> => {
    const from = async (index: number, data: unknown): Promise<unknown> => {
      const member = hooks[index];
      if (member === undefined) return await next(data as never);
      const given = { ...context, data } as HookContext;
      if (!wanted(member, given)) return await from(index + 1, data);
      const inner = async (changed: unknown = data): Promise<unknown> => await from(index + 1, changed);
      return await member.call(given, inner as Next<Operation>);
    };
    return from(0, context.data);
  };
}

async function sequential(hooks: readonly RegisteredHook[], context: HookContext): Promise<Decision> {
  let made: Decision;
  for (const member of hooks) {
    const data = made !== undefined && "data" in made ? made["data"] : context.data;
    const decision = await decide(member, { ...context, data } as HookContext);
    if (decision?.["stop"] === true) return decision;
    if (decision !== undefined && "data" in decision) made = decision;
  }
  return made;
}

async function parallel(hooks: readonly RegisteredHook[], context: HookContext): Promise<Decision> {
  const decisions = await Promise.all(hooks.map((member) => decide(member, context)));
  return (
    decisions.find((decision) => decision?.["stop"] === true) ??
    decisions.findLast((decision) => decision !== undefined && "data" in decision)
  );
}

async function first(hooks: readonly RegisteredHook[], context: HookContext): Promise<Decision> {
  for (const member of hooks) {
    const decision = await decide(member, context);
    if (decision !== undefined) return decision;
  }
  return undefined;
}

async function decide(member: RegisteredHook, context: HookContext): Promise<Decision> {
  if (!wanted(member, context)) return undefined;
  const decision = await member.call(context);
  return isRecord(decision) ? decision : undefined;
}

const wanted = ({ hook }: RegisteredHook, context: HookContext): boolean => hook.filter?.(context) ?? true;

/**
 * Works on the data that one hook is given (`before`), or on what it returns (`after`), or takes
 * its place (`replace`), until it is disposed, and while `isOn`.
 *
 * @example
 * using mask = interceptHook(audit, "before", (data) => ({ ...data, password: "***" }));
 */
export function interceptHook(
  registered: RegisteredHook,
  kind: "before" | "after" | "replace",
  change: (data: unknown, context: HookContext) => unknown,
  isOn: () => boolean = () => true,
): Disposable {
  const isAround = registered.hook.point.endsWith(".around");
  return registered.wrap(async (context, call) => {
    if (!isOn()) return await call(context);
    if (kind === "before") return await call({ ...context, data: await change(context.data, context) } as HookContext);
    const decision = kind === "after" ? await call(context) : undefined;
    if (isAround) return await change(kind === "after" ? decision : context.data, context);
    if (!isRecord(decision)) return { data: await change(context.data, context) };
    return "data" in decision ? { ...decision, data: await change(decision["data"], context) } : decision;
  });
}
