import { trackLeaks } from "@llmspell/core/testing";
import { describe, expect, it } from "vitest";
import { TEST_BINDINGS, conformanceCases } from "@llmspell/engine/conformance";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { JS_PROGRAMS } from "./testing/programs.js";

describe("QA-9: JavaScript keeps the engine contract", () => {
  for (const { group, name, run } of conformanceCases({
    create: createJavaScriptEngine,
    programs: JS_PROGRAMS,
    bindings: TEST_BINDINGS,
  })) {
    it(`${group}: ${name}`, async () => {
      await using _ = trackLeaks();
      await expect(run()).resolves.toBeUndefined();
    });
  }
});
