import { FunctionRef, MAX_WEAK_FUNCTIONS, type WeakFunctionRef, type WeakFunctionRefs } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { integer, LuaType } from "./abi.js";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";
import type { LuaValues } from "./values.js";

/** The ids of functions that the host holds weakly. */
export interface SavedWeakFunctions {
  readonly lastId: number;
  readonly live: readonly number[];
}

export const NO_WEAK_FUNCTIONS: SavedWeakFunctions = { lastId: 0, live: [] };

/** Runs what touches the guest where Lua catches errors. */
type Protect = <T>(action: (L: number) => T) => T;

/** The functions of one guest that the host holds weakly, under ids in a table with weak values. */
export class WeakFunctions implements WeakFunctionRefs {
  expired = 0;
  readonly live = new Map<number, WeakFunction>();
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;
  readonly #values: LuaValues;
  readonly #protect: Protect;
  #lastId = 0;
  #gone: WeakFunction[] = [];
  #closed = false;

  constructor(lua: LuaInstance, image: LuaImage, values: LuaValues, protect: Protect) {
    this.#lua = lua;
    this.#image = image;
    this.#values = values;
    this.#protect = protect;
  }

  /** @throws SpellError `INVALID_STATE` for too many, `INVALID_ARGUMENT` for a function of another guest. */
  add(fn: FunctionRef): WeakFunctionRef {
    const { ex } = this.#lua;
    if (this.live.size >= MAX_WEAK_FUNCTIONS) {
      throw new SpellError("INVALID_STATE", `the host holds ${MAX_WEAK_FUNCTIONS} functions of this guest weakly`);
    }
    const id = ++this.#lastId;
    this.#protect((L) => {
      this.#lua.pushRef(L, this.#image.refs.weak_functions);
      this.#values.push(L, fn);
      ex.lua_rawseti(L, -2, integer(id));
    });
    return this.#make(id);
  }

  #make(id: number): WeakFunction {
    const ref = new WeakFunction(
      id,
      () => this.#deref(ref),
      () => this.#release(ref),
    );
    this.live.set(id, ref);
    return ref;
  }

  #deref(ref: WeakFunction): FunctionRef | undefined {
    if (this.#closed || this.live.get(ref.id) !== ref) return undefined;
    return this.#protect((L) => {
      const value = this.#find(L, ref.id) ? this.#values.read(L, -1, "function") : undefined;
      // A script of the level `none` can put something else there.
      return value instanceof FunctionRef ? value : undefined;
    });
  }

  /** Pushes the table and what it holds under `id`; takes no memory. */
  #find(L: number, id: number): boolean {
    this.#lua.pushRef(L, this.#image.refs.weak_functions);
    return this.#lua.ex.lua_rawgeti(L, -1, integer(id)) !== LuaType.nil;
  }

  #release(ref: WeakFunction): void {
    if (this.#closed || this.live.get(ref.id) !== ref) return;
    this.live.delete(ref.id);
    const { ex } = this.#lua;
    const { L } = this.#image;
    // Takes no memory: nil is not put where nothing is.
    this.#lua.pushRef(L, this.#image.refs.weak_functions);
    ex.lua_pushnil(L);
    ex.lua_rawseti(L, -2, integer(ref.id));
    ex.lua_settop(L, -2);
  }

  /** Before a turn ends: sees which functions are gone, if anything was collected. */
  look(): void {
    if (this.live.size === 0) return;
    const { ex } = this.#lua;
    const { L, refs } = this.#image;
    const top = ex.lua_gettop(L);
    const has = (id: number): boolean => {
      const found = this.#find(L, id);
      ex.lua_settop(L, top);
      return found;
    };
    if (has(0)) return;
    for (const [id, ref] of this.live) if (!has(id)) this.#drop(ref);
    // Without memory for the mark, the next turn looks again.
    this.#lua.pushRef(L, refs.weak_mark);
    ex.lua_pcallk(L, 0, 0, 0, 0, 0);
    ex.lua_settop(L, top);
  }

  #drop(ref: WeakFunction): void {
    this.live.delete(ref.id);
    this.expired++;
    this.#gone.push(ref);
  }

  /** After the turn: tells the host what is gone. */
  announce(): void {
    if (this.#gone.length === 0) return;
    const gone = this.#gone;
    this.#gone = [];
    for (const ref of gone) {
      try {
        ref.onExpire?.();
      } catch {
        // A host that fails to clean up is its own affair.
      }
    }
  }

  /** The guest has ended, and every function with it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const ref of this.live.values()) this.#drop(ref);
    this.announce();
  }

  save(): SavedWeakFunctions {
    return { lastId: this.#lastId, live: [...this.live.keys()] };
  }

  /** Back to those held then; one that was held ever since stays the same object, and later ones are gone. */
  load({ lastId, live }: SavedWeakFunctions): void {
    this.#lastId = Math.max(this.#lastId, lastId);
    const before = new Map(this.live);
    this.live.clear();
    for (const id of live) {
      const same = before.get(id);
      if (same === undefined) this.#make(id);
      else this.live.set(id, same);
    }
    for (const ref of before.values()) if (this.live.get(ref.id) !== ref) this.#drop(ref);
    this.announce();
  }
}

class WeakFunction implements WeakFunctionRef {
  readonly id: number;
  onExpire: (() => void) | undefined;
  readonly deref: () => FunctionRef | undefined;
  readonly release: () => void;

  constructor(id: number, deref: () => FunctionRef | undefined, release: () => void) {
    this.id = id;
    this.deref = deref;
    this.release = release;
  }
}
