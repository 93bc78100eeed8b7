import { trackLeaks } from "@llmspell/core/testing";
import { describe, expect, it } from "vitest";
import { TEST_BINDINGS, conformanceCases } from "@llmspell/engine/conformance";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { bundleForThread } from "../../../test/support/bundle.js";
import { JS_PROGRAMS } from "./testing/programs.js";

const module = await bundleForThread(new URL("./js-worker.ts", import.meta.url));

describe("QA-9: JavaScript keeps the engine contract in a thread of its own", () => {
  for (const { group, name, run } of conformanceCases({
    create: () => createJavaScriptEngine({ isolation: "worker", threads: { module, idle: 4 } }),
    programs: JS_PROGRAMS,
    bindings: TEST_BINDINGS,
    isolation: "worker",
  })) {
    it(`${group}: ${name}`, async () => {
      await using _ = trackLeaks({ graceMs: 30_000 });
      await expect(run()).resolves.toBeUndefined();
    });
  }
});
