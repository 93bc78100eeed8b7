import { Pending, hostFailure, type FunctionRef, type ScriptValue, type WarningOptions } from "@llmspell/engine";
import { SpellError, isSpellError } from "@llmspell/errors";
import { LUA_OK, LUA_RIDX_GLOBALS, UPVALUE_1 } from "./abi.js";
import type { ChunkCache } from "./chunk-cache.js";
import type { Denials } from "./denials.js";
import { NO_FAILURE, taskError } from "./errors.js";
import { drop, FIRST_VALUE_ID, MODULE_ID, type GuestParts, StartedCall, givenFuel } from "@llmspell/engine/guest-kit";
import type { LuaImage } from "./image.js";
import type { LuaInstance, LuaPort } from "./instance.js";
import { intrinsicOf } from "./intrinsics.js";
import type { LuaKeeper } from "./keeper.js";
import { LibraryCalls } from "./library-calls.js";
import { loadChunk } from "./modules.js";
import { positionIn } from "./position.js";
import { unwinds } from "./unwinding.js";
import type { LuaValues } from "./values.js";
import { LuaWarnings } from "./warnings.js";

/** Instructions after which the end of a time slice that fell into the guest's library is tried again. */
const LIBRARY_STEPS = 29;

/** What the parts of one Lua guest share. */
export interface LuaGuestParts extends GuestParts {
  readonly lua: LuaInstance;
  readonly image: LuaImage;
  readonly values: LuaValues;
  readonly keeper: LuaKeeper;
  readonly chunks: ChunkCache | undefined;
  readonly denials: Denials | undefined;
}

/** What a guest's instance asks for: calls of the host, the ends of slices, memory, output. */
export class GuestPort implements LuaPort {
  readonly library: LibraryCalls;
  readonly warnings: LuaWarnings;
  /** The Lua state that is calling the host right now; 0 when none is. */
  calling = 0;
  readonly #parts: LuaGuestParts;
  // Of their own, for every call looks at them.
  readonly #lua: LuaInstance;
  readonly #values: LuaValues;
  readonly #keeper: LuaKeeper;
  /** What ended the guest inside {@link callSync}: it goes on unwinding though host code may have caught it. */
  #unwinding: unknown;
  /** The argument of the last call with a token as `cancel`, by its place on the stack; 0 when there was none. */
  #tokenAt = 0;

