import type { DebugThread, DebugValue, Page, Scope, StackFrame, StackTrace, Variable } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { LUA_REGISTRYINDEX, LuaType, integer } from "../abi.js";
import { allThreads, threadStatus } from "../layout.js";
import type { Frame, Frames } from "./frames.js";
import type { DebugParts } from "./parts.js";
import type { FrameScope, ScopeKind } from "./scope.js";
import { LOOKING_FUEL, type SideThread } from "./side-thread.js";
import { eachField, showKey, showValue, typeName } from "./values.js";

const MAX_PAGE = 1_000;
const MAX_THREADS = 1_000;
/** What one stop holds on to, so that references stay valid. */
const MAX_REFERENCES = 100_000;

type Container =
  | { readonly kind: ScopeKind | "globals"; readonly frame: Frame }
  | { readonly kind: "table"; readonly slot: number };

/** Finds small numbers for coroutines, the same at every stop. */
export class ThreadIds {
  readonly #ids = new Map<number, number>();

  of(L: number): number {
    const id = this.#ids.get(L) ?? this.#ids.size + 1;
    this.#ids.set(L, id);
    return id;
  }
}

/** Numbers for frames and containers; never given twice, so that those of an earlier stop are not found. */
export class ReferenceCounter {
  last = 0;
}

/** What can be seen at one stop. */
export class Inspection {
  readonly #parts: DebugParts;
  readonly #frames: Frames;
  readonly #scope: FrameScope;
  readonly #side: SideThread;
  readonly #ids: ThreadIds;
  readonly #counter: ReferenceCounter;
  readonly #root: number;
  readonly #byThread = new Map<number, number>();
  readonly #frameIds = new Map<number, Frame>();
  readonly #containers = new Map<number, Container>();
  /** Registry reference of the table that holds what was expanded. */
  #held = 0;
  #slots = 0;

  constructor(
    parts: DebugParts,
    tools: { frames: Frames; scope: FrameScope; side: SideThread; ids: ThreadIds; counter: ReferenceCounter },
    /** The coroutine of the task that stopped. */
    root: number,
  ) {
    this.#parts = parts;
    this.#frames = tools.frames;
    this.#scope = tools.scope;
    this.#side = tools.side;
    this.#ids = tools.ids;
    this.#counter = tools.counter;
    this.#root = root;
  }

