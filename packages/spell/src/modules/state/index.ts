import { MERGE_STRATEGIES } from "@llmspell/core";
import { defineModule } from "../../door/module.js";
import { contexts } from "./contexts.js";
import { savedStates } from "./saved.js";
import { transforms } from "./transforms.js";
import { snapshotProperties, values } from "./values.js";

export const stateModule = defineModule({
  name: "state",
  doc: "Values with a version: shared, watched, merged, saved beyond the run, and the context of the run.",
  handles: ["State", "Snapshot", "Context"],
  properties: { Snapshot: snapshotProperties },
  constants: Object.fromEntries(MERGE_STRATEGIES.map((name) => [`MERGE_${name.toUpperCase()}`, name])),
  functions: { ...values, ...savedStates, ...transforms, ...contexts },
});
