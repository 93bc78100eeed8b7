import { defineModule } from "../../door/module.js";
import { changingFunctions } from "./changing.js";
import { makingFunctions } from "./making.js";
import { runningFunctions } from "./running.js";
import { storedFunctions } from "./stored.js";

export const workflowModule = defineModule({
  name: "workflow",
  doc: "Steps in order, at the same time, in loops and on conditions; runs that can be paused, undone and continued.",
  aliases: ["workflows"],
  handles: ["Workflow"],
  functions: { ...makingFunctions, ...changingFunctions, ...runningFunctions, ...storedFunctions },
});
