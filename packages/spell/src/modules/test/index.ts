import { defineModule } from "../../door/module.js";
import { assertions } from "./assertions.js";
import { cases } from "./cases.js";
import { doubles } from "./doubles.js";
import { measuring } from "./measuring.js";
import { scenarios } from "./scenarios.js";

/** Tests of spells, written in their language. `llmspell test` runs them. */
export const testModule = defineModule({
  name: "test",
  doc: "Tests of spells: groups and cases, assertions, doubles, measurements. `llmspell test` runs what is registered.",
  aliases: ["testing"],
  handles: ["Scenario"],
  functions: { ...cases, ...assertions, ...doubles, ...measuring, ...scenarios },
});
