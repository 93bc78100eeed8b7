import { vi } from "vitest";
import type { Guest } from "@llmspell/engine";
import { LuaInstance } from "../../../packages/engine-lua/src/instance.js";
import type { FaultyAllocator } from "../kit/allocation.js";
import { assemble, I32 } from "../../../packages/engine/src/wasm/testing/assemble.js";

interface AllocatorExports {
  realloc(pointer: number, size: number): number;
  free(pointer: number): void;
  lua_setallocf(L: number, slot: number, data: number): void;
}

const [GET, GET_GLOBAL, SET_GLOBAL, CALL] = [0x20, 0x23, 0x24, 0x10];
const [IF, END, RETURN, EQZ, GT_U, OR, SUB, LT_S, CONST] = [0x04, 0x0b, 0x0f, 0x45, 0x4b, 0x72, 0x6b, 0x48, 0x41];
const EMPTY = 0x40;
const FUNCTION = 0;
const GLOBAL = 3;

/**
 * Lua's allocator (`lua_Alloc`: data, pointer, old size, new size) in front of
 * the real one: a request for more memory counts down `left`, and is refused
 * while that is below zero, until `refusals` are used up.
 */
const SHIM = assemble({
  types: [
    [[I32, I32], [I32]],
    [[I32], []],
    [[], []],
    [[I32, I32, I32, I32], [I32]],
  ],
  imports: [
    ["realloc", [FUNCTION, 0]],
    ["free", [FUNCTION, 1]],
    ["refused", [FUNCTION, 2]],
  ],
  functions: [
    {
      type: 3,
      // prettier-ignore
      code: [
        GET, 3, EQZ, IF, EMPTY, GET, 1, CALL, 1, CONST, 0, RETURN, END,
        GET, 1, EQZ, GET, 3, GET, 2, GT_U, OR, IF, EMPTY,
        GET_GLOBAL, 0, CONST, 1, SUB, SET_GLOBAL, 0,
        GET_GLOBAL, 0, CONST, 0, LT_S, IF, EMPTY,
        GET_GLOBAL, 1, IF, EMPTY, GET_GLOBAL, 1, CONST, 1, SUB, SET_GLOBAL, 1,
        CALL, 2, CONST, 0, RETURN, END, END, END,
        GET, 1, GET, 3, CALL, 0, END,
      ],
    },
  ],
  globals: [
    [I32, 1, CONST, 0, END],
    [I32, 1, CONST, 0, END],
  ],
  exports: [
    ["allocate", FUNCTION, 3],
    ["left", GLOBAL, 0],
    ["refusals", GLOBAL, 1],
  ],
});

const module = new WebAssembly.Module(SHIM);
const shims = new WeakMap<LuaInstance, { slot: number; exports: WebAssembly.Exports }>();

/** See `AllocationCases`. */
export function failAllocations(guest: Guest, granted: number, refusals: number): FaultyAllocator {
  const spy = vi.spyOn(LuaInstance.prototype, "pushRef");
  guest.getGlobal("x");
  const [instance, L] = [spy.mock.contexts[0] as LuaInstance, spy.mock.calls[0]?.[0] as number];
  spy.mockRestore();

  const real = instance.ex as unknown as AllocatorExports;
  let shim = shims.get(instance);
  if (shim === undefined) {
    const { realloc, free } = real;
    // What a refusal by the memory limit does as well: the host takes note.
    const refused = (): void => void instance.port?.growth(instance.memoryBytes, Infinity);
    const { exports } = new WebAssembly.Instance(module, { env: { realloc, free, refused } });
    const table = instance.ex.__indirect_function_table;
    shim = { slot: table.grow(1), exports };
    table.set(shim.slot, exports["allocate"]);
    shims.set(instance, shim);
  }
  const left = shim.exports["left"] as WebAssembly.Global<"i32">;
  left.value = granted;
  (shim.exports["refusals"] as WebAssembly.Global<"i32">).value = refusals;
  real.lua_setallocf(L, shim.slot, 0);
  return {
    get hasRefused() {
      return left.value < 0;
    },
  };
}
