import { isUtf8 } from "node:buffer";
import { GuestKilled } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import { integer, LUA_REGISTRYINDEX, type LuaExports } from "./abi.js";
import { gmtime, mktime, strftime } from "./calendar.js";

/** Serves what a running instance asks of its host. */
export interface LuaPort {
  /** The fuel is used up. `L` is the running Lua state, or 0 inside a library loop. */
  interrupt(L: number): void;
  /** A host function was called; its id is the first upvalue. Returns the number of results. */
  hostCall(L: number): number;
  /** A host function that waited goes on; `context` is its operation. */
  continueCall(L: number, context: number): number;
  /** The hook of the coroutine `L`; `record` is the address of its `lua_Debug`. */
  hook(L: number, record: number): void;
  /** A part of a warning of Lua itself, as C text; the last one has no `more`. */
  warning(text: number, more: boolean): void;
  write(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  now(): number;
  /** How large memory may become when `needed` bytes are wanted; 0 to refuse. */
  growth(current: number, needed: number): number;
}

const WASM_PAGE = 65_536;
/** Bytes of guest memory set aside for short strings and out-parameters. */
export const SCRATCH_SIZE = 4_096;
/** Bytes behind the scratch area, for a debugger's own records: so that it takes no memory of the guest. */
export const RECORD_AREA = 256;
/** The first bytes of the scratch area are out-parameters; then comes a `lua_Debug`, then text. */
export const SCRATCH_RECORD = 16;
const SCRATCH_TEXT = 144;
const MIN_FUEL = -(2 ** 30);
const ERRNO_NOENT = -44;
const ERRNO_NOSYS = -52;
const WASI_BADF = 8;
const WASI_SPIPE = 70;

const encoder = new TextEncoder();

/** Fuel for work that the host does for a library function; the meter does not see it. */
const DATE_FUEL = 500;
const WRITE_FUEL = 200;

/** The interpreter gave up by itself. */
export class InterpreterAborted extends GuestKilled {}

/** One WebAssembly instance of Lua with its memory, and nothing of any guest's. */
export class LuaInstance {
  readonly ex: LuaExports;
  /** Table slots of the host functions, the same in every instance. */
  readonly hostSlot: number;
  readonly continueSlot: number;
  readonly warnSlot: number;
  /** The mutable globals of the module in a fixed order. */
  readonly globals: readonly WebAssembly.Global[];
  port: LuaPort | undefined;
  /** Address of the scratch area, valid once an image is applied. */
  scratch = 0;
  u8!: Uint8Array;
  view!: DataView;
  #hookSlot = 0;

  constructor(module: WebAssembly.Module) {
    const instance = new WebAssembly.Instance(module, this.#imports());
    // The module's exports are fixed by its hash; `abi.ts` lists them.
    this.ex = instance.exports as unknown as LuaExports;
    this.globals = Object.entries(instance.exports)
      .filter(([name]) => /^\$g\d+$/.test(name))
      .map(([, value]) => value as WebAssembly.Global);
    const table = this.ex.__indirect_function_table;
    this.hostSlot = table.grow(3);
    this.continueSlot = this.hostSlot + 1;
    this.warnSlot = this.hostSlot + 2;
    table.set(this.hostSlot, this.ex.$host);
    table.set(this.continueSlot, this.ex.$continue);
    table.set(this.warnSlot, this.ex.$warn);
    this.refreshViews();
  }

  refreshViews(): void {
    const { buffer } = this.ex.memory;
    this.u8 = new Uint8Array(buffer);
    this.view = new DataView(buffer);
  }

  /** Memory views detach when memory grows; call this after anything that can allocate. */
  sync(): void {
    if (this.u8.length === 0) this.refreshViews();
  }

  get memoryBytes(): number {
    return this.ex.memory.buffer.byteLength;
  }

  /** Whether a coroutine may have the hook. */
  get hooked(): boolean {
    return this.#hookSlot !== 0;
  }

  /** The table slot of the hook; a shim module, as no import has its signature. */
  hookSlot(): number {
    if (this.#hookSlot === 0) {
      const shim = new WebAssembly.Instance(hookShim(), {
        host: { hook: (L: number, record: number) => this.port?.hook(L, record) },
      });
      this.#hookSlot = this.ex.__indirect_function_table.grow(1);
      this.ex.__indirect_function_table.set(this.#hookSlot, shim.exports["hook"]);
    }
    return this.#hookSlot;
  }

  /** Pushes what the registry holds under a reference. */
  pushRef(L: number, ref: number): void {
    this.ex.lua_rawgeti(L, LUA_REGISTRYINDEX, integer(ref));
  }

  /** Text at `pointer`, or a copy of the bytes when they are not UTF-8. */
  readText(pointer: number, size: number): string | Uint8Array {
    this.sync();
    const { u8 } = this;
    if (size < 24) {
      let text = "";
      let i = 0;
      for (; i < size; i++) {
        const code = u8[pointer + i] ?? 0;
        if (code > 127) break;
        text += String.fromCharCode(code);
      }
      if (i === size) return text;
    }
    const bytes = Buffer.from(u8.buffer, pointer, size);
    return isUtf8(bytes) ? bytes.toString("utf8") : Uint8Array.from(bytes);
  }

  /** Pushes text or bytes onto the stack of `L`. */
  pushText(L: number, text: string | Uint8Array): void {
    this.sync();
    const start = this.scratch + SCRATCH_TEXT;
    if (typeof text === "string" && text.length * 3 <= SCRATCH_SIZE - SCRATCH_TEXT) {
      this.ex.lua_pushlstring(L, start, this.#encode(text, start));
      return;
    }
    const bytes = typeof text === "string" ? encoder.encode(text) : text;
    const pointer = this.copyIn(bytes);
    try {
      this.ex.lua_pushlstring(L, pointer, bytes.length);
    } finally {
      this.ex.free(pointer);
    }
  }

  /** Writes text to `start`, where there is room for 3 bytes a character, and returns how many bytes it took. */
  #encode(text: string, start: number): number {
    const { u8 } = this;
    const { length } = text;
    // A call of the encoder costs more than a short loop.
    if (length < 32) {
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 127) break;
        u8[start + i] = code;
      }
      if (i === length) return length;
    }
    return encoder.encodeInto(text, u8.subarray(start, start + 3 * length)).written;
  }

