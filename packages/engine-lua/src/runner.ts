import {
  stateError,
  type GuestAction,
  type Pending,
  type PendingCall,
  type ScriptValue,
  type SettlingTask,
  type TrapKind,
} from "@llmspell/engine";
import { MODULE_ID, NO_WEAK_FUNCTIONS, Runner, type Resume } from "@llmspell/engine/guest-kit";
import { SpellError, isSpellError } from "@llmspell/errors";
import { LUA_OK, LUA_RIDX_GLOBALS } from "./abi.js";
import { DebugPort } from "./debug/port.js";
import { NO_FAILURE, taskError } from "./errors.js";
import type { GuestPort, LuaGuestParts } from "./guest-port.js";
import { Dispatch } from "./intrinsics.js";
import { loadChunk } from "./modules.js";
import type { SavedLuaGuest } from "./saved-guest.js";
import { trapOf } from "./unwinding.js";
import { LuaWeakFunctions } from "./weak-functions.js";

/** Runs one Lua guest. */
export class LuaRunner extends Runner<LuaGuestParts, SavedLuaGuest> {
  readonly #port: GuestPort;
  /** Made when something is attached. */
  #debug: DebugPort | undefined;
  /** Made when the host holds something weakly. */
  #weak: LuaWeakFunctions | undefined;

  constructor(parts: LuaGuestParts, port: GuestPort) {
    super(parts, "Lua");
    this.#port = port;
  }

  /** Runs guest code until everything in it waits or has ended. */
  turn(kind: number, id: number, task?: SettlingTask): void {
    if (this.#debug?.holds(kind, id, task)) return;
    this.parts.keeper.hooks.isDue = false;
    this.take(task, () => {
      this.#dispatch(kind, id);
      if (this.parts.keeper.breach === undefined) this.#weak?.look();
    });
    this.#weak?.announce();
  }

  #dispatch(kind: number, id: number): void {
    const { lua, image, values, keeper } = this.parts;
    const { ex } = lua;
    const { L, refs } = image;
    lua.pushRef(L, refs.dispatch);
    ex.lua_pushnumber(L, kind);
    ex.lua_pushnumber(L, id);
    if (ex.lua_pcallk(L, 2, 0, 0, 0, 0) === LUA_OK) return;
    // The scheduler itself failed: out of memory, or stopped on the way.
    const value = values.read(L, -1, "error");
    ex.lua_settop(L, 0);
    keeper.note(taskError(value, NO_FAILURE, keeper));
  }

  protected cancelNow(task: number, reason: SpellError): void {
    const { library } = this.#port;
    library.reason = reason;
    this.turn(Dispatch.cancel, task);
  }

  protected trapOf(thrown: unknown): TrapKind | undefined {
    return trapOf(thrown);
  }

  protected override afterTurn(): void {
    this.#port.calling = 0;
    const { library } = this.#port;
    if (this.parts.keeper.breach !== undefined) {
      super.afterTurn();
    } else if (this.#debug?.takesStop()) {
      this.life.to("suspended");
      library.debugger?.announce();
    } else if (library.paused) {
      library.paused = false;
      this.life.to("suspended");
      this.setAlarm();
      this.goOnLater();
    } else {
      super.afterTurn();
    }
  }

  protected override waits(): boolean {
    return super.waits() || this.#debug?.hasWaiting === true;
  }

  protected deadlock(): SpellError {
    return this.#port.library.deadlock ?? new SpellError("DEADLOCK", "nothing can go on: every task waits");
  }

