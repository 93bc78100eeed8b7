/** The test kit: `import { assertScenario, trackLeaks } from "llmspell/testing"`. */
export * from "@llmspell/core/testing";
