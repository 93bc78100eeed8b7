import { isSpellError, SpellError } from "@llmspell/errors";
import { realpath } from "node:fs/promises";
import path from "node:path";
import { defined } from "../../json.js";
import { defineTool, type CapabilityRequest, type Tool, type ToolContext } from "../tool.js";
import { confine, type ConfinedPath } from "./confined-path.js";
import { OPERATIONS, type FileCall, type FileLimits, type OperationName } from "./operations.js";
import { atSpot, type Spot, type SpotOptions } from "./spot.js";

/** Settings of {@link createFileTool}. */
export interface FileToolOptions extends Partial<FileLimits> {
  /** The folder that the tool works in; must exist when it is first used. */
  root: string;
}

/**
 * The built-in tool `file_operations`: files below one folder.
 *
 * Results: `read` `{path, content, bytes}`; `write`, `create`, `append`, `copy`
 * `{path, bytes}` (the bytes written); `list` `{path, entries: [{name, type}]}`
 * sorted by name; `exists` `{path, exists}`; `stat` `{path, type, bytes, modified,
 * created, mode}` (ISO 8601, octal); `type` `{path, mime, text}`; `chmod` `{path,
 * mode}`; else `{path}`. `path` is relative to the root.
 *
 * By default a `read` returns 1 MiB, a `copy` takes 100 MiB, and a `list` or a
 * recursive `rmdir` takes 10 000 entries at most.
 *
 * Errors: `NOT_FOUND`, `ALREADY_EXISTS`, `PERMISSION_DENIED` for anything outside the
 * root, also by symbolic link, else `IO_ERROR`. No message holds a host path.
 */
export function createFileTool({
  root,
  maxReadBytes = 1024 * 1024,
  maxCopyBytes = 100 * 1024 * 1024,
  maxEntries = 10_000,
}: FileToolOptions): Tool {
  const base = path.resolve(root);
  const limits = { maxReadBytes, maxCopyBytes, maxEntries };
  return defineTool({
    name: "file_operations",
    description: `Works with files and folders in the working folder. Operations: ${operationDocs()}`,
    version: "1.0.0",
    category: "files",
    tags: ["file", "io"],
    permissions: ["file.read", "file.write"],
    parameters: {
      type: "object",
      properties: {
        operation: { type: "string", enum: Object.keys(OPERATIONS), description: "What to do" },
        path: { ...PATH, description: "Path of the file or folder, relative to the working folder" },
        to: { ...PATH, description: "The new path, for copy and move" },
        content: { type: "string", description: "What to write or append" },
        encoding: { enum: ["utf8", "base64"], description: "How 'content' is written down; utf8 by default" },
        recursive: { type: "boolean", description: "For list and rmdir: also what is in folders below" },
        overwrite: { type: "boolean", description: "For copy and move: replace what is at 'to'" },
        mode: { type: "string", pattern: "^[0-7]{3}$", description: "For chmod, e.g. 644" },
      },
      required: ["operation", "path"],
      additionalProperties: false,
    },
    output: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
    examples: [
      { description: "Write a note", args: { operation: "write", path: "notes/today.txt", content: "Buy tea" } },
      { description: "All files", args: { operation: "list", path: ".", recursive: true } },
    ],
    capabilities: (args) => ends(base, args).map(({ capability, place }) => ({ capability, scope: place.relative })),
    async execute(args, { authorize }) {
      const realRoot = await realpath(base).catch(() => {
        throw new SpellError("NOT_FOUND", "the working folder does not exist");
      });
      const operation = args["operation"] as OperationName;
      const { content, encoding = "utf8", recursive = false, overwrite = false, mode } = args as Partial<FileCall>;
      const [from, to] = ends(base, args) as [End, End?];
      const { run, spot: wanted = {} } = OPERATIONS[operation] as { run: Run; spot?: SpotOptions };
      const found = <T>(end: End, use: (spot: Spot) => Promise<T>): Promise<T> =>
        atSpot(
          realRoot,
          end.place,
          async (spot) => {
            await askAgain(end, spot, authorize);
            return await use(spot);
          },
          wanted,
        );
      const call = { place: from.place, encoding, recursive, overwrite, limits, ...defined({ content, mode }) };
      const result = await found(from, async (spot) =>
        to === undefined
          ? await run({ ...call, spot })
          : await found(to, (target) => run({ ...call, spot, to: { spot: target, place: to.place } })),
      ).catch((error: unknown) => {
        // Below a file there is nothing either.
        if (operation === "exists" && isSpellError(error) && error.code === "NOT_FOUND") return { exists: false };
        throw error;
      });
      return { path: from.place.relative, ...result };
    },
  });
}

type Run = (call: FileCall) => Promise<Record<string, unknown>>;

const PATH = { type: "string", minLength: 1, maxLength: 4096 };

function operationDocs(): string {
  return Object.entries(OPERATIONS)
    .map(([name, { doc }]) => `${name} (${doc})`)
    .join(", ");
}

/** One of the paths of a call and the power over it. */
interface End {
  capability: string;
  place: ConfinedPath;
}

function ends(base: string, { operation, path: given, to }: Record<string, unknown>): End[] {
  const [over, overTo] = OPERATIONS[operation as OperationName].powers as readonly [string, string?];
  const end = (capability: string, value: unknown): End => ({ capability, place: confine(base, String(value)) });
  return [end(over, given), ...(overTo === undefined || to === undefined ? [] : [end(overTo, to)])];
}

/** A link must not lead out of the scope that was granted, even if it stays below the root. */
async function askAgain({ capability, place }: End, spot: Spot, authorize: ToolContext["authorize"]): Promise<void> {
  const request: CapabilityRequest = { capability, scope: spot.relative };
  if (spot.relative !== place.relative) await authorize?.(request);
}
