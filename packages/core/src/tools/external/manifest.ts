import { SpellError } from "@llmspell/errors";
import { isRecord, tryParseJson, type JsonSchema } from "../../json.js";
import { describeErrors, validateJson } from "../../schema/validate.js";
import type { ToolInfo } from "../tool.js";

/** The name of the format of manifests. What it means never changes; another meaning gets another name. */
export const MANIFEST_FORMAT = "llmspell-tool-1";

/** How a tool that is not written in this program is run. */
export type ExternalRun =
  | {
      kind: "process";
      /** A program, by name or absolute path; started in the folder of the manifest, without a shell. */
      command: string;
      args?: string[];
      /** Its variables, besides PATH. */
      env?: Record<string, string>;
    }
  | {
      kind: "http";
      /** Gets the arguments as JSON. */
      url: string;
      method?: "POST" | "PUT";
      headers?: Record<string, string>;
    }
  | {
      kind: "module";
      /** A JavaScript module beside the manifest, whose `default` is the function `execute` of a tool. */
      file: string;
    }
  | {
      kind: "script";
      /** A script of another language, which whoever loads the tool can run. */
      file: string;
    };

/** A tool as data: what a file `*.tool.json` holds. */
export interface ToolManifest extends ToolInfo {
  format: typeof MANIFEST_FORMAT;
  run: ExternalRun;
}

const TEXT = { type: "string", minLength: 1 };
const TEXT_MAP = { type: "object", additionalProperties: { type: "string" } };
const run = (kind: string, properties: Record<string, unknown>, required: string[]): JsonSchema => ({
  properties: { kind: { const: kind }, ...properties },
  required: ["kind", ...required],
  additionalProperties: false,
});

// The fields that describe the tool are checked by `defineTool`, as for every tool.
const SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    format: { const: MANIFEST_FORMAT },
    run: {
      type: "object",
      properties: { kind: { enum: ["process", "http", "module", "script"] } },
      required: ["kind"],
      oneOf: [
        run("process", { command: TEXT, args: { type: "array", items: { type: "string" } }, env: TEXT_MAP }, [
          "command",
        ]),
        run("http", { url: TEXT, method: { enum: ["POST", "PUT"] }, headers: TEXT_MAP }, ["url"]),
        run("module", { file: TEXT }, ["file"]),
        run("script", { file: TEXT }, ["file"]),
      ],
    },
  },
  required: ["format", "run"],
};

const FIELDS = new Set<string>([
  "format",
  "run",
  "name",
  "description",
  "parameters",
  "version",
  "category",
  "tags",
  "features",
  "output",
  "examples",
  "timeoutMs",
  "permissions",
] satisfies (keyof ToolManifest)[]);

/**
 * Checks what a manifest holds, given as text or as parsed data.
 *
 * @throws SpellError `VALIDATION_FAILED` naming what is wrong.
 */
export async function parseManifest(source: unknown): Promise<ToolManifest> {
  const parsed = typeof source === "string" ? tryParseJson(source) : { value: source };
  if (parsed === undefined) throw new SpellError("VALIDATION_FAILED", "the manifest is not JSON");
  const { valid, errors } = await validateJson(SCHEMA, parsed.value);
  if (!valid || !isRecord(parsed.value))
    throw new SpellError("VALIDATION_FAILED", `the manifest is malformed: ${describeErrors(errors)}`);
  const unknown = Object.keys(parsed.value).find((field) => !FIELDS.has(field));
  if (unknown !== undefined)
    throw new SpellError("VALIDATION_FAILED", `the manifest has an unknown field '${unknown}'`);
  return parsed.value as unknown as ToolManifest;
}
