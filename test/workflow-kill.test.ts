import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openRuns, type RunStore, type StepRecord } from "@llmspell/core";
import { describe, expect, it } from "vitest";
import { folder } from "./support/cli.js";
import { Random } from "./support/random.js";

const CHILD = fileURLToPath(new URL("fixtures/killed-workflow.js", import.meta.url));
const KILLS = 200;
const LANES = 4;
const SEED = Number(process.env["KILL_SEED"] ?? Math.floor(Math.random() * 1e9));

interface Life {
  killed: boolean;
  status: number | null;
  stderr: string;
}

/** One process. `fromOutside`: killed by this one as soon as it has claimed its run. */
async function live(args: readonly string[], fromOutside: boolean): Promise<Life> {
  const child = spawn(process.execPath, [CHILD, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (text) => (stderr += String(text)));
  if (fromOutside) child.stdout.once("data", () => child.kill("SIGKILL"));
  const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { killed: signal === "SIGKILL", status, stderr };
}

const EXPECTED = [
  "prepare",
  "fan/a",
  "fan/b/b1",
  "fan/b/b2",
  ...[0, 1, 2].map((round) => `fan/c[${round}]/visit`),
  "fan/d",
  ...[0, 1, 2].map((round) => `rounds[${round}]/round`),
  "choose/chosen",
  "end",
];
const UNDONE = EXPECTED.filter((path) => /prepare|a$|b1|visit|chosen/.test(path));

const finished = (records: readonly StepRecord[]): Set<string> =>
  new Set(records.filter(({ status }) => status !== "mark").map(({ path }) => path));

/** Lets one run die again and again until it has ended; how often it died. */
async function runToItsEnd(store: RunStore, base: string, runId: string, random: Random): Promise<number> {
  const log = join(base, `${runId}.log`);
  const ending = random.fraction() < 0.6 ? "fail" : "ok";
  const known: Set<string>[] = [];
  let life: Life;
  let generation = 0;
  do {
    known.push(store.get(runId) === undefined ? new Set() : finished(store.records(runId)));
    const fromOutside = random.fraction() < 0.25;
    const moment = fromOutside ? -1 : 1 + Math.floor(random.fraction() * 40);
    life = await live([join(base, "runs.db"), log, runId, String(generation++), String(moment), ending], fromOutside);
  } while (life.killed);
  // Also says that no process found the run locked by a dead one.
  expect(life).toEqual({ killed: false, status: 0, stderr: "" });
  const lines = (await readFile(log, "utf8")).trimEnd().split("\n");
  const begun = lines.map((line) => line.split(" ")).filter(([, what]) => what === "begin");
  const repeated = begun.filter(([generation, , path]) => known[Number(generation)]?.has(path ?? ""));
  expect(repeated).toEqual([]);
  expect(new Set(begun.map((line) => line.join(" "))).size).toBe(begun.length);

  const done = new Set(lines.filter((line) => line.includes(" done ")).map((line) => line.split(" ")[2]));
  const undo = ending === "fail" ? UNDONE.map((path) => `${path}~compensate`) : [];
  expect([...done].toSorted()).toEqual([...EXPECTED, ...undo].toSorted());
  const run = store.get(runId);
  expect(run?.status).toBe(ending === "fail" ? "failed" : "completed");
  const records = store.records(runId);
  expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
  expect(finished(records).size).toBe(records.filter(({ status }) => status !== "mark").length);
  expect([...finished(records)].filter((path) => EXPECTED.includes(path)).toSorted()).toEqual(EXPECTED.toSorted());
  const completed = records.filter(({ path }) => UNDONE.includes(path)).map(({ path }) => `${path}~compensate`);
  const undone = records.filter(({ path }) => path.endsWith("~compensate")).map(({ path }) => path);
  expect(undone).toEqual(ending === "fail" ? completed.toReversed() : []);
  return generation - 1;
}

describe(`workflows that are killed (KILL_SEED=${SEED})`, () => {
  it(`WF-10: ${KILLS} kills lose nothing, repeat no finished step and leave no lock`, async () => {
    const base = await folder();
    using store = await openRuns(join(base, "runs.db"));
    const random = new Random(SEED);
    let [kills, runs] = [0, 0];
    const lane = async (): Promise<void> => {
      while (kills < KILLS) {
        const died = await runToItsEnd(store, base, `run-${++runs}`, random);
        kills += died;
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(kills).toBeGreaterThanOrEqual(KILLS);
    // Looking at who is alive removes the files of those who are not.
    expect(() => store.claim("run-1")).not.toThrow();
    const owners = (await readdir(base)).filter((name) => name.includes(".owner-"));
    expect(owners).toHaveLength(1);
  }, 300_000);

  it("WF-10: a run has one process at a time", async () => {
    const base = await folder();
    using store = await openRuns(join(base, "runs.db"));
    const run = { id: "r", hash: "", input: null, status: "running", createdAt: 1, updatedAt: 1 } as const;
    store.create(run);
    const life = await live([join(base, "runs.db"), join(base, "log"), "r", "0", "-1", "ok"], false);
    expect(life).toMatchObject({ status: 1, stderr: expect.stringContaining("run 'r' is being run already") });
    using other = await openRuns(join(base, "runs.db"));
    expect(() => other.claim("r")).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    expect(() => other.delete("r")).toThrow(expect.objectContaining({ code: "INVALID_STATE" }));
    store.release("r");
    expect(other.claim("r").run).toEqual(run);
  });
});
