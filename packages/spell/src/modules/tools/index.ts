import { defineModule } from "../../door/module.js";
import { builderMethods, defining } from "./defining.js";
import { external } from "./external.js";
import { finding } from "./finding.js";
import { running } from "./running.js";

export const toolsModule = defineModule({
  name: "tools",
  doc: "Tools: defining, finding and running them.",
  aliases: ["tool"],
  handles: ["Tool"],
  functions: { ...defining, ...running, ...external, ...finding },
  methods: { ToolBuilder: builderMethods },
});
