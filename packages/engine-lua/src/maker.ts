import type { Bindings, Origin } from "@llmspell/engine";
import { ImageMaker } from "@llmspell/engine/guest-kit";
import { LUA_OK } from "./abi.js";
import { buildImage, type LuaImage } from "./image.js";
import { LuaInstance } from "./instance.js";
import { LuaMemory } from "./memory.js";

/** Fuel for the probe of a health check; it takes some hundreds. */
const PROBE_FUEL = 1_000_000;
/** Uses the parser, tables, text, a closure and the collector, and allocates. */
const PROBE = `
  local t = {}
  for i = 1, 8 do t[i] = (("x"):rep(i)) end
  local n = 0
  for _, s in ipairs(t) do n = n + #s end
  collectgarbage()
  return (function() return n end)()`;
const PROBE_RESULT = 36;

/** Makes what the pool of a Lua engine keeps. */
export class LuaMaker extends ImageMaker<LuaMemory, LuaInstance> {
  readonly #module: WebAssembly.Module;
  readonly #warmImage: ((bindings: Bindings) => LuaImage | undefined) | undefined;

  /** @param warmImage gives the images that were computed ahead. */
  constructor(module: WebAssembly.Module, warmImage?: (bindings: Bindings) => LuaImage | undefined) {
    super();
    this.#module = module;
    this.#warmImage = warmImage;
  }

  prepare({ bindings, sandbox }: Origin): { image: LuaMemory; first: LuaInstance } {
    const first = this.instantiate();
    const warm = sandbox === "basic" ? this.#warmImage?.(bindings) : undefined;
    return { image: new LuaMemory(warm ?? buildImage(first, bindings, sandbox), sandbox), first };
  }

  protected instantiate(): LuaInstance {
    return new LuaInstance(this.#module);
  }

  protected probe({ image: { L } }: LuaMemory, instance: LuaInstance): boolean {
    const { ex } = instance;
    ex.$fuel.value = PROBE_FUEL;
    if (instance.load(L, PROBE, "probe") !== LUA_OK || ex.lua_pcallk(L, 0, 1, 0, 0, 0) !== LUA_OK) return false;
    return ex.lua_tonumberx(L, -1, 0) === PROBE_RESULT;
  }
}
