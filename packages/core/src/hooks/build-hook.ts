import type { Hook, HookAt } from "./hook.js";
import type { HookPoint } from "./points.js";
import { createHooks } from "./hooks.js";

type Settings = Pick<Hook, "priority" | "filter" | "onError" | "background">;

/** Says what a hook is, one thing after the other; every step gives a new builder. */
export type HookBuilder<P extends HookPoint> = {
  readonly [S in keyof Settings]-?: (value: NonNullable<Settings[S]>) => HookBuilder<P>;
} & {
  /** The finished hook. @throws SpellError `INVALID_ARGUMENT` naming what is wrong. */
  run(work: HookAt<P>["run"]): HookAt<P>;
};

const SETTINGS = Object.keys({ priority: 0, filter: 0, onError: 0, background: 0 } satisfies Record<
  keyof Settings,
  0
>) as (keyof Settings)[];

/**
 * Builds a hook step by step; the same as the object with all fields at once.
 *
 * @example
 * const guard = buildHook("guard", "tool.before").filter(aboutIs("name", "pay")).run(() => ({ stop: true }));
 */
export function buildHook<P extends HookPoint>(name: string, point: P): HookBuilder<P> {
  const builder = (fields: Settings): HookBuilder<P> =>
    ({
      ...Object.fromEntries(SETTINGS.map((key) => [key, (value: unknown) => builder({ ...fields, [key]: value })])),
      run(work: HookAt<P>["run"]) {
        const hook = { ...fields, name, point, run: work } as unknown as HookAt<P>;
        // A list checks what it takes.
        createHooks([hook as unknown as Hook]);
        return hook;
      },
    }) as unknown as HookBuilder<P>;
  return builder({});
}