  /** Copies bytes and a closing zero into freshly allocated guest memory. */
  copyIn(bytes: Uint8Array): number {
    const pointer = this.#allocate(bytes.length + 1);
    this.u8.set(bytes, pointer);
    this.u8[pointer + bytes.length] = 0;
    return pointer;
  }

  #allocate(size: number): number {
    const pointer = this.ex.malloc(size);
    if (pointer === 0) throw new SpellError("LIMIT_MEMORY", "the spell has no memory left");
    this.sync();
    return pointer;
  }

  /** Compiles source text, never precompiled code; pushes the function or the message. Returns Lua's status. */
  load(L: number, source: string, name: string): number {
    // One block: the source, the name, the mode "t", each with a closing zero.
    const label = `@${name}`;
    const most = 3 * (source.length + label.length) + 4;
    const isSmall = most <= SCRATCH_SIZE - SCRATCH_TEXT;
    const block = isSmall ? this.scratch + SCRATCH_TEXT : this.#allocate(most);
    this.sync();
    const size = this.#encode(source, block);
    const labelAt = block + size + 1;
    const modeAt = labelAt + this.#encode(label, labelAt) + 1;
    for (const end of [labelAt - 1, modeAt - 1, modeAt + 1]) this.u8[end] = 0;
    this.u8[modeAt] = 0x74;
    const status = this.ex.luaL_loadbufferx(L, block, size, labelAt, modeAt);
    if (!isSmall) this.ex.free(block);
    return status;
  }

  /** As {@link load} for code that the host itself has compiled; never for bytes from anywhere else. */
  loadCompiled(L: number, code: Uint8Array): number {
    const block = this.#allocate(code.length + 4);
    this.u8.set(code, block);
    // An empty name, which the code has itself, and the mode "b".
    const labelAt = block + code.length;
    this.u8.set([0, 0x62, 0], labelAt);
    const status = this.ex.luaL_loadbufferx(L, block, code.length, labelAt, labelAt + 1);
    this.ex.free(block);
    return status;
  }

  /** Takes fuel; the guest's next charge notices when none is left. */
  charge(fuel: number): void {
    // Clamped, for the counter must not wrap around before the guest looks at it.
    this.ex.$fuel.value = Math.max(this.ex.$fuel.value - fuel, MIN_FUEL);
  }

