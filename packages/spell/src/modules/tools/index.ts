import { defineModule } from "../../door/module.js";
import { builderMethods, defining } from "./defining.js";
import { finding } from "./finding.js";
import { running } from "./running.js";

export const toolsModule = defineModule({
  name: "tools",
  doc: "Tools: defining, finding and running them.",
  aliases: ["tool"],
  handles: ["Tool"],
  functions: { ...defining, ...running, ...finding },
  methods: { ToolBuilder: builderMethods },
});
