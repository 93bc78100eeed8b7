import { SpellError } from "@llmspell/errors";
import { defined, isRecord } from "../json.js";
import { didYouMean } from "../suggest.js";
import { describeErrors, validateJson } from "../schema/validate.js";
import { defineTool, type Tool, type ToolContext } from "./tool.js";

/** How a tool behaves here, other than it says itself. */
export interface ToolSettings {
  /** Told to models in place of the tool's own. */
  description?: string;
  /** Milliseconds; not more than the tool's own limit. */
  timeoutMs?: number;
  /** Arguments that a call leaves out. A model may give others. */
  defaults?: Readonly<Record<string, unknown>>;
  /** Arguments of every call. No model sees or changes them. */
  fixed?: Readonly<Record<string, unknown>>;
}

const SETTINGS = Object.keys({ description: 0, timeoutMs: 0, defaults: 0, fixed: 0 } satisfies Record<
  keyof ToolSettings,
  0
>);

/**
 * `tool` with other behaviour; it stays as it is itself.
 *
 * @example
 * const search = configureTool(webSearch, { fixed: { region: "fr" }, timeoutMs: 5000 });
 * @throws SpellError `INVALID_ARGUMENT` naming the setting that is unknown, or the argument that the tool does not have.
 */
export function configureTool(tool: Tool, settings: ToolSettings): Tool {
  const { description, timeoutMs, defaults = {}, fixed = {} } = settings;
  const invalid = (message: string): SpellError =>
    new SpellError("INVALID_ARGUMENT", `tool '${tool.name}': ${message}`);
  for (const setting of Object.keys(settings)) {
    if (!SETTINGS.includes(setting)) throw invalid(`there is no setting '${setting}'${didYouMean(setting, SETTINGS)}`);
  }
  const properties = isRecord(tool.parameters["properties"]) ? tool.parameters["properties"] : {};
  for (const argument of [...Object.keys(defaults), ...Object.keys(fixed)]) {
    if (Object.hasOwn(properties, argument) || tool.parameters["additionalProperties"] === true) continue;
    throw invalid(`it has no argument '${argument}'${didYouMean(argument, Object.keys(properties))}`);
  }
  const whole = (args: Record<string, unknown>): Record<string, unknown> => ({ ...defaults, ...args, ...fixed });
  const { capabilities } = tool;
  return defineTool({
    ...tool,
    ...defined({ description }),
    ...(timeoutMs === undefined ? {} : { timeoutMs: Math.min(timeoutMs, tool.timeoutMs ?? timeoutMs) }),
    parameters: parametersFor(tool.parameters, properties, { defaults, fixed }),
    ...(capabilities === undefined ? {} : { capabilities: (args) => capabilities.call(tool, whole(args)) }),
    async execute(args: Record<string, unknown>, context: ToolContext) {
      const given = whole(args);
      // The caller's arguments were checked against what it is told; together they must fit the tool's own.
      const { valid, errors } = await validateJson(tool.parameters, given);
      if (!valid)
        throw new SpellError(
          "VALIDATION_FAILED",
          `invalid arguments for tool '${tool.name}' as it is configured: ${describeErrors(errors)}`,
          { details: { tool: tool.name, errors } },
        );
      return await tool.execute(given, context);
    },
  });
}

/** What a model is told: defaults are named and not required, fixed arguments are not there. */
function parametersFor(
  parameters: Tool["parameters"],
  properties: Record<string, unknown>,
  { defaults, fixed }: Required<Pick<ToolSettings, "defaults" | "fixed">>,
): Tool["parameters"] {
  const told = Object.entries(properties)
    .filter(([name]) => !Object.hasOwn(fixed, name))
    .map(([name, schema]) => [
      name,
      Object.hasOwn(defaults, name) && isRecord(schema) ? { ...schema, default: defaults[name] } : schema,
    ]);
  const required: unknown = parameters["required"];
  const missing = (name: unknown): boolean =>
    !Object.hasOwn(defaults, String(name)) && !Object.hasOwn(fixed, String(name));
  return {
    ...parameters,
    properties: Object.fromEntries(told) as Record<string, unknown>,
    ...(Array.isArray(required) ? { required: required.filter(missing) } : {}),
  };
}
