import {
  createDataTool,
  createFeedTool,
  createFileTool,
  createHttpTool,
  createMathTool,
  createProcessTool,
  createSystemTool,
  type Tool,
  type UrlPolicy,
} from "@llmspell/core";

/** Who is granted this machine by name may ask it; addresses of the network around it never. */
export const SPELL_POLICY: UrlPolicy = { addresses: ["127.0.0.1", "::1"] };

/** The tools that every spell finds. What they may do, its grants decide call by call. */
export function builtInTools(root: string): { tools: Tool[] } & AsyncDisposable {
  const http = createHttpTool({ policy: SPELL_POLICY });
  const feed = createFeedTool({ policy: SPELL_POLICY });
  const process = createProcessTool({ root, commands: ["*"], shell: true });
  return {
    tools: [
      createFileTool({ root }),
      http,
      createSystemTool({ root }),
      process,
      createMathTool(),
      createDataTool(),
      feed,
    ],
    async [Symbol.asyncDispose]() {
      process[Symbol.dispose]();
      await Promise.all([http[Symbol.asyncDispose](), feed[Symbol.asyncDispose]()]);
    },
  };
}
