import {
  FunctionRef,
  Handle,
  MAX_VALUE_DEPTH,
  limitError,
  textField,
  valueError,
  type Limits,
  type ScriptValue,
} from "@llmspell/engine";
import { SpellError, isSpellError, type ErrorDetails } from "@llmspell/errors";
import { LUA_REGISTRYINDEX, LUA_TYPE_NAMES, LuaType } from "./abi.js";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";

/** What a crossing value costs beside its text, against `valueBytes`. */
const NODE_BYTES = 16;
/** Measured: a node takes about 100 ns to cross, a byte 1 ns, a unit of fuel 3 ns. */
const BYTES_PER_FUEL_SHIFT = 1;
const FREE_BYTES = 128;
/** An error crosses in about 15 µs. */
const ERROR_FUEL = 2_000;
/** Characters of an error's message that always enter. */
const MAX_MESSAGE = 1_000;
/** How many causes of causes a guest sees. */
const MAX_CAUSES = 8;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

const SMALL = Array.from({ length: 1_024 }, (_, n) => BigInt(n));
const integer = (n: number): bigint => SMALL[n] ?? BigInt(n);

/**
 * Carries values across the boundary of one guest.
 *
 * Lua → host: a table whose keys are exactly 1…n is an array, any other an
 * object (integer keys become text); an empty table is an object unless it is
 * marked with `llmspell.array`. Host → Lua: null inside an array is
 * `llmspell.null`, elsewhere nil. Integers beyond 2^53 are `bigint`.
 */
export class LuaValues {
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;
  readonly #limits: Limits;
  readonly #functions = new WeakSet<FunctionRef>();
  readonly #errors = new Map<number, SpellError>();
  readonly #path: (string | number)[] = [];
  readonly #parents: number[] = [];
  #root: string | number = "value";
  #nextError = 1;
  #bytesLeft = 0;
  #closed = false;

  constructor(lua: LuaInstance, image: LuaImage, limits: Limits) {
    this.#lua = lua;
    this.#image = image;
    this.#limits = limits;
  }

  /** The value at `index` of the stack of `L`; `root` names it in errors, a number as that argument. */
  read(L: number, index: number, root: string | number): ScriptValue {
    // Most arguments are numbers, and a number can always cross.
    if (this.#lua.ex.lua_type(L, index) === LuaType.number) return this.#readNumber(L, index);
    this.#begin(root);
    const value = this.#read(L, index < 0 ? this.#lua.ex.lua_absindex(L, index) : index);
    this.#payFuel();
    return value;
  }

  /** Pushes `value` onto the stack of `L`. */
  push(L: number, value: ScriptValue | undefined): void {
    if (typeof value === "number") return this.#pushNumber(L, value);
    this.#begin("result");
    this.#push(L, value, false);
    this.#payFuel();
  }

  /** Pushes a function and its arguments; returns how many values that are. */
  pushCall(L: number, fn: FunctionRef, args: readonly ScriptValue[]): number {
    if (this.#lua.ex.lua_checkstack(L, args.length + 8) === 0) {
      throw new SpellError("INVALID_ARGUMENT", `a function cannot be called with ${args.length} arguments`);
    }
    this.push(L, fn);
    for (const arg of args) this.push(L, arg);
    return args.length + 1;
  }

  #begin(root: string | number): void {
    this.#root = root;
    // Left over only when the last value was refused.
    if (this.#path.length > 0) this.#path.length = 0;
    if (this.#parents.length > 0) this.#parents.length = 0;
    this.#bytesLeft = this.#limits.valueBytes;
  }

  /** The host's work costs the guest as much as its own; small values are free, as host calls are counted. */
  #payFuel(): void {
    const bytes = this.#limits.valueBytes - this.#bytesLeft;
    if (bytes > FREE_BYTES) this.#lua.charge(bytes >> BYTES_PER_FUEL_SHIFT);
  }

  #charge(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) throw limitError("valueBytes", this.#limits);
  }

