import type { Host, Warning, WarningOptions } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { LUA_TYPE_NAMES, LuaType } from "./abi.js";
import { RECORD_AREA, SCRATCH_SIZE, type LuaInstance, type LuaPort } from "./instance.js";
import type { LuaKeeper } from "./keeper.js";
import { positionIn } from "./position.js";

/** Bytes of guest memory behind the scratch area that say whether warnings are on. */
export const WARN_SWITCH_SIZE = 4;
/** What is in them; until the script says, a host that wants warnings gets them. */
const Switch = { unset: 0, on: 1, off: 2 } as const;

const CONTROL: Readonly<Record<string, number>> = { "@on": Switch.on, "@off": Switch.off };

/** Where the switch is: in the guest's memory, so that it is reset, and kept, with everything else of the guest. */
export const warnSwitch = (lua: LuaInstance): number => lua.scratch + SCRATCH_SIZE + RECORD_AREA;

const MAX_BYTES = 4_096;
/** Fuel for a warning that is passed on. */
const WARN_FUEL = 400;
const AT = 0x40; // "@"

const CATEGORY = /^([a-z][a-z0-9_-]{0,31}): /;
/** How Lua tells of an error that it cannot raise (lstate.c, `luaE_warnerror`). */
const LUAS_OWN = /^error in [^\n(]{0,40}\((?:([^\n:]{1,200}):(\d+): )?/;

/** The warnings of one guest. */
export class Warnings {
  readonly #lua: LuaInstance;
  readonly #host: Host;
  readonly #keeper: LuaKeeper;
  readonly #output: Pick<LuaPort, "write">;
  readonly options: WarningOptions;
  /** Parts of a warning of Lua's own that has not ended. */
  #begun = "";
  #second = Number.NaN;
  #inSecond = 0;
  #passedOn = 0;
  #dropped = 0;
  /** Warnings given while they were on. */
  count = 0;

  /** @param output takes what is printed when the host does not ask for warnings. */
  constructor(
    lua: LuaInstance,
    host: Host,
    keeper: LuaKeeper,
    options: WarningOptions,
    output: Pick<LuaPort, "write">,
  ) {
    this.#lua = lua;
    this.#host = host;
    this.#keeper = keeper;
    this.#output = output;
    this.options = options;
  }

  get #on(): boolean {
    this.#lua.sync();
    const state = this.#lua.view.getUint32(warnSwitch(this.#lua), true);
    return state === Switch.unset ? this.#host.warn !== undefined : state === Switch.on;
  }

  /** The script's `warn(…)`. Warnings that are off cost no more than the check of their arguments. */
  give(L: number): void {
    const { ex } = this.#lua;
    const parts = ex.lua_gettop(L);
    if (parts === 0) throw new SpellError("INVALID_ARGUMENT", "warn: argument 1 must be text");
    for (let i = 1; i <= parts; i++) {
      const type = ex.lua_type(L, i);
      if (type === LuaType.string || type === LuaType.number) continue;
      throw new SpellError("INVALID_ARGUMENT", `warn: argument ${i} must be text, not ${LUA_TYPE_NAMES[type]}`);
    }
    if (parts === 1 && this.#control(L)) return;
    if (!this.#on) return;
    let message = "";
    for (let i = 1; i <= parts && message.length < MAX_BYTES; i++) message += this.#text(L, i);
    const category = CATEGORY.exec(message)?.[1];
    this.#lua.charge(WARN_FUEL);
    if (!this.#allows(category)) return;
    this.#passOn({ message, ...(category === undefined ? {} : { category }), ...positionIn(this.#lua, L) });
  }

  /** Does what a control message says; false for a message of any other kind. */
  #control(L: number): boolean {
    const { ex, scratch } = this.#lua;
    const pointer = ex.lua_tolstring(L, 1, scratch);
    this.#lua.sync();
    if (this.#lua.u8[pointer] !== AT) return false;
    const state = CONTROL[this.#text(L, 1)];
    if (state !== undefined) this.#lua.view.setUint32(warnSwitch(this.#lua), state, true);
    return true;
  }

  /** A part of a warning of Lua's own: there is no script to raise an error in. */
  part(text: number, more: boolean): void {
    if (!this.#on) return;
    this.#lua.sync();
    const { u8 } = this.#lua;
    const end = u8.indexOf(0, text);
    this.#begun = (this.#begun + decode(u8.subarray(text, Math.min(end, text + MAX_BYTES)))).slice(0, MAX_BYTES);
    if (more) return;
    const message = this.#begun;
    this.#begun = "";
    const [, file, line] = LUAS_OWN.exec(message) ?? [];
    const place = file === undefined ? {} : { file, line: Number(line) };
    this.#lua.charge(WARN_FUEL);
    if (!this.#allows("finalizer")) return;
    try {
      this.#passOn({ message, category: "finalizer", ...place });
    } catch (cause) {
      this.#keeper.breakOff(new SpellError("INTERNAL", "the host failed to take a warning", { cause }));
    }
  }

  #text(L: number, index: number): string {
    const { ex, scratch } = this.#lua;
    const pointer = ex.lua_tolstring(L, index, scratch);
    this.#lua.sync();
    const size = Math.min(this.#lua.view.getUint32(scratch, true), MAX_BYTES);
    const text = this.#lua.readText(pointer, size);
    return typeof text === "string" ? text : decode(text);
  }

  /** Counts a warning, and says whether the host's limits let it through. */
  #allows(category: string | undefined): boolean {
    if (category !== undefined && this.options.ignore?.includes(category) === true) return false;
    this.count++;
    const fits = this.#fits();
    if (fits) this.#passedOn++;
    else this.#dropped++;
    return fits;
  }

  #passOn(warning: Warning): void {
    if (this.#host.warn === undefined) {
      this.#output.write("stderr", Buffer.from(`Lua warning: ${warning.message}\n`));
      return;
    }
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#host.warn(dropped === 0 ? warning : { ...warning, dropped });
  }

  #fits(): boolean {
    const { perSecond = 100, total = 1_000 } = this.options;
    if (this.#passedOn >= total) return false;
    if (this.#host.now === undefined) return true;
    const second = Math.floor(this.#host.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    return ++this.#inSecond <= perSecond;
  }
}

const decode = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
