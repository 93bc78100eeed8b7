import { SpellError } from "@llmspell/errors";
import { HookEvent, HookMask } from "./abi.js";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";
import { allThreads, hookEvent } from "./layout.js";

/** A debugger, profiler or recorder: told of the events in its mask. */
export interface HookTool {
  readonly mask: number;
  event(L: number, event: number, record: number): void;
  /** The host has loaded a source; its main function is on top of the stack of `L`. */
  loaded?(L: number, source: string): void;
  /** The guest's memory is that of another time: nothing that was known of it holds. */
  restored?(): void;
}

/** Work for a tool inside the guest, with fuel of its own; see `debug/aside.ts`. */
export interface Aside {
  interrupt(L: number): void;
  hook(L: number): void;
}

/**
 * The one owner of Lua's hooks. A coroutine has one hook for everything: for the
 * limits, which want it called before the very next instruction, and for the
 * tools, which want events of every coroutine. A new coroutine inherits the hook
 * of the one that makes it.
 */
export class Hooks {
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;
  #tools: readonly HookTool[] = [];
  #mask = 0;
  /** The coroutine whose hook runs; 0 when none does. */
  current = 0;
  /** Set while code of the guest runs for a tool, which then gets no events. */
  aside: Aside | undefined;
  /** Called when a portion of fuel is used up. `L` is the running Lua state, or 0 in library code. */
  sample: ((L: number) => void) | undefined;

  /** Whether {@link soon} was asked for in this turn and has not been answered. */
  isDue = false;
  /** Set when the guest has ended: its memory may be another guest's. */
  isClosed = false;

  constructor(lua: LuaInstance, image: LuaImage) {
    this.#lua = lua;
    this.#image = image;
  }

  /** Has the hook called after so many instructions of the coroutine `L`, until {@link clear} is called. */
  soon(L: number, instructions = 1): void {
    this.isDue = true;
    if (L !== 0) this.#lua.ex.lua_sethook(L, this.#lua.hookSlot(), HookMask.count | this.#mask, instructions);
  }

  /** Whether the hook of the coroutine `L` is not the script's own. */
  isOurs(L: number): boolean {
    const { ex } = this.#lua;
    return L !== 0 && (ex.lua_gethookmask(L) === 0 || ex.lua_gethook(L) === this.#lua.hookSlot());
  }

  /** Leaves the coroutine `L` with what the tools want. */
  clear(L: number): void {
    this.#lua.ex.lua_sethook(L, this.#mask === 0 ? 0 : this.#lua.hookSlot(), this.#mask, 0);
  }

  add(tool: HookTool): void {
    this.#tools = [...this.#tools, tool];
    this.update();
  }

  remove(tool: HookTool): void {
    this.#tools = this.#tools.filter((other) => other !== tool);
    this.update();
  }

  /** A tool wants other events than before. */
  update(): void {
    let mask = 0;
    for (const tool of this.#tools) mask |= tool.mask;
    if (mask === this.#mask || this.isClosed) return;
    this.#mask = mask;
    this.#setAll();
  }

  /** The guest's memory is that of another time, with the hooks of then. */
  restored(): void {
    for (const tool of this.#tools) tool.restored?.();
    if (this.#mask !== 0) this.#setAll();
  }

  #setAll(): void {
    // Lua walks the calls of each coroutine, which is not the guest's work.
    const { $fuel } = this.#lua.ex;
    const before = $fuel.value;
    try {
      for (const L of allThreads(this.#lua, this.#image.L)) if (this.isOurs(L)) this.clear(L);
    } catch (thrown) {
      throw new SpellError("INTERNAL", "the guest's memory is damaged", { cause: thrown });
    }
    $fuel.value = before;
  }

  /** Tells the tools of an event; false when it is the limits' own. */
  serve(L: number, record: number): boolean {
    const event = hookEvent(this.#lua, record);
    if (event === HookEvent.count) return false;
    const bit = event === HookEvent.tailCall ? HookMask.call : 1 << event;
    this.current = L;
    for (const tool of this.#tools) if ((tool.mask & bit) !== 0) tool.event(L, event, record);
    this.current = 0;
    // A hook of an earlier tool, in a coroutine that was saved then.
    if ((this.#mask & bit) === 0) this.clear(L);
    return true;
  }

  loaded(L: number, source: string): void {
    for (const tool of this.#tools) tool.loaded?.(L, source);
  }
}
