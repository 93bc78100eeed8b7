/** The JavaScript engine, apart from the rest so that nobody loads it who does not use it: `import … from "llmspell/javascript"`. */
export * from "@llmspell/engine-js";
