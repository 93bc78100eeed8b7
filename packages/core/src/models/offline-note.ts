/** How the offline model introduces itself; part of every text it makes up. */
export const OFFLINE_NOTE = "llmspell's offline stand-in, no real model";
