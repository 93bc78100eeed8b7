import { SpellError } from "@llmspell/errors";
import type { Charge } from "./engine.js";

/**
 * `use` in whole units.
 *
 * @throws SpellError `INVALID_ARGUMENT` for what is below 0 or not finite.
 */
export function checkCharge(use: Charge): Charge {
  const whole: Record<string, number> = {};
  for (const [name, value] of Object.entries(use)) {
    if (!(value >= 0 && value < Infinity))
      throw new SpellError("INVALID_ARGUMENT", `a guest is charged ${name} of 0 or more, not ${value}`);
    whole[name] = Math.ceil(value);
  }
  return whole;
}
