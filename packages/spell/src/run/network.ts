import { createHttpClient } from "@llmspell/core";
import type { RunContext } from "./context.js";
import { SPELL_POLICY } from "./built-in-tools.js";
import { perRun } from "./per-run.js";

export const clientOf = perRun(() => createHttpClient({ policy: SPELL_POLICY }));

/** An answer from a server, if `fn` may ask its host. @throws SpellError `PERMISSION_DENIED`, `NETWORK_ERROR`. */
export async function askServer(run: RunContext, fn: string, url: string, init: RequestInit): Promise<Response> {
  run.authorize(fn, "network", new URL(url).hostname);
  return await clientOf(run).fetch(url, init);
}
