import { createHttpClient } from "@llmspell/core";
import type { RunContext } from "./context.js";
import { perRun } from "./per-run.js";

// Who is granted this machine by name may ask it; addresses of the network around it never.
const clientOf = perRun(() => createHttpClient({ policy: { addresses: ["127.0.0.1", "::1"] } }));

/** An answer from a server, if `fn` may ask its host. @throws SpellError `PERMISSION_DENIED`, `NETWORK_ERROR`. */
export async function askServer(run: RunContext, fn: string, url: string, init: RequestInit): Promise<Response> {
  run.authorize(fn, "network", new URL(url).hostname);
  return await clientOf(run).fetch(url, init);
}
