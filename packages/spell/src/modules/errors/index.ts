import { defineModule } from "../../door/module.js";
import { inspection } from "./inspection.js";
import { recovery } from "./recovery.js";

/** Errors as values, and what to do about them. */
export const errorsModule = defineModule({
  name: "errors",
  doc: "Errors as values, and what to do about them: retries, circuit breakers, fallbacks.",
  functions: { ...inspection, ...recovery },
});
