import type { Bindings, InstanceMaker, Origin } from "@llmspell/engine";
import { LUA_OK } from "./abi.js";
import { buildImage, type LuaImage } from "./image.js";
import { LuaInstance } from "./instance.js";
import { ImageMemory } from "./memory.js";

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
export class LuaMaker implements InstanceMaker<ImageMemory, LuaInstance> {
  readonly #module: WebAssembly.Module;
  readonly #warmImage: ((bindings: Bindings) => LuaImage | undefined) | undefined;

  /** @param warmImage gives the images that were computed ahead. */
  constructor(module: WebAssembly.Module, warmImage?: (bindings: Bindings) => LuaImage | undefined) {
    this.#module = module;
    this.#warmImage = warmImage;
  }

  prepare({ bindings, sandbox }: Origin): { image: ImageMemory; first: LuaInstance } {
    const first = new LuaInstance(this.#module);
    const warm = sandbox === "basic" ? this.#warmImage?.(bindings) : undefined;
    return { image: new ImageMemory(warm ?? buildImage(first, bindings, sandbox), sandbox), first };
  }

  create(memory: ImageMemory): LuaInstance {
    const instance = new LuaInstance(this.#module);
    memory.reset(instance);
    return instance;
  }

  reset(memory: ImageMemory, instance: LuaInstance, trapped: boolean): void {
    memory.reset(instance, trapped);
  }

  /** A grown memory cannot shrink, and one that was written at random cannot be put back. */
  obstacle({ image, sandbox }: ImageMemory, instance: LuaInstance): "grown" | "unsafe" | undefined {
    if (sandbox === "none") return "unsafe";
    return instance.memoryBytes > image.memory.byteLength ? "grown" : undefined;
  }

  /**
   * Compares every byte with the image, for a reset relies on where the guest
   * said its heap ends, and runs a small program.
   */
  isHealthy(memory: ImageMemory, instance: LuaInstance): boolean {
    const { image } = memory;
    if (!image.memory.matches(instance.ex.memory, instance.globals)) return false;
    const isAlive = probe(image, instance);
    memory.reset(instance, !isAlive);
    return isAlive;
  }
}

function probe({ L }: LuaImage, instance: LuaInstance): boolean {
  const { ex } = instance;
  ex.$fuel.value = PROBE_FUEL;
  try {
    if (instance.load(L, PROBE, "probe") !== LUA_OK || ex.lua_pcallk(L, 0, 1, 0, 0, 0) !== LUA_OK) return false;
    return ex.lua_tonumberx(L, -1, 0) === PROBE_RESULT;
  } catch {
    return false; // a trap, or the fuel: nobody serves an instance that no guest uses
  }
}
