import { createAuth, type Auth } from "@llmspell/core";
import { perRun } from "./per-run.js";

/** Users, sessions and keys of the program that runs the spell; without any, a key and sessions of the run's own. */
export const authOf = perRun<Auth>((run) => run.auth ?? createAuth());
