/** What a function of the script cost. */
export interface FunctionCost {
  readonly name: string;
  /** Empty for a function that is not of the script. */
  readonly source: string;
  /** Where it is defined; 0 when unknown. */
  readonly line: number;
  /** Fuel spent in the function itself. */
  readonly self: number;
  /** Fuel spent in it and in everything it called; recursion counts once. */
  readonly total: number;
  /** Calls counted (exact), or samples in which it was innermost (sampled). */
  readonly count: number;
  /** Bytes by which the heap grew in the function itself. Memory collected in between is not subtracted. */
  readonly allocated: number;
}

/** A call path that ends where fuel was spent. */
export interface CallPath {
  /** Outermost first. */
  readonly functions: readonly string[];
  readonly self: number;
}

/** Identifies a function, and how it is shown. */
export interface FunctionLabel {
  readonly name: string;
  readonly source: string;
  readonly line: number;
}

/** One function under one path of callers. Made by {@link CallTree.child}. */
export interface CallNode {
  readonly fn: FunctionLabel;
  readonly parent: CallNode | undefined;
  readonly depth: number;
  readonly children: Map<FunctionLabel, CallNode>;
  self: number;
  count: number;
  allocated: number;
}

/** More paths than this are counted in the one they come from. */
const MAX_NODES = 50_000;
/** Calls nested more deeply are counted in the function at this depth. */
const MAX_DEPTH = 500;

/** Costs by call path: what every profiler fills, and every report is made from. */
export class CallTree {
  readonly root: CallNode = node({ name: "(root)", source: "", line: 0 }, undefined);
  #nodes = 1;

  /** The node of `fn` called from `parent`. Labels are compared by identity. */
  child(parent: CallNode, fn: FunctionLabel): CallNode {
    const known = parent.children.get(fn);
    if (known !== undefined) return known;
    if (parent.depth >= MAX_DEPTH || this.#nodes >= MAX_NODES) return parent;
    this.#nodes++;
    const made = node(fn, parent);
    parent.children.set(fn, made);
    return made;
  }
}

function node(fn: FunctionLabel, parent: CallNode | undefined): CallNode {
  return { fn, parent, depth: (parent?.depth ?? -1) + 1, children: new Map(), self: 0, count: 0, allocated: 0 };
}

/** The result of a profiler. Fuel is its unit of time, so that it is the same on every run. */
export class Profile {
  readonly #root: CallNode;

  constructor(tree: CallTree) {
    this.#root = tree.root;
  }

