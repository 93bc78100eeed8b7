import { CallTree, Profile, type FunctionLabel, type Profiler, type ProfilerOptions } from "../index.js";
import { SpellError } from "@llmspell/errors";
import type { FuelGauge } from "./fuel.js";

const DEFAULT_EVERY = 50_000;
const MIN_EVERY = 100;

/**
 * A profiler that fills a tree. @param begin starts to; what it gives ends that.
 *
 * @throws SpellError `INVALID_ARGUMENT`
 */
export function makeProfiler(
  { kind = "sampled", everyFuel = DEFAULT_EVERY }: ProfilerOptions,
  begin: (tree: CallTree, kind: "sampled" | "exact", everyFuel: number) => () => void,
): Profiler {
  if (!Number.isInteger(everyFuel) || everyFuel < MIN_EVERY) {
    throw new SpellError("INVALID_ARGUMENT", `everyFuel must be a whole number of ${MIN_EVERY} at least`);
  }
  const tree = new CallTree();
  const end = begin(tree, kind, everyFuel);
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

/** Adds stacks to a tree, each with what was used since the one before. */
export class Samples {
  readonly #tree: CallTree;
  readonly #fuel: FuelGauge;
  readonly #heapBytes: () => number;
  #lastFuel: number;
  #lastHeap: number;

  constructor(tree: CallTree, fuel: FuelGauge, heapBytes: () => number) {
    this.#tree = tree;
    this.#fuel = fuel;
    this.#heapBytes = heapBytes;
    this.#lastFuel = fuel.used;
    this.#lastHeap = heapBytes();
  }

  /** @param stack innermost first; what has no label is part of its caller. */
  add(stack: readonly (FunctionLabel | undefined)[]): void {
    const [used, heap] = [this.#fuel.used, this.#heapBytes()];
    let node = this.#tree.root;
    for (let i = stack.length - 1; i >= 0; i--) {
      const label = stack[i];
      if (label !== undefined) node = this.#tree.child(node, label);
    }
    if (node !== this.#tree.root) {
      node.self += used - this.#lastFuel;
      node.allocated += Math.max(0, heap - this.#lastHeap);
      node.count++;
    }
    [this.#lastFuel, this.#lastHeap] = [used, heap];
  }
}
