import { HOOK_POINTS } from "@llmspell/core";
import { defineModule } from "../../door/module.js";
import { managing } from "./managing.js";
import { placing, PRIORITIES } from "./placing.js";
import { PHASES } from "./points.js";

const upper = (name: string): string => name.toUpperCase().replaceAll(".", "_");

export const hooksModule = defineModule({
  name: "hooks",
  doc: "Hooks: functions that see, change or stop what agents, models, tools and workflows of the run do. What one throws ends the operation.",
  aliases: ["hook"],
  handles: ["HookFilter"],
  constants: Object.fromEntries([
    ...PHASES.map((phase) => [`TYPE_${upper(phase)}`, phase]),
    ["TYPE_PRE", "before"],
    ["TYPE_POST", "after"],
    ...HOOK_POINTS.map((point) => [`POINT_${upper(point)}`, point]),
    ...Object.entries(PRIORITIES).map(([name, priority]) => [`PRIORITY_${upper(name)}`, priority]),
  ]),
  functions: { ...placing, ...managing },
});
