import { SpellError } from "@llmspell/errors";
import { readdir, readFile } from "node:fs/promises";

/** A process of this machine. Its arguments and environment are left out: they may hold secrets. */
export interface ProcessInfo {
  pid: number;
  parent: number;
  name: string;
  /** One letter, as of proc(5). */
  state: string;
  /** Bytes that are resident. */
  memory: number;
}

/**
 * The `limit` processes with the lowest ids.
 *
 * @throws SpellError `UNSUPPORTED` where there is no /proc.
 */
export async function readProcesses(limit: number): Promise<ProcessInfo[]> {
  const names = await readdir("/proc").catch(() => {
    throw new SpellError("UNSUPPORTED", "processes can be listed on Linux only");
  });
  const pids = names.filter((name) => /^\d+$/.test(name)).map(Number);
  const found: ProcessInfo[] = [];
  for (const pid of pids.toSorted((a, b) => a - b)) {
    if (found.length === limit) break;
    // It may have ended since.
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => undefined);
    if (status !== undefined) found.push(parse(pid, status));
  }
  return found;
}

function parse(pid: number, status: string): ProcessInfo {
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
  return {
    pid,
    parent: Number(field("PPid")),
    name: field("Name"),
    state: field("State").slice(0, 1),
    memory: Number.parseInt(field("VmRSS") || "0", 10) * 1024,
  };
}
