import { trackLeaks } from "@llmspell/core/testing";
import { describe, expect, it } from "vitest";
import { PROMISE_BINDINGS, conformanceCases } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";
import { LUA_PROGRAMS } from "./testing/programs.js";

describe("QA-9: Lua keeps the engine contract", () => {
  for (const { group, name, run } of conformanceCases({
    create: createLuaEngine,
    programs: LUA_PROGRAMS,
    bindings: PROMISE_BINDINGS,
  })) {
    it(`${group}: ${name}`, async () => {
      await using _ = trackLeaks();
      await expect(run()).resolves.toBeUndefined();
    });
  }
});
