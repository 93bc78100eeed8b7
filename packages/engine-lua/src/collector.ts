import type { CollectorPreset, CollectorTuning } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";

/**
 * Measured in fuel on programs that make garbage, against `balanced`:
 * `low-latency` 0 to 20 % more work, half the longest pause with 100,000 live
 * tables; `high-throughput` 0 to 15 % less work, 4 times the pause; `adaptive`
 * 0 to 15 % less work, the same pause.
 */
const PRESETS: Readonly<Record<Exclude<CollectorPreset, "adaptive">, CollectorTuning>> = {
  balanced: { mode: "incremental" },
  "low-latency": { mode: "incremental", pause: 150, stepMultiplier: 150, stepSize: 11 },
  "high-throughput": { mode: "generational", minorMultiplier: 50 },
};

/** Lua keeps most of these in a byte, divided by four (lgc.h). */
const MAX_NUMBER = 1_000;
const MAX_STEP_SIZE = 24;

/**
 * What `collectgarbage` is to be called with.
 *
 * @throws SpellError `INVALID_ARGUMENT`
 */
export function collectorArguments(gc: CollectorPreset | CollectorTuning): {
  readonly mode: CollectorTuning["mode"] | "adaptive";
  readonly numbers: readonly number[];
} {
  if (gc === "adaptive") return { mode: gc, numbers: [] };
  const tuning = typeof gc === "string" ? PRESETS[gc] : gc;
  if (tuning?.mode === "incremental") {
    const { pause = 200, stepMultiplier = 100, stepSize = 13 } = tuning;
    return {
      mode: tuning.mode,
      numbers: [
        check("pause", pause),
        check("stepMultiplier", stepMultiplier),
        check("stepSize", stepSize, MAX_STEP_SIZE),
      ],
    };
  }
  if (tuning?.mode === "generational") {
    const { minorMultiplier = 20, majorMultiplier = 100 } = tuning;
    return {
      mode: tuning.mode,
      numbers: [check("minorMultiplier", minorMultiplier, 100), check("majorMultiplier", majorMultiplier)],
    };
  }
  throw new SpellError(
    "INVALID_ARGUMENT",
    `gc must be one of ${Object.keys(PRESETS).join(", ")}, adaptive, or have the mode incremental or generational`,
  );
}

/** Tells the collector of a guest how to work, before any code of the guest. */
export function tuneCollector(lua: LuaInstance, { L, refs }: LuaImage, gc: CollectorPreset | CollectorTuning): void {
  const { ex } = lua;
  const { mode, numbers } = collectorArguments(gc);
  lua.pushRef(L, refs.gc);
  lua.pushText(L, mode);
  for (const number of numbers) ex.lua_pushinteger(L, BigInt(number));
  ex.lua_pcallk(L, 1 + numbers.length, 0, 0, 0, 0);
  ex.lua_settop(L, 0);
}

function check(name: string, value: number, most = MAX_NUMBER): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new SpellError("INVALID_ARGUMENT", `gc.${name} must be a whole number from 1 to ${most}, not ${value}`);
}
