import type { Host, Warning, WarningOptions } from "@llmspell/engine";
import { Warnings } from "@llmspell/engine/guest-kit";
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

/** How Lua tells of an error that it cannot raise (lstate.c, `luaE_warnerror`). */
const LUAS_OWN = /^error in [^\n(]{0,40}\((?:([^\n:]{1,200}):(\d+): )?/;

/** The warnings of one guest. */
export class LuaWarnings {
  readonly #lua: LuaInstance;
  readonly #keeper: LuaKeeper;
  readonly #output: Pick<LuaPort, "write">;
  readonly #gate: Warnings;
  /** Parts of a warning of Lua's own that has not ended. */
  #begun = "";

  /** @param output takes what is printed when the host does not ask for warnings. */
  constructor(
    lua: LuaInstance,
    host: Host,
    keeper: LuaKeeper,
    options: WarningOptions,
    output: Pick<LuaPort, "write">,
  ) {
    this.#lua = lua;
    this.#keeper = keeper;
    this.#output = output;
    this.#gate = new Warnings(host, options);
  }

  /** Warnings given while they were on. */
  get count(): number {
    return this.#gate.count;
  }

  get #on(): boolean {
    this.#lua.sync();
    const state = this.#lua.view.getUint32(warnSwitch(this.#lua), true);
    return state === Switch.unset ? this.#gate.isHeard : state === Switch.on;
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
    const category = this.#gate.categoryOf(message);
    this.#lua.charge(WARN_FUEL);
    if (!this.#gate.allows(category)) return;
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
    if (!this.#gate.allows("finalizer")) return;
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

  #passOn(warning: Warning): void {
    if (this.#gate.isHeard) this.#gate.passOn(warning);
    else this.#output.write("stderr", Buffer.from(`Lua warning: ${warning.message}\n`));
  }
}

const decode = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
