import { defineModule } from "../../door/module.js";
import { askingFunctions } from "./asking.js";
import { exchangeFunctions } from "./exchange.js";
import { knownFunctions } from "./known.js";
import { makingFunctions } from "./making.js";
import { templateFunctions } from "./templates.js";

export const providerModule = defineModule({
  name: "provider",
  doc: "The model providers of this run. What a spell configures stays in its run; it never sees a key, and it may send one of the environment elsewhere only when it was granted `env` for it and `network` for the address.",
  aliases: ["providers"],
  functions: { ...makingFunctions, ...knownFunctions, ...askingFunctions, ...templateFunctions, ...exchangeFunctions },
});
