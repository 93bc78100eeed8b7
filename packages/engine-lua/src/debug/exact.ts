import type { CallNode, CallTree } from "@llmspell/engine";
import { HookEvent, HookMask } from "../abi.js";
import type { FuelGauge } from "@llmspell/engine/guest-kit";
import type { HookTool } from "../hooks.js";
import type { LuaInstance } from "../instance.js";
import { callHeight, currentCall, readHeapBytes } from "../layout.js";
import type { Labels } from "./labels.js";

/** The calls of one coroutine, as their events told. */
interface Thread {
  readonly L: number;
  /** What resumed it. */
  base: CallNode;
  readonly calls: { readonly height: number; readonly node: CallNode }[];
}

/**
 * Counts every call, and the fuel between two events for the function in which
 * it was spent. Calls that an error has unwound, of which no event tells, are
 * noticed by how high on the stack the next event happens.
 */
export class ExactTool implements HookTool {
  readonly mask = HookMask.call | HookMask.return;
  readonly #lua: LuaInstance;
  readonly #main: number;
  readonly #fuel: FuelGauge;
  readonly #tree: CallTree;
  readonly #labels: Labels;
  readonly #threads = new Map<number, Thread>();
  /** From the task's coroutine to the one that runs. */
  #chain: Thread[] = [];
  #node: CallNode | undefined;
  #lastFuel = 0;
  #lastHeap = 0;

  constructor(lua: LuaInstance, main: number, fuel: FuelGauge, tree: CallTree, labels: Labels) {
    this.#lua = lua;
    this.#main = main;
    this.#fuel = fuel;
    this.#tree = tree;
    this.#labels = labels;
  }

  /** Counts what was spent since the last event. */
  settle(): void {
    const { used } = this.#fuel;
    const heap = readHeapBytes(this.#lua, this.#main);
    if (this.#node !== undefined) {
      this.#node.self += used - this.#lastFuel;
      if (heap > this.#lastHeap) this.#node.allocated += heap - this.#lastHeap;
    }
    this.#lastFuel = used;
    this.#lastHeap = heap;
  }

  event(L: number, event: number): void {
    this.settle();
    if (L === this.#main) {
      this.#chain = [];
      this.#node = undefined;
      return;
    }
    const current = this.#chain.at(-1);
    const thread = current?.L === L ? current : this.#switch(L);
    const { calls } = thread;
    const call = currentCall(this.#lua, L);
    const height = callHeight(this.#lua, L, call);
    while ((calls.at(-1)?.height ?? -1) >= height) calls.pop();
    if (event !== HookEvent.return) this.#enter(thread, call, height);
    else if (calls.length === 0) this.#threads.delete(L);
    this.#node = this.#top(thread);
  }

  restored(): void {
    this.#threads.clear();
    this.#chain = [];
    this.#node = undefined;
  }

  #top({ calls, base }: Thread): CallNode | undefined {
    const node = calls.at(-1)?.node ?? base;
    return node === this.#tree.root ? undefined : node;
  }

  #enter(thread: Thread, call: number, height: number): void {
    const parent = thread.calls.at(-1)?.node ?? thread.base;
    const label = this.#labels.of(thread.L, call);
    const node = label === undefined ? parent : this.#tree.child(parent, label);
    if (label !== undefined) node.count++;
    thread.calls.push({ height, node });
  }

  /** Another coroutine runs: one that was resumed, or the one that is back in control. */
  #switch(L: number): Thread {
    const index = this.#chain.findIndex((thread) => thread.L === L);
    if (index >= 0) this.#chain.length = index + 1;
    let thread = this.#threads.get(L);
    if (thread === undefined) {
      const resumer = this.#chain.at(-1);
      thread = { L, base: (resumer && this.#top(resumer)) ?? this.#tree.root, calls: [] };
      this.#threads.set(L, thread);
      // Calls that had begun before; the innermost is what the event is about.
      for (const call of [...this.#labels.calls(L)].slice(1).toReversed()) {
        this.#enter(thread, call, callHeight(this.#lua, L, call));
      }
    }
    if (index < 0) this.#chain.push(thread);
    return thread;
  }
}
