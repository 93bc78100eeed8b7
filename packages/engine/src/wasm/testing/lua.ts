import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { findDispatch } from "../dispatch.js";
import { dispatchHandlers } from "../handlers.js";
import { type MeterOptions, meterModule } from "../meter.js";
import { parseModule } from "../module.js";

/** wasmoon's build of Lua 5.4. */
export const glueBytes = new Uint8Array(readFileSync(createRequire(import.meta.url).resolve("wasmoon/dist/glue.wasm")));

/** Jumps, tests, calls and ends of loops in Lua 5.4: every cycle passes one of them. */
const CYCLE_OPCODES = [56, 57, 58, 59, 60, 61, 62, 63, 64, 65, 66, 67, 68, 69, 73, 76, 77];

/** Lua whose dispatch loop only counts, and whose opcodes that close cycles look. */
export function meterLuaCountOnly(): Uint8Array<ArrayBuffer> {
  const module = parseModule(glueBytes);
  const vm = findDispatch(module, { minTargets: 83, maxTargets: 84, params: 2 });
  const checkAt = CYCLE_OPCODES.map(dispatchHandlers(module, vm));
  return meterLua({
    interpreter: {
      functionIndex: vm.functionIndex,
      trapWithFirstParam: "exit",
      countOnly: { loopOffset: vm.loopOffset, checkAt },
    },
    skipLoop: (functionIndex, offset) => functionIndex === vm.functionIndex && vm.outerLoops.includes(offset),
    longjmp: "exceptions",
  });
}

export function meterLua(options: Partial<MeterOptions> = {}): Uint8Array<ArrayBuffer> {
  const module = parseModule(glueBytes);
  const vm = findDispatch(module, { minTargets: 83, maxTargets: 84, params: 2 });
  return meterModule(module, {
    trap: { import: "abort" },
    interpreter: { functionIndex: vm.functionIndex, trapWithFirstParam: "exit" },
    exportGlobals: true,
    ...options,
  });
}

type LuaExports = Record<string, (...args: number[]) => number> & {
  readonly memory: WebAssembly.Memory;
  readonly __indirect_function_table: WebAssembly.Table;
  readonly $fuel: WebAssembly.Global;
};

/** A JS exception that no wasm code may catch. */
export class OutOfFuel extends Error {
  /** The interpreter's `lua_State`, or 0 when C code ran out. */
  readonly L: number;

  constructor(L: number) {
    super("out of fuel");
    this.L = L;
  }
}

/** A bare Lua state, with as little of a host as it takes. */
export class TinyLua {
  readonly ex: LuaExports;
  readonly L: number;

  constructor(module: WebAssembly.Module, overrides: Record<string, unknown> = {}) {
    const longjmp = new Error("longjmp");
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = name === "_mktime_js" ? () => 0n : () => 0;
    }
    Object.assign((imports["env"] ??= {}), {
      abort: () => {
        throw new OutOfFuel(0);
      },
      exit: (L: number) => {
        throw new OutOfFuel(L);
      },
      invoke_vii: (f: number, a: number, b: number) => {
        const sp = this.call("stackSave");
        try {
          (this.ex.__indirect_function_table.get(f) as (a: number, b: number) => void)(a, b);
        } catch (error) {
          if (error !== longjmp) throw error;
          this.call("stackRestore", sp);
          this.call("setThrew", 1, 0);
        }
      },
      _emscripten_throw_longjmp: () => {
        throw longjmp;
      },
      emscripten_resize_heap: (bytes: number) => {
        const { memory } = this.ex;
        memory.grow(Math.ceil(((bytes >>> 0) - memory.buffer.byteLength) / 65_536));
        return 1;
      },
      ...overrides,
    });
    this.ex = new WebAssembly.Instance(module, imports as WebAssembly.Imports).exports as unknown as LuaExports;
    this.call("__wasm_call_ctors");
    this.L = this.call("luaL_newstate");
    this.call("luaL_openlibs", this.L);
  }

  get globals(): WebAssembly.Global[] {
    return Object.entries(this.ex).flatMap(([name, value]) =>
      /^\$g\d/.test(name) ? [value as unknown as WebAssembly.Global] : [],
    );
  }

  call(name: string, ...args: number[]): number {
    const callee = this.ex[name];
    if (callee === undefined) throw new Error(`no export ${name}`);
    return callee(...args);
  }

  /** Runs a chunk; its first result or its error as text. */
  run(source: string): string {
    const text = Buffer.from(`${source}\0`);
    const at = this.call("malloc", text.length);
    new Uint8Array(this.ex.memory.buffer).set(text, at);
    const failed = this.call("luaL_loadstring", this.L, at) || this.call("lua_pcallk", this.L, 0, 1, 0, 0, 0);
    this.call("free", at);
    const size = this.call("malloc", 4);
    const start = this.call("luaL_tolstring", this.L, -1, size);
    const length = new DataView(this.ex.memory.buffer).getUint32(size, true);
    const result = Buffer.from(this.ex.memory.buffer, start, length).toString();
    this.call("free", size);
    this.call("lua_settop", this.L, 0);
    return failed ? `error: ${result}` : result;
  }

  /** How much fuel a chunk takes. */
  fuelOf(source: string): number {
    this.ex.$fuel.value = 0x7fff_ffff;
    this.run(source);
    return 0x7fff_ffff - (this.ex.$fuel.value as number);
  }
}
