import assert from "node:assert/strict";
import { SpellError } from "@llmspell/errors";
import type { DebugLog, DebugOptions, Debugger, Guest } from "../index.js";
import { SPELL, caseMaker, failure, stillWorks, type ConformanceCase, type ConformanceKit } from "./kit.js";

/** The cases of the features `debugging` and `profiling`. */
export function debuggingCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "debugging");
  const { programs } = kit;

  /** A case for engines that can debug; the others refuse. */
  const debugging = (name: string, body: Parameters<typeof make>[1]): ConformanceCase =>
    make(name, async (stage) => {
      if (stage.engine.features.debugging) return body(stage);
      await failure(() => stage.guest.attachDebugger(), "UNSUPPORTED");
    });
  const profiling = (
    kind: "sampled" | "exact",
    feature: "profiling" | "exactProfiling",
    body: Parameters<typeof make>[1],
  ): ConformanceCase =>
    make(`a profile (${kind}) finds the hot function, the same on every run`, async (stage) => {
      if (stage.engine.features[feature]) return body(stage);
      await failure(() => stage.guest.startProfiler({ kind }), "UNSUPPORTED");
    });

  return [
    debugging("a breakpoint suspends the guest; continue runs it on", async ({ guest, run }) => {
      const debug = attach(guest, [3]);
      const task = run(programs.stepThrough);
      assert.equal(guest.state, "suspended");
      assert.equal(task.state, "pending");
      const { reason, source, line, isHeld } = debug.stopped ?? assert.fail("it has not stopped");
      assert.deepEqual([reason, source, line, isHeld], ["breakpoint", SPELL, 3, true]);
      debug.continue();
      assert.equal(debug.stopped, undefined);
      assert.equal(await task.result(), 21);
    }),
    debugging("the stack and the locals of every frame are read, and written", async ({ guest, run }) => {
      const debug = attach(guest, [3]);
      const task = run(programs.stepThrough);
      const { frames, totalFrames } = debug.stackTrace(debug.stopped?.threadId ?? 0);
      assert.deepEqual([frames.map(({ line }) => line), totalFrames], [[3, 5], 2]);
      assert.match(frames[0]?.name ?? "", /twice/);
      const reference = locals(debug, frames[0]?.id);
      const values = new Map(debug.variables(reference).map(({ name, value }) => [name, value]));
      assert.deepEqual([values.get("n"), values.get("result")], ["10", "20"]);
      assert.equal(debug.setVariable(reference, "result", "n + 90").ok, true);
      debug.continue();
      assert.equal(await task.result(), 101);
    }),
    debugging("steps go over calls, into them and out of them", async ({ guest, run }) => {
      const debug = attach(guest, [5]);
      const task = run(programs.stepThrough);
      const lines = (["stepIn", "stepOver", "stepOut", "stepOver"] as const).map((step) => {
        debug[step]();
        return debug.stopped?.line;
      });
      assert.deepEqual(lines, [2, 3, 6, 7]);
      debug.continue();
      assert.equal(await task.result(), 21);
    }),
    debugging("stepping over a call does not stop in it", async ({ guest, run }) => {
      const debug = attach(guest, [5]);
      run(programs.stepThrough);
      debug.stepOver();
      assert.equal(debug.stopped?.line, 6);
    }),
    debugging("conditions, hit counts and messages decide whether a breakpoint stops", async ({ guest, run }) => {
      const logs: DebugLog[] = [];
      const debug = attach(guest, [], { onLog: (entry) => void logs.push(entry) });
      debug.setBreakpoints(SPELL, [
        { line: 3, condition: "n == 11" },
        { line: 3, hitCount: 2 },
        { line: 3, logMessage: "n is {n}" },
        { line: 3, condition: programs.failingExpression },
      ]);
      assert.equal(await run(programs.stepThrough).result(), 21);
      assert.deepEqual(
        logs.map(({ kind }) => kind),
        ["log", "error"],
      );
      assert.equal(logs[0]?.text, "n is 10");
      debug.setBreakpoints(SPELL, [{ line: 3, condition: "n == 10" }]);
      run(programs.stepThrough);
      assert.equal(debug.stopped?.line, 3);
    }),
    debugging("an expression is evaluated in a frame; its error is a value", ({ guest, run }) => {
      const debug = attach(guest, [3]);
      run(programs.stepThrough);
      const [frame] = debug.stackTrace(debug.stopped?.threadId ?? 0).frames;
      const sum = debug.evaluate("n + result", frame?.id);
      assert.deepEqual(sum.ok && sum.value, "30");
      assert.equal(debug.evaluate(programs.failingExpression, frame?.id).ok, false);
    }),
    debugging("a pause stops at the next line", async ({ guest, run }) => {
      const debug = attach(guest, []);
      debug.pause();
      const task = run(programs.stepThrough);
      assert.equal(debug.stopped?.reason, "pause");
      debug.continue();
      assert.equal(await task.result(), 21);
    }),
    debugging("what starts while the guest stands waits until it goes on", async ({ guest, run }) => {
      const debug = attach(guest, [6]);
      const first = run(programs.stepThrough);
      const second = guest.run(programs.returnInteger);
      assert.deepEqual([first.state, second.state], ["pending", "pending"]);
      debug.continue();
      assert.deepEqual([await first.result(), await second.result()], [21, 42]);
    }),
    debugging("an uncaught error stops before its stack is gone, when asked to", async ({ guest, run }) => {
      const debug = attach(guest, [], { breakOnError: "uncaught" });
      const task = run(programs.throwOnLine7);
      assert.deepEqual([debug.stopped?.reason, debug.stopped?.line], ["error", 7]);
      assert.match(debug.stopped?.error ?? "", /broken/);
      debug.continue();
      await failure(task, "SCRIPT_ERROR");
    }),
    debugging("a guest that stands can be stopped, and detached from", async (stage) => {
      const debug = attach(stage.guest, [3]);
      const task = stage.run(programs.stepThrough);
      debug.detach();
      assert.equal(await task.result(), 21);
      attach(stage.guest, [3]);
      const other = stage.run(programs.stepThrough);
      stage.guest.stop(new SpellError("CANCELLED", "enough"));
      await failure(other, "CANCELLED");
      await stillWorks(stage);
    }),
    debugging("what needs a stop is refused without one", async ({ guest }) => {
      const debug = attach(guest, []);
      for (const action of [() => debug.continue(), () => debug.threads(), () => debug.evaluate("1")]) {
        await failure(action, "INVALID_STATE");
      }
    }),
    ...(
      [
        ["sampled", "profiling"],
        ["exact", "exactProfiling"],
      ] as const
    ).map(([kind, feature]) =>
      profiling(kind, feature, async ({ another }) => {
        const folded: string[] = [];
        for (let i = 0; i < 2; i++) {
          const { guest } = another();
          const profiler = guest.startProfiler({ kind, everyFuel: 1_000 });
          await guest.run(programs.hotFunction).result();
          const profile = profiler.stop();
          const [first] = profile.functions();
          assert.match(first?.name ?? "", /hot/);
          assert.ok(profile.fuel <= guest.usage.fuel);
          assert.ok((first?.self ?? 0) > guest.usage.fuel / 2);
          folded.push(profile.folded());
        }
        assert.equal(folded[0], folded[1]);
      }),
    ),
    make("coverage counts the lines that ran", async ({ engine, guest, run }) => {
      if (!engine.features.coverage) return void (await failure(() => guest.startCoverage(), "UNSUPPORTED"));
      const recorder = guest.startCoverage();
      await run(programs.stepThrough).result();
      const coverage = recorder.stop();
      const [source] = coverage.sources;
      assert.equal(source?.source, SPELL);
      assert.deepEqual(
        [2, 3, 5, 6, 7].map((line) => source?.lines.get(line)),
        [1, 1, 1, 1, 1],
      );
      assert.match(coverage.lcov(), /^DA:6,1$/m);
    }),
  ];
}

function attach(guest: Guest, lines: readonly number[], options: DebugOptions = {}): Debugger {
  const debug = guest.attachDebugger(options);
  debug.setBreakpoints(
    SPELL,
    lines.map((line) => ({ line })),
  );
  return debug;
}

function locals(debug: Debugger, frameId = 0): number {
  return debug.scopes(frameId).find(({ name }) => name === "Locals")?.variablesReference ?? 0;
}
