/**
 * Lets Node run programs in TypeScript, without a build: `node --import llmspell/typescript program.ts`.
 * Their types are taken away and nothing else is changed, so lines and columns stay. A Node that
 * can do that itself does it.
 */
import { register } from "node:module";

// Since Node 22.18; not in the types of Node 20.
const { typescript } = process.features as { typescript?: unknown };
if (!typescript) register("./typescript-hooks.js", import.meta.url);