  /** Lets the guest collect what was looked at. */
  close(): void {
    const { lua, image } = this.#parts;
    if (this.#held !== 0) lua.ex.luaL_unref(image.L, LUA_REGISTRYINDEX, this.#held);
    this.#held = 0;
  }

  threads(): DebugThread[] {
    const tasks = this.#side.run(LOOKING_FUEL, (E) => this.#tasks(E));
    const { lua, image } = this.#parts;
    const roots = [this.#root, ...tasks.filter((L) => L !== this.#root && this.#frames.isAlive(L))];
    const seen = new Set([image.L, ...tasks, ...roots.flatMap((root) => this.#frames.chain(root))]);
    const others: number[] = [];
    for (const L of allThreads(lua, image.L)) {
      if (seen.has(L) || this.#side.is(L) || others.length >= MAX_THREADS) continue;
      if (threadStatus(lua, L) === 1) others.push(L);
    }
    const describe = (kind: DebugThread["kind"]) => (L: number) => {
      const id = this.#ids.of(L);
      this.#byThread.set(id, L);
      return { id, name: `${kind} ${id}`, kind };
    };
    return [...roots.map(describe("task")), ...others.map(describe("coroutine"))];
  }

  /** The coroutines of tasks. */
  #tasks(E: number): number[] {
    const { lua, image } = this.#parts;
    const found: number[] = [];
    lua.pushRef(E, image.refs.tasks);
    eachField(lua, E, 1, 0, () => found.push(lua.ex.lua_topointer(E, -2)) < MAX_THREADS);
    return found;
  }

  stackTrace(threadId: number, page: Page = {}): StackTrace {
    const { start, count } = pageOf(page);
    const frames: StackFrame[] = [];
    let totalFrames = 0;
    for (const frame of this.#callsOf(threadId)) {
      if (totalFrames >= start && frames.length < count) {
        const { name, source, line } = this.#frames.describe(frame);
        const id = ++this.#counter.last;
        this.#frameIds.set(id, frame);
        frames.push({ id, name, source, line });
      }
      totalFrames++;
    }
    return { frames, totalFrames };
  }

  *#callsOf(threadId: number): Generator<Frame> {
    if (threadId === this.#ids.of(this.#root)) this.#byThread.set(threadId, this.#root);
    else if (!this.#byThread.has(threadId)) this.threads();
    const root = this.#byThread.get(threadId);
    if (root === undefined) throw new SpellError("NOT_FOUND", `the guest has no thread ${threadId}`);
    for (const L of this.#frames.chain(root).toReversed()) {
      for (const call of this.#frames.scriptCalls(L)) yield { L, call };
    }
  }

  /** The frame with an id, or the innermost one of the stop. */
  frame(id: number | undefined): Frame | undefined {
    if (id === undefined) {
      const [first] = this.#callsOf(this.#ids.of(this.#root));
      return first;
    }
    const frame = this.#frameIds.get(id);
    if (frame === undefined) throw new SpellError("NOT_FOUND", `there is no frame ${id} at this stop`);
    return frame;
  }

  scopes(frameId: number): Scope[] {
    const frame = this.frame(frameId) as Frame;
    const make = (name: Scope["name"], kind: ScopeKind | "globals"): Scope => ({
      name,
      variablesReference: this.#refer({ kind, frame }),
    });
    const hasVarargs = this.#side.run(LOOKING_FUEL, (E) => this.#scope.push(E, frame, "varargs", 1) !== undefined);
    return [
      make("Locals", "locals"),
      ...(hasVarargs ? [make("Varargs", "varargs")] : []),
      make("Upvalues", "upvalues"),
      make("Globals", "globals"),
    ];
  }

  #refer(container: Container): number {
    if (this.#containers.size >= MAX_REFERENCES)
      throw new SpellError("INVALID_STATE", "too much was expanded at this stop");
    const reference = ++this.#counter.last;
    this.#containers.set(reference, container);
    return reference;
  }

  container(reference: number): Container {
    const container = this.#containers.get(reference);
    if (container === undefined)
      throw new SpellError("NOT_FOUND", `there is nothing with the reference ${reference} at this stop`);
    return container;
  }

  variables(reference: number, page: Page = {}): Variable[] {
    const container = this.container(reference);
    const { start, count } = pageOf(page);
    return this.#side.run(LOOKING_FUEL, (E) => {
      if (container.kind === "table" || container.kind === "globals") {
        this.#pushTable(E, container);
        return this.#fields(E, start, count);
      }
      const { kind, frame } = container;
      const named = this.#scope.names(E, frame, kind).map((name, i) => ({ name, position: i + 1 }));
      return named
        .filter(({ name }) => name !== "")
        .slice(start, start + count)
        .map(({ name, position }) => {
          this.#scope.push(E, frame, kind, position);
          return this.#variable(E, name);
        });
    });
  }

  #pushTable(E: number, container: Container): void {
    const { lua } = this.#parts;
    if (container.kind === "table") {
      lua.pushRef(E, this.#held);
      lua.ex.lua_rawgeti(E, -1, integer(container.slot));
    } else if (container.kind === "globals") {
      this.#scope.pushGlobals(E, container.frame);
    }
  }

  /** A page of the table on top of the stack: elements, other fields, and its metatable. */
  #fields(E: number, start: number, count: number): Variable[] {
    const { lua } = this.#parts;
    const { ex } = lua;
    const table = ex.lua_gettop(E);
    const length = Number(ex.lua_rawlen(E, table));
    const found: Variable[] = [];
    for (let i = start + 1; i <= length && found.length < count; i++) {
      ex.lua_rawgeti(E, table, integer(i));
      found.push(this.#variable(E, `[${i}]`));
    }
    let skip = Math.max(0, start - length);
    const isWhole = eachField(lua, E, table, length, () => {
      if (found.length >= count) return false;
      if (skip-- > 0) return true;
      const name = showKey(lua, E, -2);
      ex.lua_pushvalue(E, -1);
      found.push(this.#variable(E, name));
      return true;
    });
    if (isWhole && found.length < count && skip <= 0 && ex.lua_getmetatable(E, table) !== 0) {
      found.push(this.#variable(E, "(metatable)"));
    }
    return found;
  }

  /** Describes and pops the value on top of the stack. */
  #variable(E: number, name: string): Variable {
    const value = this.value(E);
    this.#parts.lua.ex.lua_settop(E, -2);
    return { name, ...value };
  }

  /** Describes the value on top of the stack. */
  value(E: number): DebugValue {
    const { lua } = this.#parts;
    const isTable = lua.ex.lua_type(E, -1) === LuaType.table;
    return {
      value: showValue(lua, E, -1),
      type: typeName(lua, E, -1),
      variablesReference: isTable ? this.#refer({ kind: "table", slot: this.#hold(E) }) : 0,
    };
  }

  /** Keeps the table on top of the stack reachable. */
  #hold(E: number): number {
    const { lua } = this.#parts;
    const { ex } = lua;
    if (this.#held === 0) {
      ex.lua_createtable(E, 0, 0);
      this.#held = ex.luaL_ref(E, LUA_REGISTRYINDEX);
    }
    lua.pushRef(E, this.#held);
    ex.lua_pushvalue(E, -2);
    ex.lua_rawseti(E, -2, integer(++this.#slots));
    ex.lua_settop(E, -2);
    return this.#slots;
  }

  /** Assigns the value on top of the stack, which stays. False when there is no such variable. */
  assign(E: number, reference: number, name: string): boolean {
    const top = this.#parts.lua.ex.lua_gettop(E);
    const isKnown = this.#assign(E, this.container(reference), name);
    this.#parts.lua.ex.lua_settop(E, top);
    return isKnown;
  }

  #assign(E: number, container: Container, name: string): boolean {
    const { lua } = this.#parts;
    const { ex } = lua;
    if (container.kind !== "table" && container.kind !== "globals") {
      const position = this.#scope.find(E, container.frame, container.kind, name);
      if (position === 0) return false;
      ex.lua_pushvalue(E, -1);
      this.#scope.assign(E, container.frame, container.kind, position);
      return true;
    }
    const value = ex.lua_gettop(E);
    this.#pushTable(E, container);
    const table = ex.lua_gettop(E);
    const index = /^\[(\d{1,15})\]$/.exec(name)?.[1];
    if (index !== undefined && Number(index) <= Number(ex.lua_rawlen(E, table))) {
      ex.lua_pushvalue(E, value);
      ex.lua_rawseti(E, table, BigInt(index));
      return true;
    }
    // A new key would end the walk; the value of one that is there may change.
    return !eachField(lua, E, table, 0, () => {
      if (showKey(lua, E, -2) !== name) return true;
      ex.lua_pushvalue(E, -2);
      ex.lua_pushvalue(E, value);
      ex.lua_rawset(E, table);
      return false;
    });
  }
}

function pageOf({ start = 0, count = 100 }: Page): { start: number; count: number } {
  if (!Number.isInteger(start) || start < 0 || !Number.isInteger(count) || count < 0) {
    throw new SpellError("INVALID_ARGUMENT", "a page has a start and a count that are whole numbers from 0 on");
  }
  return { start, count: Math.min(count, MAX_PAGE) };
}
