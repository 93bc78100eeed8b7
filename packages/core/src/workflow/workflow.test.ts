import { describe, expect, it } from "vitest";
import type { FunctionStep as Step } from "./definition.js";
import { runWorkflow } from "./run.js";
import { createWorkflow } from "./workflow.js";
import { barrier } from "../testing/barrier.js";

const add = (n: number): Step => ({ run: (input) => Number(input) + n });
const fail = (id: string): Step => ({
  id,
  run() {
    throw new Error(`${id} broke`);
  },
});

describe("runWorkflow", () => {
  it("feeds each step the output of the one before", async () => {
    const ended: string[] = [];
    const result = await runWorkflow(
      createWorkflow({ pattern: "sequential", steps: [add(1), { ...add(10), id: "ten" }, add(100)] }),
      1,
      { onStep: ({ id }) => ended.push(id) },
    );
    expect(result).toMatchObject({
      status: "completed",
      output: 112,
      steps: [
        { id: "step-1", output: 2 },
        { id: "ten", output: 12 },
        { id: "step-3", output: 112 },
      ],
    });
    expect(ended).toEqual(["step-1", "ten", "step-3"]);
    expect(result.steps.every(({ durationMs }) => durationMs >= 0)).toBe(true);
  });

  it("stops a sequence at the first failure, or goes on with the last output", async () => {
    const steps = [add(1), fail("bad"), add(10)];
    const stopped = await runWorkflow({ pattern: "sequential", steps }, 1);
    expect(stopped).toMatchObject({
      status: "failed",
      output: 2,
      steps: [
        { status: "completed" },
        { status: "failed", error: { code: "SCRIPT_ERROR", message: "bad broke" } },
        { status: "cancelled" },
      ],
    });
    expect(await runWorkflow({ pattern: "sequential", steps, failFast: false }, 1)).toMatchObject({
      status: "failed",
      output: 12,
    });
  });

  it("really overlaps parallel steps", async () => {
    const all = barrier(3);
    const meet: Step["run"] = async (input) => {
      await all();
      return input;
    };
    const result = await runWorkflow(
      {
        pattern: "parallel",
        steps: [
          { id: "a", run: meet },
          { id: "b", run: meet },
          { id: "c", run: meet },
        ],
      },
      7,
    );
    expect(result).toMatchObject({ status: "completed", output: { a: 7, b: 7, c: 7 } });
  });

  it("respects the cap", async () => {
    let [now, most] = [0, 0];
    const step: Step = {
      async run() {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
      },
    };
    await runWorkflow({ pattern: "parallel", steps: Array.from({ length: 9 }, () => step), maxConcurrency: 3 }, null);
    expect(most).toBe(3);
  });

  it("aborts the siblings of a failed step with failFast, and only then", async () => {
    let signal: AbortSignal | undefined;
    const endless: Step = {
      id: "endless",
      run(_input, context) {
        signal = context.signal;
        return new Promise(() => {});
      },
    };
    const result = await runWorkflow({ pattern: "parallel", steps: [endless, fail("bad")], failFast: true }, 1);
    expect(result).toMatchObject({
      status: "failed",
      output: {},
      steps: [
        { id: "endless", status: "cancelled" },
        { id: "bad", status: "failed" },
      ],
    });
    expect(signal?.aborted).toBe(true);
    expect(await runWorkflow({ pattern: "parallel", steps: [add(1), fail("bad")] }, 1)).toMatchObject({
      status: "failed",
      output: { "step-1": 2 },
    });
  });

  it("throws when it is cancelled", async () => {
    const controller = new AbortController();
    const step: Step = {
      run() {
        controller.abort();
        return new Promise(() => {});
      },
    };
    await expect(
      runWorkflow({ pattern: "sequential", steps: [step, step] }, 1, { signal: controller.signal }),
    ).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it.each([
    [{ pattern: "loop", steps: [add(1)] }, "pattern: it must be sequential or parallel"],
    [{ pattern: "parallel", steps: [] }, "at least one step"],
    [{ pattern: "parallel", steps: [{}] }, "steps[0]: a step needs one of agent, tool"],
    [{ pattern: "parallel", steps: [fail("x"), fail("x")] }, "two steps are named 'x'"],
    [{ pattern: "parallel", steps: [add(1)], maxConcurrency: 0 }, "maxConcurrency: it must be a whole number above 0"],
  ])("refuses %j", (definition, message) => {
    expect(() => createWorkflow(definition as never)).toThrow(
      expect.objectContaining({ code: "VALIDATION_FAILED", message: expect.stringContaining(message) }),
    );
  });
});
