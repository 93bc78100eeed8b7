/** Everything needed to run spells from a program: `import { runSpell, createLuaEngine } from "llmspell"`. */
export * from "@llmspell/core";
export * from "@llmspell/engine";
export * from "@llmspell/engine-lua";
export * from "@llmspell/errors";
export * from "@llmspell/spell";
