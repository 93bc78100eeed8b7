import type { CallTree, Profiler, ProfilerOptions } from "@llmspell/engine";
import { Samples, makeProfiler } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import { readHeapBytes } from "../layout.js";
import { ExactTool } from "./exact.js";
import { Labels } from "./labels.js";
import type { DebugParts } from "./parts.js";

/** Calls that one sample looks at. */
const MAX_CALLS = 1_000;

/** @throws SpellError `ALREADY_EXISTS`, `INVALID_ARGUMENT` */
export function startProfiler(parts: DebugParts, options: ProfilerOptions): Profiler {
  return makeProfiler(options, (tree, kind, everyFuel) => {
    const labels = new Labels(parts);
    return kind === "exact" ? startExact(parts, tree, labels) : startSampling(parts, tree, labels, everyFuel);
  });
}

function startExact({ lua, image, keeper }: DebugParts, tree: CallTree, labels: Labels): () => void {
  const tool = new ExactTool(lua, image.L, keeper.fuel, tree, labels);
  keeper.hooks.add(tool);
  return () => {
    tool.settle();
    keeper.hooks.remove(tool);
  };
}

/** Looks at the stack whenever a portion of fuel is used up. */
function startSampling(
  { lua, image, keeper }: DebugParts,
  tree: CallTree,
  labels: Labels,
  everyFuel: number,
): () => void {
  const { hooks, fuel } = keeper;
  if (hooks.sample !== undefined) throw new SpellError("ALREADY_EXISTS", "the guest is being profiled already");
  const samples = new Samples(tree, fuel, () => readHeapBytes(lua, image.L));
  hooks.sample = (L) => {
    // In library code no coroutine is known; the next sample, right behind it, counts for both.
    if (L === 0) return;
    const calls: number[] = [];
    for (const call of labels.calls(L)) if (calls.push(call) >= MAX_CALLS) break;
    samples.add(calls.map((call) => labels.of(L, call)));
  };
  fuel.divide(everyFuel);
  return () => {
    hooks.sample = undefined;
    fuel.divide(Infinity);
  };
}
