import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { Engine, SandboxLevel, ScriptValue } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { isSpellError } from "@llmspell/errors";
import { attack } from "../attacks/lua/attack.js";
import { ATTACKS } from "../attacks/lua/cases/index.js";
import { endOf, type Arena } from "../attacks/lua/harness.js";
import { LuaWriter } from "./grammar.js";
import { mutate } from "./mutate.js";
import type { Random } from "./random.js";
import { refuseAltered, surviveForged, takeSnapshot } from "./snapshots.js";
import { plainValue, wildValue } from "./values.js";

/** What one case may use; enough to reach everything, little enough for thousands of cases. */
const LIMITS = { fuel: 300_000, memoryBytes: 4 * 1024 * 1024 };

/** One kind of input. A case that finds nothing resolves; what it finds it throws. */
export interface FuzzTarget {
  readonly name: string;
  /** @param note keeps the input of the case, for the report. */
  run(arena: Arena, random: Random, note: (input: string) => void): Promise<void>;
}

const CORPUS = ATTACKS.flatMap(({ attacks }) => attacks.map(({ source }) => source));
const LEVELS: readonly SandboxLevel[] = ["none", "basic", "strict"];

async function runSource(arena: Arena, random: Random, source: string): Promise<void> {
  const level = random.pick(LEVELS);
  const { code } = await arena.run(attack("fuzz", source, "fine", LIMITS), level);
  if (level !== "none") assert.notEqual(code, "INTERNAL");
}

/** How a program ends, with its fuel: the same each time. */
async function trace(engine: Engine, source: string): Promise<unknown> {
  const host = new TestHost();
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: LIMITS });
  const { code, message } = await endOf(guest, host, source);
  const { fuel, outputBytes, hostCalls } = guest.usage;
  guest[Symbol.dispose]();
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

export const TARGETS: readonly FuzzTarget[] = [
  {
    name: "programs",
    async run(arena, random, note) {
      const source = new LuaWriter(random).program();
      note(source);
      await runSource(arena, random, source);
    },
  },
  {
    name: "mutations",
    async run(arena, random, note) {
      const source = mutate(random, random.pick(CORPUS), random.pick(CORPUS));
      note(source);
      await runSource(arena, random, source);
    },
  },
  {
    name: "the same end twice",
    async run(arena, random, note) {
      const source = random.oneIn(2) ? new LuaWriter(random).program() : mutate(random, random.pick(CORPUS), "");
      note(source);
      assert.deepEqual(await trace(arena.engine, source), await trace(arena.engine, source));
    },
  },
  {
    name: "precompiled code",
    async run(arena, random, note) {
      const seed = random.next();
      const source = `
        math.randomseed(${seed})
        local code = string.dump(load(${JSON.stringify(new LuaWriter(random).program()).replaceAll("\\u00", "\\x")}) or print == nil or function(...) return ... end)
        for _ = 1, 5 do
          local at = math.random(#code)
          local f = load(code:sub(1, at - 1) .. string.char(math.random(0, 255)) .. code:sub(at + 1), "x", "b")
          if f then pcall(f) end
        end`;
      note(source);
      await arena.run(attack("fuzz", source, "fine", LIMITS), "none");
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
      const source = random.pick(CORPUS);
      note(source);
      const snapshot = await takeSnapshot(arena.engine, source);
      if (snapshot === undefined) return;
      refuseAltered(arena.engine, random, snapshot);
      await surviveForged(arena, random, snapshot);
    },
  },
];
