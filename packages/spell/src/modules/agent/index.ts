import { defineModule } from "../../door/module.js";
import { data } from "./data.js";
import { lifecycle } from "./lifecycle.js";
import { observing } from "./observing.js";
import { running } from "./running.js";

export const agentModule = defineModule({
  name: "agent",
  doc: "Agents: a model with instructions and tools, alone and together.",
  aliases: ["agents"],
  handles: ["Agent"],
  functions: { ...lifecycle, ...running, ...data, ...observing },
});
