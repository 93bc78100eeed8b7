import type { Denial, FunctionRef, Handle, ScriptValue, WeakHandle } from "@llmspell/engine";
import { SpellError, isErrorCode, isSpellError } from "@llmspell/errors";
import { LUA_OK, LuaType } from "./abi.js";
import type { ChunkCache } from "./chunk-cache.js";
import type { LuaDebugger } from "./debug/debugger.js";
import { readFailure, syntaxError, taskError } from "./errors.js";
import type { LuaInstance } from "./instance.js";
import type { Intrinsic } from "./intrinsics.js";
import type { LuaKeeper } from "./keeper.js";
import { wantedResults } from "./layout.js";
import { type Operations, type Sources, StartedCall, type TaskTable } from "@llmspell/engine/guest-kit";
import { chunkText } from "./chunk-text.js";
import type { LuaValues } from "./values.js";
import type { LuaWarnings } from "./warnings.js";
import { callWeak } from "./weak-handles.js";

/** A guest that asks for what it cannot have keeps the host busy as well. */
const DENIAL_FUEL = 1_000;

/** What the host asked a guest to do. */
export type Job =
  | { readonly source: string; readonly name: string }
  | { readonly fn: FunctionRef; readonly args: readonly ScriptValue[] };

/** The parts of a guest that its own library works on. */
export interface LibraryParts {
  readonly lua: LuaInstance;
  readonly values: LuaValues;
  readonly keeper: LuaKeeper;
  readonly operations: Operations;
  readonly tasks: TaskTable;
  /** What holds the coroutines of tasks as keys. */
  readonly tasksRef: number;
  /** Whether the host gives the guest the time. */
  readonly hasClock: boolean;
  readonly warnings: LuaWarnings;
  readonly sources: Sources;
  readonly chunks: ChunkCache | undefined;
  /** Calls the host with the arguments from `first` on. */
  callHost(L: number, id: number, first: number): ScriptValue | undefined | StartedCall;
  /** Pushes the token that the arguments of the last call named as `cancel`; false when there was none. */
  pushToken(L: number): boolean;
  await(call: StartedCall): number;
  /** As {@link Host.upgrade}. */
  upgrade(weak: WeakHandle): Handle | undefined;
  /** The guest library has refused something. */
  denied(what: Denial["what"], message: string): void;
}

/**
 * Serves the guest library (`lua/*.lua`): hands it the jobs the host has started,
 * and takes back how they ended.
 */
export class LibraryCalls {
  readonly #parts: LibraryParts;
  readonly #jobs = new Map<number, Job>();
  /** Set while the host acts on the guest from outside; see {@link Intrinsic} `action`. */
  action: ((L: number) => void) | undefined;
  /** Set when a time slice made a coroutine yield; the scheduler clears it. */
  sliced = false;
  /** Whether the host lets a turn end while tasks are ready; set when one has. */
  pausing = false;
  paused = false;
  debugger: LuaDebugger | undefined;
  /** Set when the debugger made a coroutine yield, until the turn is over. */
  stopping = false;
  /** What keeps every task waiting for another one, as the scheduler has found. */
  deadlock: SpellError | undefined;

  constructor(parts: LibraryParts) {
    this.#parts = parts;
  }

  /** The host has started something, which the guest asks for by this id. */
  assign(id: number, job: Job): void {
    this.#jobs.set(id, job);
  }

  /** What a task is cancelled with, which the guest asks for. */
  reason: SpellError | undefined;

  /** Nobody will ask for what was started. */
  dropJobs(): void {
    this.#jobs.clear();
  }

