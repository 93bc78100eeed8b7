import { defineModule } from "../../door/module.js";
import { cacheFunctions } from "./cache.js";
import { composeFunctions } from "./compose.js";
import { describeFunctions } from "./describe.js";
import { includeFunctions } from "./include.js";

export const spellModule = defineModule({
  name: "spell",
  doc: "The spell that runs: its parameters and result, its parts, other spells, its surroundings.",
  functions: { ...describeFunctions, ...includeFunctions, ...composeFunctions, ...cacheFunctions },
});