  constructor(parts: LuaGuestParts, warnings: WarningOptions = {}) {
    const { lua, image, values, keeper, operations, tasks, sources, chunks, denials, host } = parts;
    this.#parts = parts;
    this.#lua = lua;
    this.#values = values;
    this.#keeper = keeper;
    this.warnings = new LuaWarnings(lua, host, keeper, warnings, this);
    this.library = new LibraryCalls({
      lua,
      values,
      keeper,
      operations,
      tasks,
      tasksRef: image.refs.tasks,
      hasClock: host.now !== undefined,
      warnings: this.warnings,
      sources,
      chunks,
      callHost: (L, id, first) => this.#callHost(L, id, first),
      pushToken: (L) => values.pushToken(L, this.#tokenAt),
      await: (call) => this.#await(call),
      upgrade: (weak) => parts.host.upgrade?.(weak),
      denied: (what, message) =>
        denials?.add(what, this.calling, new SpellError(what === "load" ? "UNSUPPORTED" : "NOT_FOUND", message)),
    });
    this.library.pausing = host.pause !== undefined;
  }

  /** Calls a function of the guest while it calls the host. */
  callSync(fn: FunctionRef, args: readonly ScriptValue[]): ScriptValue {
    const L = this.calling;
    const top = this.#lua.ex.lua_gettop(L);
    this.#values.pushCall(L, fn, args);
    return this.#callInside(L, top, args.length);
  }

  /** As {@link Runner.protected}, while the guest calls the host. */
  protectedCall(action: (L: number) => void): void {
    const { library } = this;
    const L = this.calling;
    const top = this.#lua.ex.lua_gettop(L);
    if (this.#lua.ex.lua_checkstack(L, 4) === 0) throw new SpellError("LIMIT_DEPTH", "the guest's stack is full");
    const outer = library.action;
    library.action = action;
    try {
      this.#lua.pushRef(L, this.#parts.image.refs.action);
      this.#lua.pushRef(L, LUA_RIDX_GLOBALS);
      this.#callInside(L, top, 1);
    } finally {
      library.action = outer;
    }
  }

  /** Calls what was pushed onto the stack since `top`, a function and its arguments. */
  #callInside(L: number, top: number, args: number): ScriptValue {
    const { ex } = this.#lua;
    let status: number;
    try {
      status = ex.lua_pcallk(L, args, 1, 0, 0, 0);
    } catch (thrown) {
      this.#unwinding = thrown;
      throw thrown;
    }
    this.calling = L;
    const value = this.#values.read(L, -1, "result");
    ex.lua_settop(L, top);
    if (status === LUA_OK) return value;
    throw this.asError(value);
  }

  /** What Lua code has raised, as an error. */
  asError(value: ScriptValue): SpellError {
    return isSpellError(value) ? value : taskError(value, NO_FAILURE, this.#keeper);
  }

  hostCall(L: number): number {
    const id = this.#lua.ex.lua_tonumberx(L, UPVALUE_1, 0);
    const before = this.calling;
    this.calling = L;
    let results: number;
    try {
      results = id > 0 ? this.#throughDoor(L, id) : this.library.call(L, intrinsicOf(id));
    } catch (thrown) {
      return this.#raise(L, this.#unwinding ?? thrown);
    } finally {
      this.calling = before;
    }
    if (results >= 0) return results;
    // Lua yields by an exception, which is not to be caught and thrown again on its way.
    return this.#lua.ex.lua_yieldk(L, -results, this.#awaited, this.#lua.continueSlot);
  }

  /** The operation that the call which yields waits for. */
  #awaited = 0;

  /** How many results are on the stack; below 0 so many for who resumes, because the call waits for {@link #awaited}. */
  #throughDoor(L: number, id: number): number {
    const result = this.#callHost(L, id, 1);
    if (!(result instanceof StartedCall)) {
      this.#values.push(L, result);
      return 1;
    }
    const { ex } = this.#lua;
    if (ex.lua_isyieldable(L) === 0) {
      drop(result.pending, new SpellError("INVALID_STATE", "the spell cannot wait here"));
      this.#lua.pushRef(L, this.#parts.image.refs.cannot_wait);
      ex.lua_callk(L, 0, 0, 0, 0);
    }
    this.#awaited = this.#await(result);
    this.#lua.pushRef(L, this.#parts.image.refs.wait);
    ex.lua_pushnumber(L, this.#awaited);
    return this.#values.pushToken(L, this.#tokenAt) ? -3 : -2;
  }

  #callHost(L: number, id: number, first: number): ScriptValue | undefined | StartedCall {
    this.#keeper.countCall();
    const isValue = id >= FIRST_VALUE_ID;
    if (!isValue && id !== MODULE_ID && !this.#parts.host.call)
      throw new SpellError("PERMISSION_DENIED", "this spell has no host to call");
    const top = this.#lua.ex.lua_gettop(L);
    const args: ScriptValue[] = [];
    const crossed = this.#values.crossed;
    for (let i = first; i <= top; i++) args.push(this.#values.read(L, i, i - first + 1));
    const given = givenFuel(this.#values.crossed - crossed);
    if (given > 0) this.#lua.charge(given);
    this.#tokenAt = 0;
    if (this.#values.token > 0) this.#takeToken(L, args, first);
    const result = isValue ? this.#values.host.functionOf(id).call(args, this.#parts.guest) : this.#ask(id, args);
    if (this.#unwinding !== undefined) throw this.#unwinding;
    return result instanceof Pending ? new StartedCall(result, id, args) : result;
  }

  #ask(id: number, args: readonly ScriptValue[]): ScriptValue | undefined | Pending {
    return id === MODULE_ID
      ? loadChunk(this.#parts.host, this.#parts.sources, args)
      : this.#parts.host.call?.(id, args, this.#parts.guest);
  }

  /** One of the arguments has a token as `cancel`, which is the guest's own business and no argument. */
  #takeToken(L: number, args: ScriptValue[], first: number): void {
    const position = this.#values.takeToken();
    const options = args[position - 1];
    const isEmpty = typeof options === "object" && options !== null && Object.keys(options).length === 0;
    if (position === args.length && isEmpty) args.pop();
    this.#tokenAt = first + position - 1;
    this.#lua.pushRef(L, this.#parts.image.refs.check_token);
    this.#values.pushToken(L, this.#tokenAt);
    this.#lua.pushText(L, "cancel");
    this.#lua.ex.lua_callk(L, 2, 0, 0, 0);
  }

  #await({ pending, functionId, args }: StartedCall): number {
    const operation = this.#parts.tasks.nextId();
    this.#parts.operations.add({ operation, functionId, args }, pending);
    return operation;
  }

  continueCall(L: number, operation: number): number {
    this.calling = L;
    try {
      const outcome = this.#parts.operations.take(operation);
      if (!outcome.ok) throw outcome.error;
      this.#values.push(L, outcome.value);
      return 1;
    } catch (thrown) {
      return this.#raise(L, thrown);
    }
  }

  /** Turns what host code threw into an error of the guest; lets through what must end it. */
  #raise(L: number, thrown: unknown): number {
    if (unwinds(thrown)) throw thrown;
    const error = hostFailure(thrown);
    if (error.category === "limit") this.#keeper.softStop(L, error);
    else if (error.category === "permission") this.#parts.denials?.add("call", L, error);
    return this.#raiseError(L, this.#keeper.breach ?? error);
  }

  #raiseError(L: number, error: SpellError): number {
    this.#values.pushError(L, error);
    return this.#lua.ex.lua_error(L);
  }

  interrupt(L: number): void {
    this.#keeper.interrupt(L);
    const reason = this.#parts.host.interrupted?.();
    if (reason !== undefined) this.#keeper.softStop(L, reason);
    this.#parts.stuck.look();
  }

  /**
   * Raises the error of a limit, or ends a time slice: the task yields to the
   * scheduler, so that other tasks run, and so that the interpreter is entered
   * anew: V8 swaps in its optimized code only then. Measured on an endless loop
   * in a cold process: 3.5 times as fast.
   */
  hook(L: number, record: number): void {
    const { breach, hooks } = this.#keeper;
    if (hooks.aside !== undefined) return hooks.aside.hook(L);
    if (breach !== undefined) {
      this.#parts.denials?.flush(L);
      this.#raiseError(L, breach);
      return;
    }
    if (hooks.serve(L, record)) return;
    if (!hooks.isDue || this.#lua.ex.lua_isyieldable(L) === 0) {
      hooks.isDue = false;
      hooks.clear(L);
      return;
    }
    // What the library does to tasks and channels, no other task may see halfway.
    if (positionIn(this.#lua, L, "")?.file.startsWith("[llmspell ") === true) {
      hooks.soon(L, LIBRARY_STEPS);
      return;
    }
    hooks.isDue = false;
    this.library.sliced = true;
    // The hook stays until the coroutine has gone on: Lua marks a call that yields in its
    // hook, and a mark that no hook takes back swallows the next event of that call.
    this.#lua.ex.lua_yieldk(L, 0, 0, 0);
  }

  growth(current: number, needed: number): number {
    return this.#keeper.growth(current, needed);
  }

  warning(text: number, more: boolean): void {
    this.warnings.part(text, more);
  }

  write(stream: "stdout" | "stderr", bytes: Uint8Array): void {
    const kept = this.#keeper.countOutput(bytes);
    if (kept.length > 0) this.#parts.host.write?.(stream, kept);
  }

  now(): number {
    return this.#parts.host.now?.() ?? 0;
  }
}