  #imports(): WebAssembly.Imports {
    const served = (): LuaPort => {
      if (this.port === undefined) throw new GuestKilled("no guest uses this instance");
      return this.port;
    };
    const denied = (errno: number) => () => errno;
    const isFuelTrap = (): boolean => this.ex.$fuel.value < 0;
    return {
      env: {
        abort: () => {
          if (!isFuelTrap()) throw new InterpreterAborted("the interpreter aborted");
          served().interrupt(0);
        },
        exit: (L: number) => {
          if (!isFuelTrap()) throw new InterpreterAborted("the interpreter exited");
          served().interrupt(L);
        },
        system: (L: number) => served().hostCall(L),
        __syscall_fcntl64: (L: number, _status: number, context: number) => served().continueCall(L, context),
        // Native wasm exceptions have taken the place of these two. The first has
        // the signature of Lua's warning function, and serves as that.
        invoke_vii: (_userdata: number, text: number, more: number) => this.port?.warning(text, more !== 0),
        _emscripten_throw_longjmp: () => {},
        emscripten_date_now: () => this.port?.now() ?? 0,
        _emscripten_get_now_is_monotonic: () => 1,
        emscripten_resize_heap: (requested: number) => this.#grow(requested >>> 0),
        strftime: (to: number, size: number, template: number, tm: number) => this.#strftime(to, size, template, tm),
        _mktime_js: (tm: number) => {
          this.charge(DATE_FUEL);
          this.sync();
          return mktime(this.view, tm);
        },
        _localtime_js: (seconds: bigint, tm: number) => {
          this.charge(DATE_FUEL);
          this.sync();
          gmtime(this.view, seconds, tm);
        },
        _gmtime_js: (seconds: bigint, tm: number) => {
          this.charge(DATE_FUEL);
          this.sync();
          gmtime(this.view, seconds, tm);
        },
        _tzset_js: () => {},
        __syscall_openat: denied(ERRNO_NOENT),
        __syscall_ioctl: denied(ERRNO_NOSYS),
        __syscall_dup3: denied(ERRNO_NOSYS),
        __syscall_unlinkat: denied(ERRNO_NOSYS),
        __syscall_rmdir: denied(ERRNO_NOSYS),
        __syscall_renameat: denied(ERRNO_NOSYS),
        __syscall_readlinkat: denied(ERRNO_NOSYS),
      },
      wasi_snapshot_preview1: {
        fd_write: (fd: number, vectors: number, count: number, total: number) =>
          this.#write(served(), fd, vectors, count, total),
        fd_read: denied(WASI_BADF),
        fd_close: denied(0),
        fd_seek: denied(WASI_SPIPE),
        environ_get: denied(0),
        environ_sizes_get: (count: number, size: number) => {
          this.sync();
          this.view.setUint32(count, 0, true);
          this.view.setUint32(size, 0, true);
          return 0;
        },
      },
    };
  }

  #grow(requested: number): number {
    const current = this.memoryBytes;
    if (requested <= current) return 1;
    const target = this.port?.growth(current, requested) ?? 0;
    if (target < requested) return 0;
    try {
      this.ex.memory.grow(Math.ceil((target - current) / WASM_PAGE));
    } catch {
      return 0;
    }
    this.refreshViews();
    return 1;
  }

  #write(port: LuaPort, fd: number, vectors: number, count: number, total: number): number {
    this.charge(WRITE_FUEL);
    this.sync();
    let written = 0;
    for (let i = 0; i < count; i++) {
      const pointer = this.view.getUint32(vectors + 8 * i, true);
      const size = this.view.getUint32(vectors + 8 * i + 4, true);
      if (size > 0) port.write(fd === 2 ? "stderr" : "stdout", this.u8.subarray(pointer, pointer + size));
      written += size;
    }
    this.view.setUint32(total, written, true);
    return 0;
  }

  #strftime(to: number, size: number, template: number, tm: number): number {
    this.charge(DATE_FUEL);
    this.sync();
    const end = this.u8.indexOf(0, template);
    const text = strftime(this.view, Buffer.from(this.u8.buffer, template, end - template).toString("latin1"), tm);
    const bytes = encoder.encode(text);
    if (bytes.length + 1 > size) return 0;
    this.u8.set(bytes, to);
    this.u8[to + bytes.length] = 0;
    return bytes.length;
  }
}

let shim: WebAssembly.Module | undefined;

/** A module that exports its only import, a function `(i32, i32) → ()`, so that it can enter a table. */
function hookShim(): WebAssembly.Module {
  shim ??= new WebAssembly.Module(
    // prettier-ignore
    new Uint8Array([
      0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
      0x01, 0x06, 0x01, 0x60, 0x02, 0x7f, 0x7f, 0x00,
      0x02, 0x0d, 0x01, 0x04, 0x68, 0x6f, 0x73, 0x74, 0x04, 0x68, 0x6f, 0x6f, 0x6b, 0x00, 0x00,
      0x07, 0x08, 0x01, 0x04, 0x68, 0x6f, 0x6f, 0x6b, 0x00, 0x00,
    ]),
  );
  return shim;
}
