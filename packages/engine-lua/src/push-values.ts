import {
  Float,
  FunctionRef,
  Handle,
  HostFunction,
  MAX_VALUE_DEPTH,
  WeakHandle,
  textField,
  type ScriptValue,
} from "@llmspell/engine";
import { isSpellError, type ErrorDetails, type SpellError } from "@llmspell/errors";
import { integer, LuaType } from "./abi.js";
import { NODE_BYTES, type Crossing } from "./crossing.js";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";

/** An error crosses in about 15 µs. */
const ERROR_FUEL = 2_000;
/** Characters of an error's message that always enter. */
const MAX_MESSAGE = 1_000;
/** How many causes of causes a guest sees. */
const MAX_CAUSES = 8;

/** Host → Lua. */
export class LuaPusher {
  readonly #crossing: Crossing;
  readonly #lua: LuaInstance;
  readonly #image: LuaImage;

  constructor(crossing: Crossing) {
    this.#crossing = crossing;
    this.#lua = crossing.lua;
    this.#image = crossing.image;
  }

  /** Pushes `value` onto the stack of `L`. */
  push(L: number, value: ScriptValue | undefined): void {
    if (typeof value === "number") return this.#pushNumber(L, value);
    this.#crossing.begin("result");
    this.#push(L, value, this.#crossing.nulls.alone === "keep");
    this.#crossing.end();
  }

  /** Pushes an error as the table a guest's `pcall` gets; details that cannot enter are left out. */
  pushError(L: number, error: SpellError): void {
    const { ex } = this.#lua;
    const top = ex.lua_gettop(L);
    this.#lua.charge(ERROR_FUEL);
    this.#crossing.begin("error");
    try {
      this.#pushError(L, error);
    } catch (thrown) {
      if (!isSpellError(thrown)) throw thrown;
      ex.lua_settop(L, top);
      this.#crossing.begin("error", Infinity);
      const { code, category, message } = error;
      this.#pushError(L, error, { code, category, message: message.slice(0, MAX_MESSAGE), details: {} });
    }
  }

