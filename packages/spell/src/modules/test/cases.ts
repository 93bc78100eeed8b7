import { defined, skipped, testReport, type CaseResult, type TestHook, type TestResults } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, sync, type FunctionDeclaration } from "../../door/module.js";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { loadTesting, runTests, testsOf } from "../../run/tests.js";

const reportFormat = t.oneOf("text", "json", "tap", "junit");
const testOptions = t.object({ filter: t.optional(t.string), reporter: t.optional(reportFormat) }, "TestOptions");
const results = "TestResults";

function hook(kind: TestHook, doc: string): FunctionDeclaration {
  return sync({
    doc,
    params: { fn: t.fn },
    example: `test.describe("g", function() test.${kind}(function() end) end)`,
    call(run, { fn }) {
      testsOf(run).suite.hook(kind, (signal) => run.tellGuest(fn, [], signal));
      return undefined;
    },
  });
}

const scriptCase = ({ groups, name, status, durationMs, error, reason }: CaseResult): ScriptObject => ({
  groups,
  name,
  status,
  duration_ms: durationMs,
  ...defined({ error, reason }),
});

const scriptResults = ({
  total,
  passed,
  failed,
  skipped: left,
  durationMs,
  cases: all,
}: TestResults): ScriptObject => ({
  total,
  passed,
  failed,
  skipped: left,
  duration_ms: durationMs,
  cases: all.map(scriptCase),
});

function lastOf(run: RunContext, fn: string): TestResults {
  const { last } = testsOf(run);
  if (last === undefined) throw new SpellError("INVALID_STATE", `${fn}: no tests have run yet`);
  return last;
}

/** What explains differences is there by the time the cases run. */
function prepare(): void {
  loadTesting().catch(() => {
    // Whoever needs it says so.
  });
}

export const cases = {
  describe: sync({
    doc: "A group of test cases: those that the function adds. Groups nest; the function must not wait.",
    params: { name: t.name, fn: t.fn },
    aliases: ["suite"],
    example:
      'test.describe("sums", function() test.it("adds", function() test.assert_equals(1 + 1, 2) end) end) return test.run().passed',
    call(run, { name, fn }) {
      prepare();
      try {
        testsOf(run).suite.describe(name, () => void run.guest.callSync(fn, []));
      } finally {
        fn.release();
      }
      return undefined;
    },
  }),
  it: sync({
    doc: "A test case, which has failed when the function does, or takes longer than `timeout` (5s); it may wait. With `only` on some cases, the others do not run.",
    params: {
      name: t.name,
      fn: t.fn,
      options: t.optional(
        t.object(
          { timeout: t.optional(t.duration), skip: t.optional(t.boolean), only: t.optional(t.boolean) },
          "CaseOptions",
        ),
      ),
    },
    aliases: ["test"],
    example: 'test.it("waits", function() sleep(1) test.assert(true) end) return test.run().passed',
    call(run, { name, fn, options: { timeout, skip, only } = {} }) {
      prepare();
      testsOf(run).suite.it(
        name,
        (signal) => run.tellGuest(fn, [], signal),
        defined({ timeoutMs: timeout, skip, only }),
      );
      return undefined;
    },
  }),
  before_all: hook(
    "before_all",
    "Called before the first case of the group; when it fails, all cases of the group have.",
  ),
  after_all: hook("after_all", "Called after the last case of the group, whatever happened."),
  before_each: hook("before_each", "Called before each case of the group and of those in it."),
  after_each: hook("after_each", "Called after each case of the group and of those in it, whatever happened."),
  cleanup: sync({
    doc: "Called when the case that runs is over, the latest first; false outside of a case, when it is not.",
    params: { fn: t.fn },
    result: "boolean",
    example: "return test.cleanup(function() end)",
    call: (run, { fn }) => testsOf(run).suite.onCaseEnd((signal) => run.tellGuest(fn, [], signal)),
  }),
  run: awaitable({
    doc: "Runs the cases that were added, or those whose full name (groups and case, with spaces between) has the filter in it. A failure is a result, not an error. `reporter` adds a report.",
    params: {
      suite: t.optional(t.union(t.string, testOptions)),
      options: t.optional(testOptions),
    },
    result: results,
    aliases: ["run_all", "run_with_filter", "run_suite"],
    example: 'test.it("a", function() end) test.it("b", function() test.fail() end) return test.run("a").total',
    async call(run, { suite, options }, signal) {
      const given = typeof suite === "string" ? { filter: suite, ...options } : { ...suite, ...options };
      const { filter, reporter } = given;
      const done = await runTests(run, { filter }, signal);
      const report = reporter && testReport([{ file: run.info.file, results: done }], reporter);
      return { ...scriptResults(done), ...(report === undefined ? {} : { report }) };
    },
  }),
  get_results: sync({
    doc: "How the tests ended when they last ran.",
    result: results,
    example: 'test.it("a", function() end) test.run() return test.get_results().passed',
    call: (run) => scriptResults(lastOf(run, "test.get_results")),
  }),
  generate_report: sync({
    doc: "A report on the tests when they last ran: text, JSON, TAP 14, or XML as of JUnit.",
    params: { format: reportFormat },
    result: "string",
    example: 'test.it("a", function() end) test.run() return test.generate_report("tap")',
    call: (run, { format }) =>
      testReport([{ file: run.info.file, results: lastOf(run, "test.generate_report") }], format),
  }),
  skip: sync({
    doc: "Ends the test case as skipped.",
    params: { reason: t.optional(t.string) },
    example: 'test.it("a", function() test.skip("no network") end) return test.run().skipped',
    call(_, { reason }) {
      throw skipped(reason);
    },
  }),
  get_coverage: sync({
    doc: "Which lines of the script have run so far, when the run counts them: `llmspell test --coverage`. Counting ends with it.",
    result:
      "{lines: integer, covered: integer, percent: number, by_file: list<{file: string, lines: integer, covered: integer, percent: number, missed: list<integer>}>}",
    example: "return pcall(test.get_coverage)",
    call(run) {
      if (run.coverage === undefined)
        throw new SpellError("INVALID_STATE", "test.get_coverage: this run does not count lines; use --coverage");
      const { sources, ratio } = run.coverage.stop();
      const by_file = sources.map(({ source, lines }) => {
        const missed = [...lines].flatMap(([line, count]) => (count === 0 ? [line] : []));
        const covered = lines.size - missed.length;
        const percent = lines.size === 0 ? 100 : (100 * covered) / lines.size;
        return { file: source, lines: lines.size, covered, percent, missed };
      });
      const sum = (key: "lines" | "covered"): number => by_file.reduce((total, file) => total + file[key], 0);
      return { lines: sum("lines"), covered: sum("covered"), percent: 100 * ratio, by_file };
    },
  }),
};
