import assert from "node:assert/strict";
import type { SpellError } from "@llmspell/errors";
import { SECRET } from "./host.js";
import { SPELL, caseMaker, failure, type ConformanceCase, type ConformanceKit } from "./kit.js";

/** Nothing of the host: no path, no host stack. */
function assertClean(error: SpellError): void {
  const text = JSON.stringify(error);
  for (const host of [process.cwd(), "node_modules", "node:internal", "file://", ".ts:", ".js:", "wasm://"]) {
    assert.ok(!text.includes(host), `the error shows '${host}': ${text}`);
  }
}

export function errorCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "errors");
  const { programs } = kit;
  return [
    make("an error carries the spell's file and line and no trace of the host", async ({ guest, run }) => {
      const error = await failure(run(programs.throwOnLine7), "SCRIPT_ERROR");
      assert.equal(error.message, "broken");
      assert.equal(error.details["file"], SPELL);
      assert.equal(error.details["line"], 7);
      const stack = error.details["stack"] as { file: string; line: number }[];
      assert.deepEqual([stack[0]?.file, stack[0]?.line], [SPELL, 7]);
      assertClean(error);
      assert.equal(guest.state, "failed");
    }),
    make("a syntax error carries its file and line", async ({ run }) => {
      const error = await failure(run(programs.syntaxErrorOnLine3), "SYNTAX_ERROR");
      assert.deepEqual([error.details["file"], error.details["line"]], [SPELL, 3]);
      assertClean(error);
    }),
    make("a guest that failed can run more", async ({ guest, run }) => {
      await failure(run(programs.throwOnLine7), "SCRIPT_ERROR");
      await failure(run(programs.syntaxErrorOnLine3), "SYNTAX_ERROR");
      assert.equal(await run(programs.returnInteger).result(), 42);
      assert.equal(guest.state, "finished");
    }),
    make("a SpellError of the host arrives as an error the guest can catch, with its code", async ({ run }) => {
      assert.deepEqual(await run(programs.catchFail).result(), {
        code: "TOOL_FAILED",
        message: "the tool has no luck",
      });
    }),
    make(
      "a SpellError of the host that nobody catches ends the task with its code and the line of the call",
      async ({ run }) => {
        const error = await failure(run(programs.failOnLine2), "TOOL_FAILED");
        assert.equal(error.message, "the tool has no luck");
        assert.equal(error.details["tool"], "dice");
        assert.deepEqual([error.details["file"], error.details["line"]], [SPELL, 2]);
        assertClean(error);
      },
    ),
    make("a defect of the host shows the guest nothing of it", async ({ run }) => {
      const seen = await run(programs.catchCrash).result();
      assert.ok(typeof seen === "string" && seen.length > 0, "the guest caught something");
      assert.ok(!seen.includes("secret"), `the guest saw '${SECRET}' in: ${seen}`);
    }),
    make("an error the guest made up is a SCRIPT_ERROR, whatever code it claims", async ({ run }) => {
      const error = await failure(run(programs.forgeLimit), "SCRIPT_ERROR");
      assert.equal(error.message, "forged");
    }),
    make("an error of the host that the guest changed does not become a limit error", async ({ run }) => {
      await assert.rejects(
        run(programs.tamperError).result(),
        ({ code }: SpellError) => code === "TOOL_FAILED" || code === "SCRIPT_ERROR",
      );
    }),
    make(
      "a guest without a host is refused every call",
      async ({ run }) => {
        await failure(run(programs.failOnLine2), "PERMISSION_DENIED");
      },
      { host: {} },
    ),
    make("what a guest prints reaches the host", async ({ guest, host, run }) => {
      await run(programs.printText).result();
      assert.equal(host.output, "hello\n");
      assert.equal(guest.usage.outputBytes, 6);
    }),
  ];
}
