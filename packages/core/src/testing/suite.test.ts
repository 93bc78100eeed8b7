import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { benchmark, loadTest } from "./measure.js";
import { createSuite, skipped, type Suite } from "./suite.js";
import { testReport } from "./test-report.js";

const noted = (order: string[], what: string) => async (): Promise<void> => void order.push(what);
const fails = (message: string) => (): Promise<never> => Promise.reject(new SpellError("ASSERTION_FAILED", message));

async function outcomes(suite: Suite, filter?: string): Promise<string[]> {
  const { cases } = await suite.run(filter === undefined ? {} : { filter });
  return cases.map(({ groups, name, status }) => `${[...groups, name].join("/")}: ${status}`);
}

describe("createSuite", () => {
  it("STD-45: runs hooks around the cases of their groups, also when a case fails", async () => {
    const order: string[] = [];
    const suite = createSuite();
    suite.hook("before_each", noted(order, "be"));
    suite.describe("a", () => {
      suite.hook("before_all", noted(order, "a.ba"));
      suite.hook("after_all", noted(order, "a.aa"));
      suite.hook("before_each", noted(order, "a.be"));
      suite.hook("after_each", noted(order, "a.ae"));
      suite.it("one", fails("no"));
      suite.describe("b", () => suite.it("two", noted(order, "two")));
    });
    suite.hook("after_each", noted(order, "ae"));
    expect(suite.size).toBe(2);
    expect(await outcomes(suite)).toEqual(["a/one: failed", "a/b/two: passed"]);
    expect(order.join(" ")).toBe("a.ba be a.be a.ae ae be a.be two a.ae ae a.aa");
  });

  it("STD-45: skips, runs only some, filters", async () => {
    const suite = createSuite();
    suite.describe("g", () => {
      suite.it("a", () => Promise.reject(skipped("not here")));
      suite.it("b", async () => {}, { skip: true });
      suite.it("c", async () => {});
    });
    expect((await suite.run()).cases.map(({ status, reason }) => [status, reason])).toEqual([
      ["skipped", "not here"],
      ["skipped", undefined],
      ["passed", undefined],
    ]);
    expect(await outcomes(suite, "g c")).toEqual(["g/c: passed"]);
    suite.it("d", async () => {}, { only: true });
    expect(await outcomes(suite)).toEqual(["d: passed"]);
  });

  it("a group whose preparation fails has failed; its end is run, and may fail itself", async () => {
    const suite = createSuite();
    const order: string[] = [];
    suite.describe("g", () => {
      suite.hook("before_all", fails("broken"));
      suite.hook("after_all", fails("end"));
      suite.it("a", noted(order, "a"));
      suite.describe("h", () => {
        suite.hook("after_all", noted(order, "h end"));
        suite.it("b", noted(order, "b"));
      });
    });
    expect(await outcomes(suite)).toEqual(["g/a: failed", "g/h/b: failed", "g/after_all: failed"]);
    expect(order).toEqual([]);
  });

  it("STD-46: cleans up after each case, the latest first", async () => {
    const order: string[] = [];
    const suite = createSuite();
    expect(suite.onCaseEnd(noted(order, "never"))).toBe(false);
    suite.it("a", async () => {
      suite.onCaseEnd(noted(order, "1"));
      suite.onCaseEnd(noted(order, "2"));
      throw new Error("x");
    });
    suite.it("b", noted(order, "b"));
    expect(await outcomes(suite)).toEqual(["a: failed", "b: passed"]);
    expect(order).toEqual(["2", "1", "b"]);
  });

  it("what takes too long has failed; nothing runs twice at once, or changes while it runs", async () => {
    const suite = createSuite();
    suite.it("slow", () => new Promise(() => {}), { timeoutMs: 5 });
    suite.it("in it", async () => {
      expect(() => suite.it("x", async () => {})).toThrow("the tests run already");
      expect(() => suite.hook("before_all", async () => {})).toThrow("the tests run already");
      await expect(suite.run()).rejects.toMatchObject({ code: "INVALID_STATE" });
    });
    const { cases } = await suite.run();
    expect(cases.map(({ status, error }) => [status, error?.code])).toEqual([
      ["failed", "TIMEOUT"],
      ["passed", undefined],
    ]);
    const stop = AbortSignal.abort(new SpellError("CANCELLED", "enough"));
    await expect(suite.run({ signal: stop })).rejects.toThrow("enough");
    const nest = (depth: number): void => {
      if (depth > 0) suite.describe("d", () => nest(depth - 1));
    };
    expect(() => nest(60)).toThrow("groups nest at most 50 deep");
  });
});

