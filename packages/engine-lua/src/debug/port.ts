import type { DebugOptions, Debugger, SettlingTask } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { Dispatch } from "../intrinsics.js";
import { LuaDebugger } from "./debugger.js";
import type { DebugParts } from "./parts.js";

/** What a guest gives its port. */
export interface PortParts extends Omit<DebugParts, "stands" | "goOn"> {
  /** Runs guest code until everything in it waits or has ended. */
  turn(kind: number, id: number, task?: SettlingTask): void;
}

/** Where a debugger is attached to a guest, and the turns that wait while the guest stands at a stop. */
export class DebugPort {
  readonly parts: DebugParts;
  readonly #turn: PortParts["turn"];
  readonly #waiting: (readonly [kind: number, id: number, task?: SettlingTask | undefined])[] = [];
  #stands = false;
  /** Whether the guest stood when its state was saved: nobody but itself lets it go on. */
  isRestored = false;

  constructor(parts: PortParts) {
    this.#turn = (kind, id, task) => parts.turn(kind, id, task);
    this.parts = { ...parts, stands: () => this.#stands, goOn: () => this.goOn() };
  }

  attach(options: DebugOptions): Debugger {
    const { library } = this.parts;
    if (library.debugger !== undefined) throw new SpellError("ALREADY_EXISTS", "the guest has a debugger already");
    const detached = (): void => {
      library.debugger = undefined;
    };
    return (library.debugger = new LuaDebugger(this.parts, options, detached));
  }

  get stands(): boolean {
    return this.#stands;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether a turn has to wait, and does now. */
  holds(kind: number, id: number, task: SettlingTask | undefined): boolean {
    if (this.#stands) this.#waiting.push([kind, id, task]);
    return this.#stands;
  }

  /** A turn is over: whether it ended at a stop. */
  takesStop(): boolean {
    return (this.#stands = this.parts.library.debugger?.takeStop() === true);
  }

  /** Runs on, and then what has come in meanwhile; another stop lets the rest wait again. */
  goOn(): void {
    this.#stands = false;
    this.isRestored = false;
    this.#turn(Dispatch.goOn, 0);
    while (!this.#stands && this.parts.keeper.breach === undefined) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#turn(...next);
    }
  }

  /**
   * The host calls that have settled while the guest stands.
   *
   * @throws SpellError `INVALID_STATE` when tasks were started since, which have no state yet.
   */
  save(): number[] {
    if (this.#waiting.some(([, , task]) => task !== undefined)) {
      throw new SpellError("INVALID_STATE", "tasks wait to begin until the debugger lets the guest go on");
    }
    return this.#waiting.filter(([kind]) => kind === Dispatch.settle).map(([, id]) => id);
  }

  /** The guest's memory is that of another time; `settled` are the calls that wait to be delivered. */
  restore(settled: readonly number[]): void {
    this.close();
    this.parts.library.debugger?.restored();
    this.parts.keeper.hooks.restored();
    if (settled.length === 0) return;
    this.#waiting.push(...settled.map((id) => [Dispatch.settle, id] as const));
    this.#stands = true;
    this.isRestored = true;
  }

  close(): void {
    this.#stands = false;
    this.#waiting.length = 0;
  }
}
