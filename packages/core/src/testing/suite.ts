import { SpellError, toSpellError } from "@llmspell/errors";
import { LONGEST_TIMER_MS, raceAbort, throwIfAborted } from "../abort.js";

/** What a test case, or what prepares one, does; `signal` aborts when it has taken too long. */
export type TestBody = (signal: AbortSignal) => Promise<unknown>;
export type TestHook = "before_all" | "after_all" | "before_each" | "after_each";
export type TestStatus = "passed" | "failed" | "skipped";

export interface CaseOptions {
  /** Milliseconds until it has failed; 5 000 by default. What does not obey the signal goes on unobserved. */
  timeoutMs?: number;
  skip?: boolean;
  /** When some cases have it, only these run. */
  only?: boolean;
}

export interface CaseResult {
  /** The names of the groups around it, outermost first. */
  groups: string[];
  name: string;
  status: TestStatus;
  durationMs: number;
  error?: SpellError;
  /** Why it was skipped, when that was said. */
  reason?: string;
}

export interface TestResults {
  total: number;
  passed: number;
  failed: number;
  skipped: number;
  durationMs: number;
  cases: CaseResult[];
}

interface TestCase {
  readonly name: string;
  readonly body: TestBody;
  readonly options: CaseOptions;
}

interface Group {
  readonly name: string;
  readonly around: Group | undefined;
  readonly members: (TestCase | Group)[];
  readonly hooks: Record<TestHook, TestBody[]>;
}

export interface RunSuiteOptions {
  /** A part of the full name (groups and case, with spaces between) of the cases that run. */
  filter?: string;
  signal?: AbortSignal;
  onResult?: (result: CaseResult) => void;
}

/** Test cases in groups. */
export interface Suite {
  /** How many cases there are. */
  readonly size: number;
  /** Cases and hooks that `define` adds belong to this group. */
  describe(name: string, define: () => void): void;
  it(name: string, body: TestBody, options?: CaseOptions): void;
  hook(kind: TestHook, body: TestBody): void;
  /** Calls back when the case that runs is over, the latest first; whether one runs. */
  onCaseEnd(body: TestBody): boolean;
  /**
   * Runs the cases one after the other, in order. What fails is a result; `after_*` hooks run in any case.
   *
   * @throws SpellError `INVALID_STATE` while it runs already; what `signal` was aborted with.
   */
  run(options?: RunSuiteOptions): Promise<TestResults>;
}

const TIMEOUT_MS = 5000;
const MOST_CASES = 100_000;
const DEEPEST = 50;

/** What ends a test case as skipped. */
export const skipped = (reason = "skipped"): SpellError =>
  new SpellError("CANCELLED", reason, { details: { skipped: true } });

const isSkip = (error: SpellError): boolean => error.code === "CANCELLED" && error.details["skipped"] === true;