  /** Returns the number of results on the stack of `L`. */
  call(L: number, name: Intrinsic | undefined): number {
    const { lua, values, operations } = this.#parts;
    const { ex } = lua;
    const number = (index: number): number => ex.lua_tonumberx(L, index, 0);
    switch (name) {
      case "action":
        this.action?.(L);
        return 0;
      case "abort":
        operations.abort(number(1), ex.lua_type(L, 2) <= LuaType.nil ? undefined : this.#cancellation(L));
        return 0;
      case "arguments":
        return this.#pushArguments(L, number(1));
      case "begin":
        return this.#begin(L, number(1));
      case "box":
        ex.lua_newuserdatauv(L, 0, 1);
        ex.lua_rotate(L, 1, 1);
        ex.lua_setmetatable(L, 1);
        ex.lua_setiuservalue(L, 1, 1);
        return 1;
      case "clock":
        ex.lua_pushboolean(L, this.#parts.hasClock ? 1 : 0);
        return 1;
      case "deadlock":
        this.deadlock = new SpellError("DEADLOCK", String(values.read(L, 1, "message")), {
          details: { blocked: values.read(L, 2, "blocked") },
        });
        return 0;
      case "denied":
        lua.charge(DENIAL_FUEL);
        this.#parts.denied(
          values.read(L, 1, "what") === "load" ? "load" : "require",
          String(values.read(L, 2, "message")),
        );
        return 0;
      case "describe":
      case "expired":
      case "upgrade":
      case "weaken":
        return callWeak(L, name, this.#parts);
      case "drop_function":
        lua.sync();
        values.host.dropFunction(lua.view.getFloat64(ex.lua_touserdata(L, 1), true));
        return 0;
      case "drop_handle":
        values.host.dropCopy(values.read(L, 1, "handle") as Handle);
        return 0;
      case "error": {
        const code = values.read(L, 1, "code");
        const message = values.read(L, 2, "message");
        values.pushError(
          L,
          code === "SYNTAX_ERROR"
            ? syntaxError(String(message))
            : new SpellError(isErrorCode(code) ? code : "SCRIPT_ERROR", String(message)),
        );
        return 1;
      }
      case "failed":
        ex.lua_pushboolean(L, this.debugger?.taskFailed(L, ex.lua_topointer(L, 1), 2) === true ? 1 : 0);
        return 1;
      case "finished":
        this.#finished(L, number(1));
        return 0;
      case "fn":
        // Only the library gets here, with what is in its index.
        ex.lua_pushnumber(L, number(1));
        ex.lua_pushcclosure(L, lua.hostSlot, 1);
        return 1;
      case "id":
        lua.sync();
        ex.lua_pushinteger(L, BigInt(lua.view.getUint32(ex.lua_touserdata(L, 1), true)));
        return 1;
      case "load":
        return this.#load(L, number(1));
      case "pause":
        this.paused = this.pausing;
        ex.lua_pushboolean(L, this.pausing ? 1 : 0);
        return 1;
      case "reason":
        values.pushError(L, this.reason ?? new SpellError("CANCELLED", "the operation was cancelled"));
        return 1;
      case "sliced": {
        const { sliced } = this;
        if (ex.lua_toboolean(L, 1) !== 0) {
          this.sliced = false;
          if (this.stopping) this.debugger?.cannotHold();
        }
        ex.lua_pushboolean(L, sliced ? 1 : 0);
        return 1;
      }
      case "stopped":
        if (this.stopping) this.sliced = false;
        ex.lua_pushboolean(L, this.stopping ? 1 : 0);
        return 1;
      case "take":
        return this.#take(L, number(1));
      case "variable":
        return this.debugger?.variable(L) ?? 0;
      case "wanted":
        ex.lua_pushnumber(L, wantedResults(lua, L));
        return 1;
      case "warn":
        this.#parts.warnings.give(L);
        return 0;
      case "yield":
        return this.#yield(L);
      default:
        throw new SpellError("INTERNAL", `the guest library called '${name}'`);
    }
  }

  /** Lua's own `coroutine.yield`, which refuses in a task: the script takes that for the main program. */
  #yield(L: number): number {
    const { lua, tasksRef } = this.#parts;
    const { ex } = lua;
    const top = ex.lua_gettop(L);
    lua.pushRef(L, tasksRef);
    ex.lua_pushthread(L);
    const isTask = ex.lua_rawget(L, -2) !== LuaType.nil;
    ex.lua_settop(L, top);
    if (!isTask) return ex.lua_yieldk(L, top, 0, 0);
    lua.pushText(L, "attempt to yield from outside a coroutine");
    return ex.lua_error(L);
  }

  /** The error that a wait was cancelled with, in argument 2; what a script has done to it does not matter. */
  #cancellation(L: number): SpellError {
    try {
      const problem = this.#parts.values.read(L, 2, "problem");
      if (isSpellError(problem)) return problem;
    } catch (thrown) {
      if (!isSpellError(thrown)) throw thrown;
    }
    return new SpellError("CANCELLED", "the operation was cancelled");
  }

