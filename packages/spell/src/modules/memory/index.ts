import { defineModule } from "../../door/module.js";
import { messages } from "./messages.js";
import { vectors } from "./vectors.js";
import { working } from "./working.js";

export const memoryModule = defineModule({
  name: "memory",
  doc: "Memories: of conversations, values to work with, and texts that are found again. A function that is given no memory uses that of the run.",
  handles: ["Memory"],
  constants: {
    SCOPE_GLOBAL: "global",
    SCOPE_AGENT: "agent",
    SCOPE_SESSION: "session",
    FORMAT_JSON: "json",
    FORMAT_TEXT: "text",
    FORMAT_MARKDOWN: "markdown",
    ROLE_SYSTEM: "system",
    ROLE_USER: "user",
    ROLE_ASSISTANT: "assistant",
    ROLE_TOOL: "tool",
  },
  functions: { ...messages, ...working, ...vectors },
});
