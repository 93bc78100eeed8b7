import type { AsyncLocalStorage } from "node:async_hooks";
import { SpellError } from "@llmspell/errors";

/** How deeply hooks do what calls hooks, e.g. one of models that asks a model. */
export interface HookNesting {
  /** Does `work` one level deeper. @throws SpellError `INVALID_STATE` naming the hook, where that is too deep. */
  inside<T>(hook: string, work: () => Promise<T>): Promise<T>;
  /** Does what a hook surrounds and does not do itself, at the level that is now; to be taken before `inside`. */
  beside(): <T>(work: () => Promise<T>) => Promise<T>;
}

/** Bounds the nesting of hooks whose functions are not to be trusted to end. It follows whatever is awaited. */
export function createHookNesting(most = 8): HookNesting {
  let storage: AsyncLocalStorage<number> | undefined;
  // Loaded when the first hook needs it: most runs have none.
  const levels = (): AsyncLocalStorage<number> =>
    (storage ??= new (process.getBuiltinModule("node:async_hooks").AsyncLocalStorage)<number>());
  return {
    async inside(hook, work) {
      const level = levels().getStore() ?? 0;
      if (level >= most) {
        throw new SpellError(
          "INVALID_STATE",
          `hook '${hook}' is called within ${level} others: it does what it is a hook of, without end`,
          { details: { hook, level } },
        );
      }
      return await levels().run(level + 1, work);
    },
    beside() {
      const level = levels().getStore() ?? 0;
      return (work) => levels().run(level, work);
    },
  };
}