  #fail(problem: string): SpellError {
    const root = typeof this.#root === "number" ? `argument ${this.#root}` : this.#root;
    return valueError([root, ...this.#path], problem);
  }

  #read(L: number, index: number): ScriptValue {
    const { ex } = this.#lua;
    const type = ex.lua_type(L, index);
    this.#charge(NODE_BYTES);
    switch (type) {
      case LuaType.none:
      case LuaType.nil:
        return null;
      case LuaType.boolean:
        return ex.lua_toboolean(L, index) !== 0;
      case LuaType.number:
        return this.#readNumber(L, index);
      case LuaType.string:
        return this.#readString(L, index);
      case LuaType.table:
        return this.#readTable(L, index);
      case LuaType.function: {
        ex.lua_pushvalue(L, index);
        const ref = new FunctionRef(ex.luaL_ref(L, LUA_REGISTRYINDEX), (id) => this.#release(ref, id));
        this.#functions.add(ref);
        return ref;
      }
      case LuaType.userdata: {
        const handle = this.#readHandle(L, index);
        if (handle) return handle;
        break;
      }
      case LuaType.lightuserdata:
        if (ex.lua_touserdata(L, index) === 0) return null;
        break;
      default:
    }
    throw this.#fail(`is a ${LUA_TYPE_NAMES[type] ?? "value"}, which cannot leave the spell`);
  }

  #readNumber(L: number, index: number): number | bigint {
    const { ex } = this.#lua;
    const number = ex.lua_tonumberx(L, index, 0);
    if (Math.abs(number) <= MAX_SAFE || ex.lua_isinteger(L, index) === 0) return number;
    return ex.lua_tointegerx(L, index, 0);
  }

