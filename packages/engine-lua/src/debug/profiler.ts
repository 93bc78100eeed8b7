import { CallTree, Profile, type Profiler, type ProfilerOptions } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { readHeapBytes } from "../layout.js";
import { ExactTool } from "./exact.js";
import { Labels } from "./labels.js";
import type { DebugParts } from "./parts.js";

const DEFAULT_EVERY = 50_000;
const MIN_EVERY = 100;
/** Calls that one sample looks at. */
const MAX_CALLS = 1_000;

/** @throws SpellError `ALREADY_EXISTS`, `INVALID_ARGUMENT` */
export function startProfiler(parts: DebugParts, options: ProfilerOptions): Profiler {
  const { kind = "sampled", everyFuel = DEFAULT_EVERY } = options;
  if (!Number.isInteger(everyFuel) || everyFuel < MIN_EVERY) {
    throw new SpellError("INVALID_ARGUMENT", `everyFuel must be a whole number of ${MIN_EVERY} at least`);
  }
  const tree = new CallTree();
  const labels = new Labels(parts);
  const end = kind === "exact" ? startExact(parts, tree, labels) : startSampling(parts, tree, labels, everyFuel);
  let profile: Profile | undefined;
  const stop = (): Profile => {
    if (profile === undefined) {
      profile = new Profile(tree);
      end();
    }
    return profile;
  };
  return { stop, [Symbol.dispose]: () => void stop() };
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
  let lastFuel = fuel.used;
  let lastHeap = readHeapBytes(lua, image.L);
  hooks.sample = (L) => {
    // In library code no coroutine is known; the next sample, right behind it, counts for both.
    if (L === 0) return;
    const [used, heap] = [fuel.used, readHeapBytes(lua, L)];
    const calls: number[] = [];
    for (const call of labels.calls(L)) if (calls.push(call) >= MAX_CALLS) break;
    let node = tree.root;
    for (const call of calls.toReversed()) {
      const label = labels.of(L, call);
      if (label !== undefined) node = tree.child(node, label);
    }
    if (node !== tree.root) {
      node.self += used - lastFuel;
      node.allocated += Math.max(0, heap - lastHeap);
      node.count++;
    }
    [lastFuel, lastHeap] = [used, heap];
  };
  fuel.divide(everyFuel);
  return () => {
    hooks.sample = undefined;
    fuel.divide(Infinity);
  };
}
