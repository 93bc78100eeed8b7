import { defineTool, type Tool } from "./tool.js";

type Field = Exclude<keyof Tool, "name" | "execute">;

/** Says the fields of a tool one after the other; every step gives a new builder. */
export type ToolBuilder = { readonly [F in Field]-?: (value: NonNullable<Tool[F]>) => ToolBuilder } & {
  /** The finished tool. @throws SpellError `INVALID_ARGUMENT` as {@link defineTool}. */
  execute(run: Tool["execute"]): Tool;
};

// These keys are checked against the type: a new field of a tool cannot be forgotten here.
const FIELDS = Object.keys({
  description: 0,
  parameters: 0,
  version: 0,
  category: 0,
  tags: 0,
  features: 0,
  output: 0,
  examples: 0,
  timeoutMs: 0,
  permissions: 0,
  capabilities: 0,
  needsApproval: 0,
} satisfies Record<Field, 0>) as Field[];

/**
 * Builds a tool step by step; the same as {@link defineTool} with all fields at once.
 *
 * @example
 * const now = buildTool("now").description("The time").parameters({}).execute(() => Date.now());
 */
export function buildTool(name: string): ToolBuilder {
  const builder = (fields: Partial<Tool>): ToolBuilder =>
    ({
      ...Object.fromEntries(FIELDS.map((field) => [field, (value: unknown) => builder({ ...fields, [field]: value })])),
      execute: (execute: Tool["execute"]) => defineTool({ ...fields, name, execute } as Tool),
    }) as ToolBuilder;
  return builder({});
}
