import { SpellError, isSpellError } from "@llmspell/errors";
import { mkdir, readFile, realpath } from "node:fs/promises";
import path from "node:path";
import { isRecord, tryParseJson } from "../../json.js";
import { folderBelow, readConfined, writeConfined } from "../files/spot.js";
import { createToolStats, type ToolCounters, type ToolStats } from "../stats.js";
import type { Tool } from "../tool.js";
import { externalTool, type ExternalServices } from "./external-tool.js";
import { parseManifest, type ToolManifest } from "./manifest.js";

/** The name of the format of the file. What it means never changes; another meaning gets another name. */
const FORMAT = "llmspell-tools-1";
/** What the binary form begins with: not UTF-8, so it is no JSON. Then raw DEFLATE (RFC 1951) of the JSON. */
const MAGIC = Buffer.from([0xff, ...Buffer.from(FORMAT)]);
// A small file can claim to be a large one.
const MOST_BYTES = 256 * 1024 * 1024;

/** A tool that is kept: its manifest, and the folder that it is run in. */
export interface StoredTool {
  manifest: ToolManifest;
  folder: string;
}

export interface ToolStoreOptions {
  /**
   * `json` by default, for people and other programs; `binary` is the same compressed, a tenth of
   * the size. Either is read whatever this says.
   */
  encoding?: "json" | "binary";
  /** The folder that the file and the folders of its tools lie below, links followed; anywhere without it. */
  root?: string;
  /** With a root: told the real path of the file below it before it is read or written; throws to refuse. */
  check?: (relative: string) => void;
}

/** Definitions of external tools and the statistics of all, in one file. */
export interface ToolStore {
  /** What was saved last; nothing when there is no file yet. @throws SpellError `VALIDATION_FAILED`, `IO_ERROR`. */
  load(services?: ExternalServices): Promise<{ tools: Tool[]; stored: StoredTool[]; stats: ToolStats }>;
  /** Writes all, at once: a crash leaves the old file or the new one. @throws SpellError `IO_ERROR`. */
  save(stored: readonly StoredTool[], stats: ToolStats): Promise<void>;
  /** Saves every `ms` milliseconds while there are changes, and when it is disposed. */
  autoSave(stored: readonly StoredTool[], stats: ToolStats, ms: number): AsyncDisposable;
}

/**
 * A store in `file`.
 *
 * @example
 * const store = createToolStore("tools.json");
 * const { tools, stored, stats } = await store.load();
 * await using saving = store.autoSave(stored, stats, 5000);
 */
export function createToolStore(file: string, { encoding = "json", root, check }: ToolStoreOptions = {}): ToolStore {
  const place = (): Promise<Place> => placeOf(file, root, check);
  const save = async (text: string): Promise<void> => {
    const content = encoding === "json" ? text : await compressed(text);
    await (await place()).write(content);
  };
  return {
    async load(services) {
      const { tools, stats } = await parseStored(await (await place()).read());
      return {
        tools: await Promise.all(
          tools.map(async ({ manifest, folder }) =>
            externalTool(manifest, root === undefined ? folder : await folderBelow(root, folder), services),
          ),
        ),
        stored: tools,
        stats: createToolStats(stats),
      };
    },
    save: (stored, stats) => save(serialize(stored, stats)),
    autoSave(stored, stats, ms) {
      let saved: string | undefined;
      let writing: Promise<void> | undefined;
      const check = async (): Promise<void> => {
        // One after the other.
        await writing;
        const text = serialize(stored, stats);
        if (text === saved) return;
        await save(text);
        saved = text;
      };
      // A failure is tried again, and told when this is disposed.
      const timer = setInterval(() => (writing = check().catch(() => {})), ms).unref();
      return {
        async [Symbol.asyncDispose]() {
          clearInterval(timer);
          await check();
        },
      };
    },
  };
}

function serialize(stored: readonly StoredTool[], stats: ToolStats): string {
  return `${JSON.stringify({ format: FORMAT, tools: stored, stats: stats.all() }, null, 2)}\n`;
}

/** Where the file lies. */
interface Place {
  /** Nothing when there is no file yet. */
  read(): Promise<Buffer | undefined>;
  write(content: string | Uint8Array): Promise<void>;
}

async function placeOf(file: string, root: string | undefined, check: ToolStoreOptions["check"]): Promise<Place> {
  if (root !== undefined) {
    const realRoot = await folderBelow(root, ".");
    return {
      read: () =>
        readConfined(realRoot, file, MOST_BYTES, check).then(
          ({ content }) => content,
          (error: unknown) => {
            if (isSpellError(error) && error.code === "NOT_FOUND") return undefined;
            throw error;
          },
        ),
      write: (content) => writeConfined(realRoot, file, content, check),
    };
  }
  const target = path.resolve(file);
  return {
    read: () =>
      readFile(target).catch((error: { code?: unknown }) => {
        if (error.code === "ENOENT") return undefined;
        throw new SpellError("IO_ERROR", "the file of the tools cannot be read");
      }),
    async write(content) {
      try {
        const folder = path.dirname(target);
        await mkdir(folder, { recursive: true });
        await writeConfined(await realpath(folder), path.basename(target), content);
      } catch {
        throw new SpellError("IO_ERROR", "the file of the tools cannot be written");
      }
    },
  };
}

async function parseStored(
  bytes: Buffer | undefined,
): Promise<{ tools: StoredTool[]; stats: Record<string, ToolCounters> }> {
  if (bytes === undefined) return { tools: [], stats: {} };
  const data = tryParseJson(await textOf(bytes))?.value;
  const { format, tools, stats } = isRecord(data) ? data : {};
  if (format !== FORMAT || !Array.isArray(tools) || !isRecord(stats))
    throw new SpellError("VALIDATION_FAILED", `the file of the tools is not of the format ${FORMAT}`);
  const stored = tools.map(async (tool: unknown) => {
    if (!isRecord(tool) || typeof tool["folder"] !== "string")
      throw new SpellError("VALIDATION_FAILED", "the file of the tools has a malformed entry");
    return { manifest: await parseManifest(tool["manifest"]), folder: tool["folder"] };
  });
  return { tools: await Promise.all(stored), stats: stats as Record<string, ToolCounters> };
}

async function compressed(text: string): Promise<Buffer> {
  const { deflateRawSync } = await import("node:zlib");
  return Buffer.concat([MAGIC, deflateRawSync(text)]);
}

/** The JSON in either form; empty when the bytes are damaged. */
async function textOf(bytes: Buffer): Promise<string> {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return bytes.toString("utf8");
  const { inflateRawSync } = await import("node:zlib");
  try {
    return inflateRawSync(bytes.subarray(MAGIC.length), { maxOutputLength: MOST_BYTES }).toString("utf8");
  } catch {
    return "";
  }
}