export function createSuite(): Suite {
  const root = newGroup("", undefined);
  let open = root;
  let size = 0;
  let depth = 0;
  let isRunning = false;
  let ends: TestBody[] | undefined;

  const add = (member: TestCase | Group): void => {
    if (isRunning) throw new SpellError("INVALID_STATE", "the tests run already: nothing can be added");
    if (++size > MOST_CASES) throw new SpellError("INVALID_STATE", `there are at most ${MOST_CASES} cases and groups`);
    open.members.push(member);
  };
  const runCase = async (group: Group, { name, body, options }: TestCase, broken?: SpellError): Promise<CaseResult> => {
    const started = performance.now();
    const own: TestBody[] = (ends = []);
    let problem = broken;
    const attempt = async (work: TestBody): Promise<void> => {
      try {
        await timed(work, options.timeoutMs);
      } catch (error) {
        problem ??= toSpellError(error, "SCRIPT_ERROR");
      }
    };
    if (broken === undefined) {
      for (const hook of hooksOf(group, "before_each")) if (problem === undefined) await attempt(hook);
      if (problem === undefined) await attempt(body);
      for (const hook of hooksOf(group, "after_each").toReversed()) await attempt(hook);
    }
    ends = undefined;
    for (const end of own.toReversed()) await attempt(end);
    return resultOf(group, name, performance.now() - started, problem);
  };

  return {
    get size() {
      return countOf(root);
    },
    describe(name, define) {
      if (depth >= DEEPEST) throw new SpellError("INVALID_STATE", `groups nest at most ${DEEPEST} deep`);
      const group = newGroup(name, open);
      add(group);
      const around = open;
      open = group;
      depth++;
      try {
        define();
      } finally {
        open = around;
        depth--;
      }
    },
    it: (name, body, options = {}) => add({ name, body, options }),
    hook(kind, body) {
      if (isRunning) throw new SpellError("INVALID_STATE", "the tests run already: nothing can be added");
      open.hooks[kind].push(body);
    },
    onCaseEnd(body) {
      ends?.push(body);
      return ends !== undefined;
    },
    async run({ filter = "", signal, onResult } = {}) {
      if (isRunning) throw new SpellError("INVALID_STATE", "the tests run already");
      isRunning = true;
      const started = performance.now();
      const cases: CaseResult[] = [];
      const hasOnly = someOnly(root);
      const tell = (result: CaseResult): void => {
        cases.push(result);
        onResult?.(result);
      };
      const wanted = (group: Group, { name, options }: TestCase): boolean =>
        [...pathOf(group), name].join(" ").includes(filter) && (!hasOnly || options.only === true);
      const runGroup = async (group: Group, brokenAround?: SpellError): Promise<void> => {
        if (!someCase(group, wanted)) return;
        let broken = brokenAround;
        const all = async (kind: TestHook): Promise<void> => {
          for (const hook of group.hooks[kind]) {
            try {
              await timed(hook);
            } catch (error) {
              const problem = toSpellError(error, "SCRIPT_ERROR");
              if (kind === "before_all") broken ??= problem;
              else tell(resultOf(group, kind, 0, problem));
            }
          }
        };
        if (broken === undefined) await all("before_all");
        for (const member of group.members) {
          throwIfAborted(signal);
          if ("members" in member) await runGroup(member, broken);
          else if (!wanted(group, member)) continue;
          else if (member.options.skip === true) tell(resultOf(group, member.name, 0, skipped("")));
          else tell(await runCase(group, member, broken));
        }
        if (brokenAround === undefined) await all("after_all");
      };
      try {
        await runGroup(root);
      } finally {
        isRunning = false;
      }
      const count = (status: TestStatus): number => cases.filter((each) => each.status === status).length;
      return {
        total: cases.length,
        passed: count("passed"),
        failed: count("failed"),
        skipped: count("skipped"),
        durationMs: performance.now() - started,
        cases,
      };
    },
  };
}

const newGroup = (name: string, around: Group | undefined): Group => ({
  name,
  around,
  members: [],
  hooks: { before_all: [], after_all: [], before_each: [], after_each: [] },
});

function pathOf(group: Group): string[] {
  return group.around === undefined ? [] : [...pathOf(group.around), group.name];
}

/** From the outermost group to this one. */
function hooksOf(group: Group, kind: TestHook): TestBody[] {
  return [...(group.around === undefined ? [] : hooksOf(group.around, kind)), ...group.hooks[kind]];
}

const someCase = (group: Group, test: (group: Group, each: TestCase) => boolean): boolean =>
  group.members.some((member) => ("members" in member ? someCase(member, test) : test(group, member)));

const someOnly = (group: Group): boolean => someCase(group, (_, { options }) => options.only === true);

const countOf = (group: Group): number =>
  group.members.reduce((sum, member) => sum + ("members" in member ? countOf(member) : 1), 0);

async function timed(work: TestBody, timeoutMs = TIMEOUT_MS): Promise<void> {
  const controller = new AbortController();
  const late = new SpellError("TIMEOUT", `it took longer than ${timeoutMs} ms`);
  const timer = setTimeout(() => controller.abort(late), Math.min(timeoutMs, LONGEST_TIMER_MS));
  try {
    await raceAbort(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

function resultOf(group: Group, name: string, durationMs: number, problem: SpellError | undefined): CaseResult {
  const about = { groups: pathOf(group), name, durationMs };
  if (problem === undefined) return { ...about, status: "passed" };
  if (!isSkip(problem)) return { ...about, status: "failed", error: problem };
  return { ...about, status: "skipped", ...(problem.message === "" ? {} : { reason: problem.message }) };
}