  protected goOn(): void {
    if (this.#debug?.isRestored) this.#debug.goOn();
    else this.turn(Dispatch.goOn, 0);
  }

  override end(why: SpellError): void {
    const { keeper, denials } = this.parts;
    const { library } = this.#port;
    keeper.note(why);
    denials?.flush(0);
    keeper.hooks.isClosed = true;
    library.debugger?.ended();
    library.debugger = undefined;
    library.dropJobs();
    this.#debug?.close();
    super.end(why);
    this.#weak?.close();
  }

  /**
   * Runs host code that touches the guest where Lua catches errors, out of memory
   * among them. Where `name` is allowed while the guest runs: from inside a host call.
   */
  protected<T>(name: GuestAction, action: (L: number) => T): T {
    this.life.check(name);
    let result: T | undefined;
    const keep = (L: number): void => {
      result = action(L);
    };
    const before = this.life.state;
    if (before === "running") {
      if (this.#port.calling === 0) throw stateError(name, before, "it works only while the guest calls the host");
      this.#port.protectedCall(keep);
      return result as T;
    }
    // A finalizer may run meanwhile, and call the host.
    this.life.to("running");
    const { ex } = this.parts.lua;
    const { L, refs } = this.parts.image;
    this.#port.library.action = keep;
    this.parts.keeper.fuel.begin();
    try {
      this.parts.lua.pushRef(L, refs.action);
      this.parts.lua.pushRef(L, LUA_RIDX_GLOBALS);
      if (ex.lua_pcallk(L, 1, 0, 0, 0, 0) !== LUA_OK) throw this.#port.asError(this.parts.values.read(L, -1, "error"));
      return result as T;
    } catch (thrown) {
      if (isSpellError(thrown)) throw thrown;
      // A finalizer that ran while memory was taken would not end.
      throw this.killedBy(thrown);
    } finally {
      this.#port.library.action = undefined;
      this.#port.calling = 0;
      this.parts.keeper.fuel.end();
      if (this.parts.keeper.breach === undefined) {
        ex.lua_settop(L, 0);
        this.life.to(before);
      } else this.end(this.parts.keeper.breach);
    }
  }

  /** Runs guest code for the debugger, at a stop or in the middle of a turn. */
  #withoutHost<T>(action: () => T): T {
    const before = this.life.state;
    const host = this.parts.host;
    const { hostCalls } = this.parts.keeper;
    const call = (): never => {
      throw new SpellError("PERMISSION_DENIED", "an expression of the debugger cannot call the host");
    };
    this.parts.host = { call, write: (stream, bytes) => host.write?.(stream, bytes), now: () => host.now?.() ?? 0 };
    this.life.to("running");
    try {
      return action();
    } catch (thrown) {
      if (before === "running" || isSpellError(thrown)) throw thrown;
      throw this.killedBy(thrown);
    } finally {
      this.parts.host = host;
      this.parts.keeper.hostCalls = hostCalls;
      if (before !== "running") {
        if (this.parts.keeper.breach === undefined) this.life.to(before);
        else this.end(this.parts.keeper.breach);
      }
    }
  }

  debugPort(): DebugPort {
    return (this.#debug ??= new DebugPort({
      lua: this.parts.lua,
      image: this.parts.image,
      keeper: this.parts.keeper,
      library: this.#port.library,
      running: () => this.parts.keeper.hooks.current || this.#port.calling || this.parts.image.L,
      withoutHost: (action) => this.#withoutHost(action),
      turn: (kind, id, task) => this.turn(kind, id, task),
      fail: (error) => this.parts.guest.stop(error),
    }));
  }

  weakFunctions(): LuaWeakFunctions {
    const { lua, image, values } = this.parts;
    return (this.#weak ??= new LuaWeakFunctions(lua, image, values, (action) => this.protected("weakRef", action)));
  }

  save(): SavedLuaGuest {
    const shared = this.saveShared();
    return {
      ...shared,
      goingOn: shared.goingOn || this.#debug?.stands === true,
      waiting: this.#debug?.save() ?? [],
      hooked: this.parts.lua.hooked,
      sliced: this.#port.library.sliced,
      weak: this.#weak?.save() ?? NO_WEAK_FUNCTIONS,
      values: this.parts.values.save(),
    };
  }

  protected restored({ hooked, sliced, waiting }: SavedLuaGuest): void {
    if (hooked) this.parts.lua.hookSlot();
    try {
      if (hooked || waiting.length > 0 || this.#debug !== undefined) this.debugPort().restore(waiting);
    } catch (thrown) {
      const error = this.killedBy(thrown); // a snapshot that was forged
      this.end(error);
      throw error;
    }
    this.#port.library.dropJobs();
    this.#port.library.sliced = sliced;
  }

  override load(saved: SavedLuaGuest, resume?: Resume): void {
    super.load(saved, resume);
    if (this.#weak !== undefined || saved.weak.lastId > 0) this.weakFunctions().load(saved.weak);
  }

  protected override resumeCall(call: PendingCall): ScriptValue | undefined | Pending {
    const { host, sources } = this.parts;
    return call.functionId === MODULE_ID ? loadChunk(host, sources, call.args) : super.resumeCall(call);
  }
}