  /** Fuel of everything profiled. */
  get fuel(): number {
    let sum = 0;
    for (const { self } of this.#nodes()) sum += self;
    return sum;
  }

  /** Every function, the dearest first. */
  functions(by: "self" | "total" = "self"): FunctionCost[] {
    const costs = new Map<FunctionLabel, { -readonly [K in keyof FunctionCost]: FunctionCost[K] }>();
    const totals = this.#totals();
    for (const current of this.#nodes()) {
      const { fn, self, count, allocated } = current;
      const cost = costs.get(fn) ?? { ...fn, self: 0, total: 0, count: 0, allocated: 0 };
      costs.set(fn, cost);
      cost.self += self;
      cost.count += count;
      cost.allocated += allocated;
      if (!hasAncestor(current, fn)) cost.total += totals.get(current) ?? 0;
    }
    return [...costs.values()].toSorted((a, b) => b[by] - a[by]);
  }

  /** The call paths on which most was spent, dearest first. */
  hotPaths(count = 10): CallPath[] {
    return [...this.#nodes()]
      .filter(({ self }) => self > 0)
      .toSorted((a, b) => b.self - a.self)
      .slice(0, count)
      .map((current) => ({ functions: path(current).map(({ fn }) => frameName(fn)), self: current.self }));
  }

  /** Folded stacks, one `outer;inner fuel` a line, as `flamegraph.pl` and speedscope read them. */
  folded(): string {
    let text = "";
    for (const current of this.#nodes()) {
      if (current.self === 0) continue;
      const names = path(current).map(({ fn }) => frameName(fn).replaceAll(/[;\n]/g, "_"));
      text += `${names.join(";")} ${current.self}\n`;
    }
    return text;
  }

  /** JSON for speedscope.app. */
  speedscope(name = "spell"): string {
    const frames = new Map<FunctionLabel, number>();
    const samples: number[][] = [];
    const weights: number[] = [];
    const indexOf = (fn: FunctionLabel): number => {
      const index = frames.get(fn) ?? frames.size;
      frames.set(fn, index);
      return index;
    };
    for (const current of this.#nodes()) {
      if (current.self === 0) continue;
      samples.push(path(current).map(({ fn }) => indexOf(fn)));
      weights.push(current.self);
    }
    const endValue = this.fuel;
    return JSON.stringify({
      $schema: "https://www.speedscope.app/file-format-schema.json",
      exporter: "llmspell",
      name,
      shared: {
        frames: [...frames.keys()].map(({ name: label, source, line }) => ({ name: label, file: source, line })),
      },
      profiles: [{ type: "sampled", name, unit: "none", startValue: 0, endValue, samples, weights }],
    });
  }

  /** All of it as text, for {@link Profile.parse} in another thread. */
  stringify(): string {
    const labels = new Map<FunctionLabel, number>();
    const places = new Map<CallNode, number>();
    const nodes: number[][] = [];
    for (const current of this.#nodes()) {
      const { fn, parent, self, count, allocated } = current;
      const label = labels.get(fn) ?? labels.size;
      labels.set(fn, label);
      const of = parent === undefined ? -1 : (places.get(parent) ?? -1);
      places.set(current, nodes.push([of, label, self, count, allocated]) - 1);
    }
    return JSON.stringify({ labels: [...labels.keys()], nodes });
  }

  static parse(text: string): Profile {
    const tree = new CallTree();
    const made: CallNode[] = [];
    const { labels, nodes } = JSON.parse(text) as { labels: FunctionLabel[]; nodes: number[][] };
    for (const [of = -1, label = 0, self = 0, count = 0, allocated = 0] of nodes) {
      const current = tree.child(made[of] ?? tree.root, labels[label] as FunctionLabel);
      made.push(Object.assign(current, { self, count, allocated }));
    }
    return new Profile(tree);
  }

  /** Every node but the root, callers first. */
  *#nodes(): Generator<CallNode> {
    const rest = [...this.#root.children.values()].toReversed();
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      yield next;
      rest.push(...[...next.children.values()].toReversed());
    }
  }

  #totals(): Map<CallNode, number> {
    const totals = new Map<CallNode, number>();
    for (const current of [...this.#nodes()].toReversed()) {
      let total = current.self;
      for (const child of current.children.values()) total += totals.get(child) ?? 0;
      totals.set(current, total);
    }
    return totals;
  }
}

function hasAncestor(current: CallNode, fn: FunctionLabel): boolean {
  for (let up = current.parent; up !== undefined; up = up.parent) if (up.fn === fn) return true;
  return false;
}

/** From the outermost caller to the node; the root left out. */
function path(current: CallNode): CallNode[] {
  const nodes: CallNode[] = [];
  for (let up: CallNode | undefined = current; up?.parent !== undefined; up = up.parent) nodes.push(up);
  return nodes.toReversed();
}

function frameName({ name, source, line }: FunctionLabel): string {
  return source === "" ? name : `${name} (${source}:${line})`;
}

export interface ProfilerOptions {
  /**
   * `sampled`: looks at the stack every `everyFuel`; costs little. `exact`: counts
   * every call and return; slows calls down. Default: `sampled`.
   */
  readonly kind?: "sampled" | "exact";
  /** Fuel between two samples, at least 100. Default: 50,000, less than a millisecond. */
  readonly everyFuel?: number;
}

/** A profiler at work. */
export interface Profiler extends Disposable {
  /** Ends profiling; later calls give the same profile. */
  stop(): Profile;
}
