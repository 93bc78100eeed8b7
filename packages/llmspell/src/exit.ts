import type { ErrorCode, SpellError } from "@llmspell/errors";

/** What the exit status of the command line means. */
export const EXIT = { ok: 0, failed: 1, usage: 2, limit: 3, denied: 4, interrupted: 130 } as const;

const USAGE: readonly ErrorCode[] = ["CONFIG_INVALID"];

/** The exit status for a spell that ended with `error`. */
export function exitOfRun(error: SpellError): number {
  if (error.code === "INTERRUPTED") return EXIT.interrupted;
  if (error.category === "limit") return EXIT.limit;
  if (error.code === "PERMISSION_DENIED") return EXIT.denied;
  return USAGE.includes(error.code) ? EXIT.usage : EXIT.failed;
}

/** Leaves when everything written has left first, whatever else is still open. */
export async function leave(status: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write("", () => resolve()));
  }
  process.exit(status);
}
