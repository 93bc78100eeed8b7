import { afterAll, describe, expect, it } from "vitest";
import { SpellError } from "@llmspell/errors";
import { TestHost } from "@llmspell/engine/conformance";
import { SMALL } from "../kit/attack.js";
import { hostSuite } from "../kit/host.js";
import { LUA } from "../lua/target.js";
import { JAVASCRIPT } from "./target.js";

hostSuite(JAVASCRIPT, {
  endlessCallback:
    "try { test.apply(() => { for (;;) try { for (;;); } catch {} }) } catch {} test.report(1); test.report(2)",
  // QuickJS calls them back as jobs, of which the host's own writing runs none.
  endlessFinalizers:
    "Object.defineProperty(Object.prototype, 't', { set() { for (;;); } }); globalThis.f = new FinalizationRegistry(() => { for (;;); }); for (let i = 0; i < 2000; i++) f.register({}, i); await null",
  wait: 'return await test.wait("k")',
  other: LUA,
});

describe("an awaited call that fails reaches the script whatever it has done to errors:", () => {
  const engine = JAVASCRIPT.createEngine();
  afterAll(() => engine[Symbol.dispose]());

  it.each([
    ["nothing", ""],
    [
      "setters for their fields",
      "for (const k of ['category', 'details', 'stack']) Object.defineProperty(Error.prototype, k, { set() { throw 1 } });",
    ],
    ["fields of descriptors", "Object.prototype.get = Object.prototype.set = () => 1;"],
    ["the class of errors", "globalThis.Error = null; Error = undefined;"],
    ["their prototype", "Object.setPrototypeOf(Error.prototype, null); delete Error.prototype.name;"],
  ])("%s", async (_, tamper) => {
    const host = new TestHost();
    const guest = engine.createGuest({ bindings: JAVASCRIPT.bindings, host, limits: SMALL });
    const task = guest.run(`${tamper} try { await test.wait("k") } catch (e) { return [e.code, e.category] }`);
    host.reject("k", new SpellError("TOOL_FAILED", "no luck"));
    expect(await task.result()).toEqual(["TOOL_FAILED", "tool"]);
    guest[Symbol.dispose]();
  });
});
