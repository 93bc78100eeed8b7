import { afterAll, beforeAll, expect, it } from "vitest";
import type { Engine, FunctionRef } from "@llmspell/engine";
import { PROMISE_BINDINGS } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";
import { SMALL } from "./attack.js";

let engine: Engine;
beforeAll(() => {
  engine = createLuaEngine();
});
afterAll(() => engine[Symbol.dispose]());

it("a host that swallows the end of a guest inside callSync does not keep it alive", async () => {
  let calls = 0;
  const guest = engine.createGuest({
    bindings: PROMISE_BINDINGS,
    limits: SMALL,
    host: {
      call: (_, [fn], self) => {
        calls++;
        try {
          self.callSync(fn as FunctionRef);
        } catch {
          // A careless host.
        }
        return null;
      },
    },
  });
  const source =
    "test.apply(function() while true do pcall(function() while true do end end) end end) test.report(1) test.report(2)";
  await expect(guest.run(source).result()).rejects.toMatchObject({ code: "LIMIT_FUEL" });
  expect(guest.state).toBe("killed");
  expect(calls).toBe(1);
  guest[Symbol.dispose]();
});

it("the host can end a guest whose finalizers do not end, while it sets a global", async () => {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, limits: SMALL });
  await guest
    .run("for i = 1, 2000 do setmetatable({}, { __gc = function() while true do end end }) end")
    .result()
    .catch(() => {});
  const set = (): void => {
    for (let i = 0; i < 1_000; i++)
      guest.setGlobal(
        "t",
        Array.from({ length: 1_000 }, (_, n) => ({ n })),
      );
  };
  expect(set).toThrow(expect.objectContaining({ code: expect.stringMatching(/^LIMIT_/) as string }));
  expect(guest.state).toBe("killed");
  guest[Symbol.dispose]();
});
