import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Engine, SandboxLevel, ScriptValue } from "@llmspell/engine";
import { TestHost } from "@llmspell/engine/conformance";
import { isSpellError } from "@llmspell/errors";
import { attack } from "../attacks/kit/attack.js";
import { endOf, type Arena } from "../attacks/kit/arena.js";
import type { FuzzTarget, FuzzedLanguage } from "./language.js";
import { mutate } from "./mutate.js";
import { refuseAltered, surviveForged, takeSnapshot } from "./snapshots.js";
import { plainValue, wildValue } from "./values.js";

/** What one case may use; enough to reach everything, little enough for thousands of cases. */
const LIMITS = { fuel: 300_000, memoryBytes: 4 * 1024 * 1024 };

const LEVELS: readonly SandboxLevel[] = ["none", "basic", "strict"];

export async function runSource(arena: Arena, source: string, level: SandboxLevel): Promise<void> {
  const { code, message } = await arena.run(attack("fuzz", source, "fine", LIMITS), level);
  // A defect of the test's host is one of its functions; any other would be ours.
  if (level !== "none" && !source.includes("crash")) assert.notEqual(code, "INTERNAL", message);
}

/**
 * How a program ends, with its fuel: the same each time. Undefined where the stack
 * of this thread ended first: how deep that is depends on what V8 has optimized.
 */
async function trace({ engine, target: { bindings } }: Arena, source: string): Promise<unknown> {
  const before = engine.traps.at(-1);
  const host = new TestHost();
  const guest = engine.createGuest({ bindings, host, limits: LIMITS });
  const { code, message } = await endOf(guest, host, source);
  const { fuel, outputBytes, hostCalls } = guest.usage;
  guest[Symbol.dispose]();
  if (engine.traps.at(-1) !== before && code === "LIMIT_DEPTH") return undefined;
  return { code, message, fuel, outputBytes, hostCalls, output: host.output };
}

/** What a guest makes of a value. */
function cross(engine: Engine, value: ScriptValue): ScriptValue {
  const guest = engine.createGuest();
  try {
    guest.setGlobal("value", value);
    return guest.getGlobal("value");
  } finally {
    guest[Symbol.dispose]();
  }
}

/** All that is tried on a language. */
export function targetsOf(language: FuzzedLanguage): readonly FuzzTarget[] {
  const { words } = language;
  const corpus = language.attacks.flatMap(({ attacks }) => attacks.map(({ source }) => source));
  return [
    {
      name: "programs",
      async run(arena, random, note) {
        const source = language.program(random);
        note(source);
        await runSource(arena, source, random.pick(LEVELS));
      },
    },
    {
      name: "mutations",
      async run(arena, random, note) {
        const source = mutate(random, words, random.pick(corpus), random.pick(corpus));
        note(source);
        await runSource(arena, source, random.pick(LEVELS));
      },
    },
    {
      name: "the same end twice",
      async run(arena, random, note) {
        const source = random.oneIn(2) ? language.program(random) : mutate(random, words, random.pick(corpus), "");
        note(source);
        const [once, again] = [await trace(arena, source), await trace(arena, source)];
        if (once !== undefined && again !== undefined) assert.deepEqual(once, again);
      },
    },
    {
      name: "plain values",
      async run(arena, random, note) {
        const value = plainValue(random);
        note(String(value));
        assert.ok(isDeepStrictEqual(cross(arena.engine, value), value), "the value comes back as it went in");
        await arena.checkNext("basic");
      },
    },
    {
      name: "wild values",
      async run(arena, random, note) {
        const value = wildValue(random) as ScriptValue;
        note(typeof value);
        try {
          const once = cross(arena.engine, value);
          assert.ok(isDeepStrictEqual(cross(arena.engine, once), once), "what came back once comes back again");
        } catch (error) {
          if (!isSpellError(error) || error.code === "INTERNAL") throw error;
        }
        await arena.checkNext("basic");
      },
    },
    {
      name: "damaged snapshots",
      async run(arena, random, note) {
        const source = random.pick(corpus);
        note(source);
        const snapshot = await takeSnapshot(arena, source);
        if (snapshot === undefined) return;
        refuseAltered(arena, random, snapshot);
        await surviveForged(arena, language, random, snapshot);
      },
    },
    ...language.targets,
  ];
}