  #readString(L: number, index: number): string | Uint8Array {
    const lua = this.#lua;
    const pointer = lua.ex.lua_tolstring(L, index, lua.scratch);
    lua.sync();
    const size = lua.view.getUint32(lua.scratch, true);
    this.#charge(size);
    return lua.readText(pointer, size);
  }

  #readTable(L: number, index: number): ScriptValue {
    const { ex } = this.#lua;
    const pointer = ex.lua_topointer(L, index);
    if (this.#parents.includes(pointer)) throw this.#fail("contains itself");
    if (this.#parents.length >= MAX_VALUE_DEPTH) throw this.#fail(`nests deeper than ${MAX_VALUE_DEPTH} levels`);
    if (ex.lua_checkstack(L, 8) === 0) throw this.#fail("nests too deeply");

    let marked = false;
    if (ex.lua_getmetatable(L, index) !== 0) {
      const metatable = ex.lua_topointer(L, -1);
      ex.lua_settop(L, -2);
      if (metatable === this.#image.errorMetatable) {
        const known = this.#knownError(L, index);
        if (known) return known;
      }
      marked = metatable === this.#image.arrayMetatable;
    }

    this.#parents.push(pointer);
    const size = Number(ex.lua_rawlen(L, index));
    const result = size > 0 ? this.#readList(L, index, size) : marked ? [] : this.#readFields(L, index, {});
    this.#parents.pop();
    return result;
  }

  #readList(L: number, index: number, size: number): ScriptValue {
    const { ex } = this.#lua;
    // Each element costs a node, so an absurd length fails before it is walked.
    this.#charge(size * NODE_BYTES);
    const list: ScriptValue[] = [];
    for (let i = 1; i <= size; i++) {
      ex.lua_rawgeti(L, index, integer(i));
      this.#path.push(i);
      list.push(this.#read(L, ex.lua_gettop(L)));
      this.#path.pop();
      ex.lua_settop(L, -2);
    }
    // Continue behind the last element; a table without other keys ends at once.
    ex.lua_pushinteger(L, integer(size));
    while (ex.lua_next(L, index) !== 0) {
      ex.lua_settop(L, -2);
      const key = ex.lua_isinteger(L, -1) !== 0 ? ex.lua_tonumberx(L, -1, 0) : 0;
      if (key >= 1 && key <= size) continue;
      ex.lua_settop(L, -2);
      return this.#readFields(L, index, {});
    }
    return list;
  }

  #readFields(L: number, index: number, object: Record<string, ScriptValue>): ScriptValue {
    const { ex } = this.#lua;
    ex.lua_pushnil(L);
    while (ex.lua_next(L, index) !== 0) {
      const key = this.#readKey(L);
      this.#path.push(key);
      const value = this.#read(L, ex.lua_gettop(L));
      this.#path.pop();
      if (key === "__proto__") {
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      } else {
        object[key] = value;
      }
      ex.lua_settop(L, -2);
    }
    return object;
  }

  /** The key below the value on top of the stack. */
  #readKey(L: number): string {
    const { ex } = this.#lua;
    const type = ex.lua_type(L, -2);
    if (type === LuaType.string) {
      const key = this.#readString(L, -2);
      if (typeof key === "string") return key;
      throw this.#fail("has a key that is not text");
    }
    // Converting the key in place would confuse lua_next.
    if (type === LuaType.number) return String(this.#readNumber(L, -2));
    throw this.#fail(`has a key that is a ${LUA_TYPE_NAMES[type] ?? "value"}; only text and numbers can be keys`);
  }

  #readHandle(L: number, index: number): Handle | undefined {
    const { ex } = this.#lua;
    if (ex.lua_getmetatable(L, index) === 0) return undefined;
    const kind = this.#image.handleKinds.get(ex.lua_topointer(L, -1));
    ex.lua_settop(L, -2);
    if (kind === undefined) return undefined;
    this.#lua.sync();
    return new Handle(kind, this.#lua.view.getUint32(ex.lua_touserdata(L, index), true));
  }

  #push(L: number, value: ScriptValue | undefined, inList: boolean): void {
    const { ex } = this.#lua;
    this.#charge(NODE_BYTES);
    switch (typeof value) {
      case "undefined":
        ex.lua_pushnil(L);
        return;
      case "boolean":
        ex.lua_pushboolean(L, value ? 1 : 0);
        return;
      case "number":
        this.#pushNumber(L, value);
        return;
      case "bigint":
        if (BigInt.asIntN(64, value) !== value) throw this.#fail("is an integer of more than 64 bits");
        ex.lua_pushinteger(L, value);
        return;
      case "string":
        this.#charge(value.length);
        this.#lua.pushText(L, value);
        return;
      case "object":
        if (value === null) {
          if (inList) ex.lua_pushlightuserdata(L, 0);
          else ex.lua_pushnil(L);
        } else {
          this.#pushObject(L, value);
        }
        return;
      default:
        throw this.#fail(`is a ${typeof value}, which cannot enter a spell`);
    }
  }

  /** A whole number becomes an integer of Lua. */
  #pushNumber(L: number, value: number): void {
    const { ex } = this.#lua;
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) ex.lua_pushinteger(L, integer(value));
    else ex.lua_pushnumber(L, value);
  }

  #pushObject(L: number, value: object): void {
    if (value instanceof Uint8Array) {
      this.#charge(value.length);
      this.#lua.pushText(L, value);
      return;
    }
    if (value instanceof FunctionRef) {
      if (!this.#functions.has(value)) throw this.#fail("is a function of another guest");
      this.#registry(L, value.id);
      return;
    }
    if (value instanceof Handle) {
      this.#pushHandle(L, value);
      return;
    }
    if (isSpellError(value)) {
      this.#pushError(L, value);
      return;
    }
    if (this.#parents.length >= MAX_VALUE_DEPTH) throw this.#fail(`nests deeper than ${MAX_VALUE_DEPTH} levels`);
    if (this.#lua.ex.lua_checkstack(L, 8) === 0) throw this.#fail("nests too deeply");
    this.#parents.push(0);
    if (Array.isArray(value)) this.#pushList(L, value);
    else this.#pushFields(L, value);
    this.#parents.pop();
  }

  #pushList(L: number, list: readonly ScriptValue[]): void {
    const { ex } = this.#lua;
    ex.lua_createtable(L, list.length, 0);
    for (let i = 0; i < list.length; i++) {
      this.#path.push(i + 1);
      this.#push(L, list[i] ?? null, true);
      this.#path.pop();
      ex.lua_rawseti(L, -2, integer(i + 1));
    }
    if (list.length === 0) {
      this.#registry(L, this.#image.refs.array);
      ex.lua_setmetatable(L, -2);
    }
  }

  #pushFields(L: number, object: object): void {
    const { ex } = this.#lua;
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype !== null && prototype !== Object.prototype) {
      const name = (object.constructor as { name?: string } | undefined)?.name ?? "object";
      throw this.#fail(`is a ${name}; only plain objects can enter a spell`);
    }
    const field = textField(object);
    if (field !== undefined) this.#registry(L, this.#image.refs.as_text);
    const keys = Object.keys(object);
    ex.lua_createtable(L, 0, keys.length);
    for (const key of keys) {
      const item = (object as Record<string, ScriptValue | undefined>)[key];
      if (item === undefined || item === null) continue;
      this.#charge(key.length);
      this.#lua.pushText(L, key);
      this.#path.push(key);
      this.#push(L, item, false);
      this.#path.pop();
      ex.lua_rawset(L, -3);
    }
    if (field !== undefined) {
      this.#lua.pushText(L, field);
      ex.lua_callk(L, 2, 1, 0, 0);
    }
  }

  #pushHandle(L: number, handle: Handle): void {
    const { ex } = this.#lua;
    const ref = this.#image.handleRefs.get(handle.kind);
    if (ref === undefined) throw this.#fail(`is a handle of the unknown kind '${handle.kind}'`);
    const pointer = ex.lua_newuserdatauv(L, 8, 0);
    this.#lua.sync();
    this.#lua.view.setUint32(pointer, handle.id, true);
    this.#registry(L, ref);
    ex.lua_setmetatable(L, -2);
  }

  /** Pushes an error as the table a guest's `pcall` gets; details that cannot enter are left out. */
  pushError(L: number, error: SpellError): void {
    const { ex } = this.#lua;
    const top = ex.lua_gettop(L);
    this.#lua.charge(ERROR_FUEL);
    this.#begin("error");
    try {
      this.#pushError(L, error);
    } catch (thrown) {
      if (!isSpellError(thrown)) throw thrown;
      ex.lua_settop(L, top);
      this.#begin("error");
      this.#bytesLeft = Infinity;
      const { code, category, message } = error;
      this.#pushError(L, error, { code, category, message: message.slice(0, MAX_MESSAGE), details: {} });
    }
  }

  #pushError(L: number, error: SpellError, view: object = guestView(error)): void {
    const { ex } = this.#lua;
    this.#pushFields(L, view);
    const id = this.#nextError++;
    this.#errors.set(id, error);
    if (this.#errors.size > 256) this.#errors.delete(this.#errors.keys().next().value ?? 0);
    this.#registry(L, this.#image.refs.error);
    ex.lua_setmetatable(L, -2);
    // Remember which table stands for which host error, out of the guest's reach.
    this.#registry(L, this.#image.refs.error_ids);
    ex.lua_pushvalue(L, -2);
    ex.lua_pushnumber(L, id);
    ex.lua_rawset(L, -3);
    ex.lua_settop(L, -2);
  }

  #knownError(L: number, index: number): SpellError | undefined {
    const { ex } = this.#lua;
    this.#registry(L, this.#image.refs.error_ids);
    ex.lua_pushvalue(L, index);
    ex.lua_rawget(L, -2);
    const id = ex.lua_tonumberx(L, -1, 0);
    ex.lua_settop(L, -3);
    return this.#errors.get(id);
  }

  #registry(L: number, ref: number): void {
    this.#lua.ex.lua_rawgeti(L, LUA_REGISTRYINDEX, integer(ref));
  }

  /** From here on releasing a function does nothing: the instance may serve another guest. */
  close(): void {
    this.#closed = true;
  }

  #release(ref: FunctionRef, id: number): void {
    if (this.#functions.delete(ref) && !this.#closed) this.#lua.ex.luaL_unref(this.#image.L, LUA_REGISTRYINDEX, id);
  }
}

/** What a guest sees of an error: details are free-form, JSON leaves only plain data; foreign causes stay out. */
function guestView(error: SpellError, causes = MAX_CAUSES): object {
  const { code, category, message, details, cause } = error;
  const inner = isSpellError(cause) && causes > 0 ? { cause: guestView(cause, causes - 1) } : {};
  return { code, category, message, details: plainData(details), ...inner };
}

function plainData(details: ErrorDetails): ScriptValue {
  try {
    return JSON.parse(JSON.stringify(details, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))) as ScriptValue;
  } catch {
    return {}; // contains itself
  }
}
