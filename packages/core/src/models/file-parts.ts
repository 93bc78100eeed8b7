import { realpath } from "node:fs/promises";
import { SpellError } from "@llmspell/errors";
import { serviceKey } from "../context.js";
import type { ContentPart, Message } from "../messages.js";
import { fileKind, KIND_BYTES } from "../tools/files/file-kind.js";
import { readConfined } from "../tools/files/spot.js";

/** Reads a file that a message names; throws to refuse it. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** What reads the files that messages name by `path`. Without it they are refused: who writes a message may be anybody. */
export const READ_FILE = serviceKey<ReadFile>("reader of files in messages");

/** Bytes that a file in a message may have: what the largest limit of a provider leaves of base64. */
const MOST = 20 * 1024 * 1024;

/**
 * A reader of the files below `root`, links that lead out of it refused.
 *
 * @example
 * const context = createContext().provide(READ_FILE, filesBelow("./pictures"));
 * await generate(models, { messages: [{ role: "user", content: [{ type: "file", path: "cat.png" }] }] }, { context });
 */
export function filesBelow(root: string, { maxBytes = MOST }: { maxBytes?: number } = {}): ReadFile {
  return async (path) => {
    const realRoot = await realpath(root).catch(() => {
      throw new SpellError("NOT_FOUND", "the folder of files in messages does not exist");
    });
    return (await readConfined(realRoot, path, maxBytes)).content;
  };
}

/**
 * `messages` with the files that they name by path read into them.
 *
 * @throws SpellError `PERMISSION_DENIED` without a reader, and what the reader throws.
 */
export async function readFileParts(
  messages: readonly Message[],
  read: ReadFile | undefined,
): Promise<readonly Message[]> {
  if (!messages.some(({ content }) => Array.isArray(content) && content.some(isPath))) return messages;
  return await Promise.all(
    messages.map(async (message) => {
      const { content } = message;
      if (!Array.isArray(content)) return message;
      return { ...message, content: await Promise.all(content.map((part) => readPart(part, read))) };
    }),
  );
}

type PathPart = Extract<ContentPart, { path: string }>;

const isPath = (part: ContentPart): part is PathPart => part.type === "file" && "path" in part;

async function readPart(part: ContentPart, read: ReadFile | undefined): Promise<ContentPart> {
  if (!isPath(part)) return part;
  const { path, filename = path.replaceAll("\\", "/").split("/").at(-1) ?? path } = part;
  if (read === undefined) {
    throw new SpellError(
      "PERMISSION_DENIED",
      `the file '${path}' of a message must not be read: there is no READ_FILE`,
    );
  }
  const bytes = await read(path);
  const mediaType = part.mediaType ?? (await kindOf(bytes, filename));
  return { type: "file", mediaType, data: Buffer.from(bytes).toString("base64"), filename };
}

async function kindOf(bytes: Uint8Array, name: string): Promise<string> {
  return (await fileKind(bytes.subarray(0, KIND_BYTES), name)).mime;
}
