import type { Engine } from "@llmspell/engine";
import type { RunContext } from "./context.js";

/** An engine that is loaded when it is first needed. */
export interface LazyEngine {
  readonly name: string;
  /** @throws SpellError `UNSUPPORTED` when there is none. */
  load(): Promise<Engine>;
}

export const loadEngine = async (engine: Engine | LazyEngine): Promise<Engine> =>
  "load" in engine ? await engine.load() : engine;

/** A file of each language, by which the host finds its engine. */
const FILES = { lua: "script.lua", javascript: "script.js" } as const;

type Language = keyof typeof FILES;

/** The engine of a run for scripts in `language`, its own by default. */
export function scriptEngineOf(run: RunContext, language?: Language): Engine | LazyEngine {
  if (language === undefined || language === run.engine.name) return run.engine;
  return { name: language, load: async () => await run.engineFor(FILES[language]) };
}

/** All engines that a run may have, its own first. */
export function scriptEnginesOf(run: RunContext): (Engine | LazyEngine)[] {
  const others = (Object.keys(FILES) as Language[]).filter((language) => language !== run.engine.name);
  return [run.engine, ...others.map((language) => scriptEngineOf(run, language))];
}
