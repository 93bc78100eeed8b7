import type { FunctionRef, Host, Limits, ScriptValue, ValueOptions } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { CANCEL, Crossing } from "./crossing.js";
import type {
  HeldFunctions,
  HostValues,
  SavedErrors,
  SavedFunctions,
  SavedHostValues,
} from "@llmspell/engine/guest-kit";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";
import { LuaPusher } from "./push-values.js";
import { LuaReader } from "./read-values.js";

/** What has crossed and may come back. */
export interface SavedValues {
  readonly functions: SavedFunctions;
  readonly errors: SavedErrors;
  readonly host: SavedHostValues;
}

/**
 * Carries values across the boundary of one guest.
 *
 * Lua → host: a table whose keys are exactly 1…n is an array, any other an
 * object (integer keys become text); an empty table is an object unless it is
 * marked with `llmspell.array`. Host → Lua: null inside an array is
 * `llmspell.null`, elsewhere nil. {@link ValueOptions} has other rules for null,
 * empty tables and floats. Integers beyond 2^53 are `bigint`.
 */
export class LuaValues {
  readonly #crossing: Crossing;
  readonly #reader: LuaReader;
  readonly #pusher: LuaPusher;

  constructor(lua: LuaInstance, image: LuaImage, limits: Limits, host: Host = {}, options: ValueOptions = {}) {
    this.#crossing = new Crossing(lua, image, limits, host, options);
    this.#reader = new LuaReader(this.#crossing);
    this.#pusher = new LuaPusher(this.#crossing);
  }

  /** The functions of the guest that the host holds. */
  get functions(): HeldFunctions {
    return this.#crossing.functions;
  }

  /** What the guest holds of its host. */
  get host(): HostValues {
    return this.#crossing.host;
  }

  /** The value at `index` of the stack of `L`; `root` names it in errors, a number as that argument. */
  read(L: number, index: number, root: string | number): ScriptValue {
    return this.#reader.read(L, index, root);
  }

  /** Pushes `value` onto the stack of `L`. */
  push(L: number, value: ScriptValue | undefined): void {
    this.#pusher.push(L, value);
  }

  /** Pushes an error as the table a guest's `pcall` gets; details that cannot enter are left out. */
  pushError(L: number, error: SpellError): void {
    this.#pusher.pushError(L, error);
  }

  /** Bytes of all values that have crossed. */
  get crossed(): number {
    return this.#crossing.crossed;
  }

  /** Which argument named a token as `cancel` since {@link takeToken}, counted from 1; 0 when none did. */
  get token(): number {
    return this.#crossing.token;
  }

  takeToken(): number {
    const { token } = this.#crossing;
    this.#crossing.token = 0;
    return token;
  }

  /** Pushes the token in the table at `index`; nothing and false when `index` is 0. */
  pushToken(L: number, index: number): boolean {
    if (index === 0) return false;
    const { lua } = this.#crossing;
    lua.pushText(L, CANCEL);
    lua.ex.lua_rawget(L, index);
    return true;
  }

  /** Pushes a function and its arguments; returns how many values that are. */
  pushCall(L: number, fn: FunctionRef, args: readonly ScriptValue[]): number {
    if (this.#crossing.lua.ex.lua_checkstack(L, args.length + 8) === 0) {
      throw new SpellError("INVALID_ARGUMENT", `a function cannot be called with ${args.length} arguments`);
    }
    this.push(L, fn);
    for (const arg of args) this.push(L, arg);
    return args.length + 1;
  }

  /** From here on releasing a function does nothing: the instance may serve another guest. */
  close(): void {
    this.#crossing.functions.close();
    this.host.close();
  }

  save(): SavedValues {
    const { functions, errors } = this.#crossing;
    return { functions: functions.save(), errors: errors.save(), host: this.host.save() };
  }

  load({ functions, errors, host }: SavedValues): void {
    this.host.load(host);
    this.#crossing.functions.load(functions);
    this.#crossing.errors.load(errors);
  }
}
