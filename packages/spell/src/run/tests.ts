import type * as Testing from "@llmspell/core/testing";
import { defined, createSuite, type Suite, type TestResults } from "@llmspell/core";
import { perRun } from "./per-run.js";
import type { RunContext } from "./context.js";

/** The tests that a run has registered, and how they ended when they last ran. */
interface Tests {
  readonly suite: Suite;
  last: TestResults | undefined;
}

export const testsOf = perRun<Tests>(() => ({ suite: createSuite(), last: undefined }));

/** What explains a difference is loaded when there are tests: no other spell needs it. */
let testing: typeof Testing | undefined;

export async function loadTesting(): Promise<typeof Testing> {
  return (testing ??= await import("@llmspell/core/testing"));
}

export const loadedTesting = (): typeof testing => testing;

export interface TestRunOptions {
  /** A part of the full name of the cases that run. */
  readonly filter?: string | undefined;
}

/** Runs the registered tests. */
export async function runTests(
  run: RunContext,
  { filter }: TestRunOptions = {},
  signal?: AbortSignal,
): Promise<TestResults> {
  const tests = testsOf(run);
  await loadTesting();
  tests.last = await tests.suite.run({
    ...defined({ filter, signal }),
    onResult: ({ name }) => run.progress(`test ${name}`),
  });
  return tests.last;
}