  #takeJob(id: number): Job {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (job === undefined) throw new SpellError("INTERNAL", "the host has started nothing of this id");
    return job;
  }

  /** Pushes the id of a pending operation and its token if any, or false and the answer. */
  #begin(L: number, fn: number): number {
    const { lua, values } = this.#parts;
    const result = this.#parts.callHost(L, fn, 2);
    if (result instanceof StartedCall) {
      lua.ex.lua_pushnumber(L, this.#parts.await(result));
      return this.#parts.pushToken(L) ? 2 : 1;
    }
    lua.ex.lua_pushboolean(L, 0);
    values.push(L, result);
    return 2;
  }

  /** Pushes true and the outcome's value, or false and the error, also when the value cannot enter. */
  #take(L: number, operation: number): number {
    const { lua, values, operations } = this.#parts;
    const { ex } = lua;
    const outcome = operations.take(operation);
    let error = outcome.ok ? undefined : outcome.error;
    if (outcome.ok) {
      const top = ex.lua_gettop(L);
      try {
        ex.lua_pushboolean(L, 1);
        values.push(L, outcome.value);
        return 2;
      } catch (thrown) {
        if (!isSpellError(thrown) || thrown.category === "limit") throw thrown;
        ex.lua_settop(L, top);
        error = thrown;
      }
    }
    ex.lua_pushboolean(L, 0);
    values.push(L, error);
    return 2;
  }

  #load(L: number, id: number): number {
    const { lua, values, keeper, chunks } = this.#parts;
    const job = this.#takeJob(id);
    if (!("source" in job)) throw new SpellError("INTERNAL", "this job has no source");
    const text = chunkText(job.source);
    const status = chunks?.load(lua, keeper, L, text, job.name) ?? lua.load(L, text, job.name);
    if (status === LUA_OK) {
      keeper.hooks.loaded(L, job.name);
      return 1;
    }
    const message = String(values.read(L, -1, "message"));
    const noMemory = message.endsWith("not enough memory") ? keeper.memoryRefusal : undefined;
    if (message.includes("attempt to load a binary chunk")) this.#parts.denied("load", message);
    lua.ex.lua_pushnil(L);
    values.pushError(L, noMemory ?? syntaxError(message));
    return 2;
  }

  #pushArguments(L: number, id: number): number {
    const job = this.#takeJob(id);
    if (!("fn" in job)) throw new SpellError("INTERNAL", "this job has no function");
    return this.#parts.values.pushCall(L, job.fn, job.args);
  }

  #finished(L: number, id: number): void {
    const { lua, values, keeper, tasks } = this.#parts;
    // A script that caught the error of its limit, or never met it, has still ended at it.
    const ok = lua.ex.lua_toboolean(L, 2) !== 0 && keeper.breach === undefined;
    try {
      const isUnread = ok && tasks.discards(id);
      const value = keeper.breach ?? (isUnread ? null : values.read(L, 3, ok ? "the result" : "the error"));
      if (ok) tasks.fulfill(id, value);
      else tasks.reject(id, taskError(value, readFailure(values.read(L, 4, "failure")), keeper));
    } catch (thrown) {
      if (!isSpellError(thrown)) throw thrown;
      tasks.reject(id, thrown);
      if (thrown.category === "limit") keeper.note(thrown);
    }
  }
}
