import {
  limitError,
  nullRules,
  valueError,
  type Host,
  type Limits,
  type NullRules,
  type ValueOptions,
} from "@llmspell/engine";
import type { SpellError } from "@llmspell/errors";
import { HeldFunctions, HostValues, KnownErrors } from "@llmspell/engine/guest-kit";
import { LUA_REGISTRYINDEX } from "./abi.js";
import type { LuaImage } from "./image.js";
import type { LuaInstance } from "./instance.js";

/** What a crossing value costs beside its text, against `valueBytes`. */
export const NODE_BYTES = 16;
/** Measured: a node takes about 100 ns to cross, a byte 1 ns, a unit of fuel 3 ns. */
const BYTES_PER_FUEL_SHIFT = 1;
const FREE_BYTES = 128;
/** The field of an argument in which a cancel token may be. */
export const CANCEL = "cancel";

/**
 * What reading and pushing share: where in a value the walk is, how much it may
 * still take, and what has crossed before and may come back.
 */
export class Crossing {
  readonly lua: LuaInstance;
  readonly image: LuaImage;
  readonly #limits: Limits;
  readonly nulls: NullRules;
  readonly exactFloats: boolean;
  readonly emptyArrays: boolean;
  /** What the guest holds of its host. */
  readonly host: HostValues;
  /** Keys from the root to where the walk is. */
  readonly path: (string | number)[] = [];
  /** Tables from the root to where the walk is. */
  readonly parents: number[] = [];
  /** Under their references in Lua's registry. */
  readonly functions: HeldFunctions;
  readonly errors = new KnownErrors();
  /** Which argument has named a token as `cancel`, counted from 1; 0 when none has. */
  token = 0;
  #root: string | number = "value";
  #bytesLeft = 0;
  /** Bytes of all values that have crossed. */
  crossed = 0;

  constructor(lua: LuaInstance, image: LuaImage, limits: Limits, host: Host, options: ValueOptions) {
    this.lua = lua;
    this.image = image;
    this.#limits = limits;
    this.host = new HostValues(host);
    this.nulls = nullRules(options.nulls);
    this.exactFloats = options.floats === "exact";
    this.emptyArrays = options.emptyTables === "array";
    this.functions = new HeldFunctions((id) => lua.ex.luaL_unref(image.L, LUA_REGISTRYINDEX, id));
  }

  /** A value begins to cross; `root` names it in errors, a number as that argument. */
  begin(root: string | number, bytes = this.#limits.valueBytes): void {
    this.#root = root;
    // Left over only when the last value was refused.
    if (this.path.length > 0) this.path.length = 0;
    if (this.parents.length > 0) this.parents.length = 0;
    this.#bytesLeft = bytes;
  }

  /** The value has crossed: the host's work costs the guest as much as its own. Small values are free. */
  end(): void {
    const bytes = this.#limits.valueBytes - this.#bytesLeft;
    this.crossed += bytes;
    if (bytes > FREE_BYTES) this.lua.charge(bytes >> BYTES_PER_FUEL_SHIFT);
  }

  /** @throws SpellError `LIMIT_VALUE` */
  charge(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) throw limitError("valueBytes", this.#limits);
  }

  /** Notes a cancel token; it must be the field `cancel` of an argument. */
  foundToken(): boolean {
    if (typeof this.#root !== "number" || this.path.length !== 1 || this.path[0] !== CANCEL) return false;
    this.token = this.#root;
    return true;
  }

  /** The error of a value that cannot cross; says where in it the problem is. */
  fail(problem: string): SpellError {
    const root = typeof this.#root === "number" ? `argument ${this.#root}` : this.#root;
    return valueError([root, ...this.path], problem);
  }
}
