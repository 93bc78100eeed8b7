import { trackLeaks } from "@llmspell/core/testing";
import { describe, expect, it } from "vitest";
import { PROMISE_BINDINGS, conformanceCases } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";
import { bundleForThread } from "../../../test/support/bundle.js";
import { LUA_PROGRAMS } from "./testing/programs.js";

const module = await bundleForThread(new URL("./lua-worker.ts", import.meta.url));

describe("QA-9: Lua keeps the engine contract in a thread of its own", () => {
  for (const { group, name, run } of conformanceCases({
    create: () => createLuaEngine({ isolation: "worker", threads: { module, idle: 4 } }),
    programs: LUA_PROGRAMS,
    bindings: PROMISE_BINDINGS,
    isolation: "worker",
  })) {
    it(`${group}: ${name}`, async () => {
      await using _ = trackLeaks({ graceMs: 30_000 });
      await expect(run()).resolves.toBeUndefined();
    });
  }
});