  #pushError(L: number, error: SpellError, view: object = guestView(error)): void {
    const { ex } = this.#lua;
    this.#pushFields(L, view);
    const id = this.#crossing.errors.add(error);
    this.#lua.pushRef(L, this.#image.refs.error);
    ex.lua_setmetatable(L, -2);
    // Remember which table stands for which host error, out of the guest's reach.
    this.#lua.pushRef(L, this.#image.refs.error_ids);
    ex.lua_pushvalue(L, -2);
    ex.lua_pushnumber(L, id);
    ex.lua_rawset(L, -3);
    ex.lua_settop(L, -2);
  }

  #push(L: number, value: ScriptValue | undefined, keepNull: boolean): void {
    const { ex } = this.#lua;
    this.#crossing.charge(NODE_BYTES);
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
        if (BigInt.asIntN(64, value) !== value) throw this.#crossing.fail("is an integer of more than 64 bits");
        ex.lua_pushinteger(L, value);
        return;
      case "string":
        this.#crossing.charge(value.length);
        this.#lua.pushText(L, value);
        return;
      case "object":
        if (value === null) {
          if (keepNull) ex.lua_pushlightuserdata(L, 0);
          else ex.lua_pushnil(L);
        } else {
          this.#pushObject(L, value);
        }
        return;
      default:
        throw this.#crossing.fail(`is a ${typeof value}, which cannot enter a spell`);
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
      this.#crossing.charge(value.length);
      this.#lua.pushText(L, value);
      return;
    }
    if (value instanceof FunctionRef) {
      if (!this.#crossing.functions.has(value)) throw this.#crossing.fail("is a function of another guest");
      this.#lua.pushRef(L, value.id);
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
    if (value instanceof HostFunction) {
      this.#pushHostFunction(L, value);
      return;
    }
    if (value instanceof WeakHandle) {
      this.#pushWeakHandle(L, value);
      return;
    }
    if (value instanceof Float) {
      this.#lua.ex.lua_pushnumber(L, value.value);
      return;
    }
    if (this.#crossing.parents.length >= MAX_VALUE_DEPTH)
      throw this.#crossing.fail(`nests deeper than ${MAX_VALUE_DEPTH} levels`);
    if (this.#lua.ex.lua_checkstack(L, 8) === 0) throw this.#crossing.fail("nests too deeply");
    this.#crossing.parents.push(0);
    if (Array.isArray(value)) this.#pushList(L, value);
    else this.#pushFields(L, value);
    this.#crossing.parents.pop();
  }

  #pushList(L: number, list: readonly ScriptValue[]): void {
    const { ex } = this.#lua;
    ex.lua_createtable(L, list.length, 0);
    for (let i = 0; i < list.length; i++) {
      this.#crossing.path.push(i + 1);
      this.#push(L, list[i] ?? null, true);
      this.#crossing.path.pop();
      ex.lua_rawseti(L, -2, integer(i + 1));
    }
    if (list.length === 0) {
      this.#lua.pushRef(L, this.#image.refs.array);
      ex.lua_setmetatable(L, -2);
    }
  }

  #pushFields(L: number, object: object): void {
    const { ex } = this.#lua;
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype !== null && prototype !== Object.prototype) {
      const name = (object.constructor as { name?: string } | undefined)?.name ?? "object";
      throw this.#crossing.fail(`is a ${name}; only plain objects can enter a spell`);
    }
    const field = textField(object);
    if (field !== undefined) this.#lua.pushRef(L, this.#image.refs.as_text);
    const keys = Object.keys(object);
    const dropNull = this.#crossing.nulls.fields === "drop";
    ex.lua_createtable(L, 0, keys.length);
    for (const key of keys) {
      const item = (object as Record<string, ScriptValue | undefined>)[key];
      if (item === undefined || (item === null && dropNull)) continue;
      this.#crossing.charge(key.length);
      this.#lua.pushText(L, key);
      this.#crossing.path.push(key);
      this.#push(L, item, true);
      this.#crossing.path.pop();
      ex.lua_rawset(L, -3);
    }
    if (field !== undefined) {
      this.#lua.pushText(L, field);
      ex.lua_callk(L, 2, 1, 0, 0);
    }
  }

  /** A closure over an id; the userdata beside it tells the host when the closure is collected. */
  #pushHostFunction(L: number, fn: HostFunction): void {
    const { ex } = this.#lua;
    const { refs } = this.#image;
    const { host } = this.#crossing;
    this.#lua.pushRef(L, refs.host_functions);
    const known = host.idOf(fn);
    if (known > 0 && ex.lua_rawgeti(L, -1, BigInt(known)) === LuaType.function) {
      ex.lua_rotate(L, -2, -1);
      ex.lua_settop(L, -2);
      return;
    }
    if (known > 0) ex.lua_settop(L, -2);
    const id = host.hold(fn);
    ex.lua_pushnumber(L, id);
    const guard = ex.lua_newuserdatauv(L, 8, 0);
    this.#lua.sync();
    this.#lua.view.setFloat64(guard, id, true);
    this.#lua.pushRef(L, refs.host_function);
    ex.lua_setmetatable(L, -2);
    ex.lua_pushcclosure(L, this.#lua.hostSlot, 2);
    ex.lua_pushvalue(L, -1);
    ex.lua_rotate(L, -3, 1);
    ex.lua_rawseti(L, -2, BigInt(id));
    ex.lua_settop(L, -2);
  }

  #metatableRef(kind: string): number {
    const ref = this.#image.handleRefs.get(kind);
    if (ref !== undefined) return ref;
    throw this.#crossing.fail(`is a handle of the unknown kind '${kind}'`);
  }

  /** An id and the reference that stands for the kind. The host need not know that the guest has it. */
  #pushWeakHandle(L: number, { kind, id }: WeakHandle): void {
    const { ex } = this.#lua;
    const ref = this.#metatableRef(kind);
    const pointer = ex.lua_newuserdatauv(L, 8, 0);
    this.#lua.sync();
    this.#lua.view.setUint32(pointer, id, true);
    this.#lua.view.setUint32(pointer + 4, ref, true);
    this.#lua.pushRef(L, this.#image.refs.weak_handle);
    ex.lua_setmetatable(L, -2);
  }

  #pushHandle(L: number, handle: Handle): void {
    const { ex } = this.#lua;
    const ref = this.#metatableRef(handle.kind);
    const pointer = ex.lua_newuserdatauv(L, 8, 0);
    this.#lua.sync();
    this.#lua.view.setUint32(pointer, handle.id, true);
    this.#lua.pushRef(L, ref);
    ex.lua_setmetatable(L, -2);
    this.#crossing.host.addCopy(handle);
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
    return JSON.parse(
      JSON.stringify(details, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
    ) as ScriptValue;
  } catch {
    return {}; // contains itself
  }
}