describe("testReport", () => {
  const results = async (): Promise<Awaited<ReturnType<Suite["run"]>>> => {
    const suite = createSuite();
    suite.describe("math <&>", () => {
      suite.it("adds", async () => {});
      suite.it("fails # here", () =>
        Promise.reject(
          new SpellError("ASSERTION_FAILED", 'expected "1"\ngot 2', { details: { file: "a.lua", line: 3 } }),
        ),
      );
      suite.it("waits", () => Promise.reject(skipped("no network")));
    });
    return await suite.run();
  };

  it("STD-45: text, TAP, JUnit, JSON", async () => {
    const files = [{ file: "a.lua", results: await results() }];
    expect(testReport(files, "text")).toBe(`a.lua
  ✓ math <&> › adds
  ✗ math <&> › fails # here
      expected "1"
      got 2
      at a.lua:3
  - math <&> › waits (no network)

1 passed, 1 failed, 1 skipped
`);
    expect(testReport(files, "tap")).toBe(String.raw`TAP version 14
1..3
ok 1 - math <&> › adds
not ok 2 - math <&> › fails \# here
  ---
  message: "expected \"1\"\ngot 2"
  code: ASSERTION_FAILED
  at: "a.lua:3"
  ...
ok 3 - math <&> › waits # SKIP no network
`);
    const junit = testReport(files, "junit");
    expect(junit).toContain('<testsuite name="a.lua" tests="3" failures="1" skipped="1"');
    expect(junit).toContain('message="expected &quot;1&quot;&#10;got 2">a.lua:3</failure>');
    expect(junit).toContain('<skipped message="no network"/>');
    const { XMLValidator } = await import("fast-xml-parser");
    expect(XMLValidator.validate(junit)).toBe(true);
    expect(JSON.parse(testReport(files, "json"))).toMatchObject([{ file: "a.lua", total: 3, failed: 1 }]);
    expect(testReport([...files, ...files], "tap")).toContain("ok 4 - a.lua › math");
  });
});

describe("measuring", () => {
  it("STD-47: times calls, and calls from several sides at once", async () => {
    let calls = 0;
    const timings = await benchmark(async () => void calls++, 10);
    expect(calls).toBe(11);
    expect(timings).toMatchObject({ iterations: 10 });
    expect(timings.p50).toBeLessThanOrEqual(timings.p95);
    let [at, most] = [0, 0];
    const load = await loadTest(
      async () => {
        most = Math.max(most, ++at);
        await new Promise((resolve) => setTimeout(resolve, 5));
        at--;
        throw new Error("x");
      },
      { concurrency: 3, durationMs: 50 },
    );
    expect(most).toBe(3);
    expect(load.errors).toBe(load.total);
    const slow = await loadTest(async () => {}, { durationMs: 50, rps: 100 });
    expect(slow.total).toBeLessThanOrEqual(5);
    await expect(benchmark(async () => {}, 0)).rejects.toThrow("iterations");
    await expect(loadTest(async () => {}, { concurrency: 0 })).rejects.toThrow("concurrency");
    await expect(loadTest(async () => {}, { rps: 0 })).rejects.toThrow("above 0");
  });
});
