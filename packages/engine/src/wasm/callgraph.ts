/**
 * Who calls whom, built edge by edge, to find recursion.
 *
 * Nodes are numbers; the meter uses function indexes, and further nodes behind
 * them for "some function of this type", the callee of an indirect call.
 */
export class CallGraph {
  readonly #heads: Int32Array;
  // One linked list of edges per node, in two flat arrays: no allocation per edge.
  readonly #callees: number[] = [];
  readonly #nexts: number[] = [];

  constructor(nodes: number) {
    this.#heads = new Int32Array(nodes).fill(-1);
  }

  addCall(caller: number, callee: number): void {
    this.#nexts.push(at(this.#heads, caller));
    this.#heads[caller] = this.#callees.push(callee) - 1;
  }

  /**
   * 1 for every node on a cycle (it calls itself, directly or through others).
   *
   * Tarjan's strongly connected components with an explicit stack: a module may
   * nest calls deeper than the host's own stack.
   */
  recursive(): Uint8Array {
    const nodes = this.#heads.length;
    const result = new Uint8Array(nodes);
    const order = new Int32Array(nodes).fill(-1);
    const low = new Int32Array(nodes);
    const cursor = this.#heads.slice();
    const onStack = new Uint8Array(nodes);
    const component: number[] = [];
    const path: number[] = [];
    let visited = 0;
    const enter = (node: number): void => {
      order[node] = low[node] = visited++;
      onStack[node] = 1;
      component.push(node);
      path.push(node);
    };
    for (let root = 0; root < nodes; root++) {
      if (at(order, root) >= 0) continue;
      enter(root);
      for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
        const edge = at(cursor, node);
        if (edge >= 0) {
          cursor[node] = at(this.#nexts, edge);
          const callee = at(this.#callees, edge);
          if (callee === node) result[node] = 1;
          if (at(order, callee) < 0) enter(callee);
          else if (onStack[callee]) low[node] = Math.min(at(low, node), at(order, callee));
          continue;
        }
        path.pop();
        const parent = path.at(-1);
        if (parent !== undefined) low[parent] = Math.min(at(low, parent), at(low, node));
        if (low[node] === order[node]) closeComponent(component, node, onStack, result);
      }
    }
    return result;
  }
}

/** Pops the component that `root` leads; members of one larger than `root` alone are recursive. */
function closeComponent(stack: number[], root: number, onStack: Uint8Array, result: Uint8Array): void {
  const start = stack.lastIndexOf(root);
  const members = stack.splice(start);
  for (const member of members) {
    onStack[member] = 0;
    if (members.length > 1) result[member] = 1;
  }
}

/** An element that is known to exist. */
function at(array: ArrayLike<number>, index: number): number {
  return array[index] as number;
}
