import {
  stateError,
  type GuestCallOptions,
  type CoverageRecorder,
  type DebugOptions,
  type Debugger,
  type Engine,
  type FunctionRef,
  type GuestOptions,
  type GuestUsage,
  type Lease,
  type Limits,
  type Profiler,
  type ProfilerOptions,
  type RunOptions,
  type ScriptValue,
  type SourcePosition,
  type Task,
  type WeakFunctionRef,
  type WeakFunctionRefs,
} from "@llmspell/engine";
import {
  ImageGuest,
  Operations,
  Sources,
  StuckWatch,
  TaskTable,
  cancelWith,
  type GuestServices,
} from "@llmspell/engine/guest-kit";
import type { ChunkCache } from "./chunk-cache.js";
import { tuneCollector } from "./collector.js";
import { startCoverage } from "./debug/coverage.js";
import { startProfiler } from "./debug/profiler.js";
import { Denials } from "./denials.js";
import { GuestPort, type LuaGuestParts } from "./guest-port.js";
import type { LuaInstance } from "./instance.js";
import { Dispatch } from "./intrinsics.js";
import { LuaKeeper } from "./keeper.js";
import type { Job } from "./library-calls.js";
import type { LuaMemory } from "./memory.js";
import { positionIn } from "./position.js";
import { LuaRunner } from "./runner.js";
import type { SavedLuaGuest } from "./saved-guest.js";
import { LuaValues } from "./values.js";

/** One Lua state, leased on an instance of its own. */
export class LuaGuest extends ImageGuest<SavedLuaGuest, LuaMemory, LuaInstance> {
  protected readonly parts: LuaGuestParts;
  protected readonly runner: LuaRunner;
  readonly #port: GuestPort;

  constructor(
    engine: Engine,
    lease: Lease<LuaMemory, LuaInstance>,
    limits: Limits,
    options: GuestOptions,
    services: GuestServices<SavedLuaGuest>,
    chunks: ChunkCache | undefined,
  ) {
    super(engine, lease, limits, services);
    const {
      instance: lua,
      image: { image },
    } = lease;
    const { traps, seat, saved } = services;
    const host = options.host ?? {};
    const denials = options.onDenied && new Denials(options.onDenied, lua);
    const keeper = new LuaKeeper(lua, image, this.limits, { ...options, seat, denials, saved: saved?.guest.usage });
    const sources = new Sources();
    const operations = new Operations(
      this.limits,
      (id) => this.runner.turn(Dispatch.settle, id),
      (size) => keeper.lookAtPending(size),
    );
    this.parts = {
      guest: this,
      limits: this.limits,
      lua,
      image,
      host,
      values: new LuaValues(lua, image, this.limits, host, options.values),
      keeper,
      operations,
      tasks: new TaskTable(keeper, sources),
      sources,
      chunks,
      seat,
      traps,
      denials,
      stuck: new StuckWatch(host),
    };
    this.#port = new GuestPort(this.parts, options.warnings);
    this.runner = new LuaRunner(this.parts, this.#port);
    lua.port = this.#port;
    if (saved !== undefined) this.runner.load(saved.guest, saved.resume);
    else if (options.gc !== undefined) tuneCollector(lua, image, options.gc);
  }

  get position(): SourcePosition | undefined {
    const { calling } = this.#port;
    return calling === 0 ? undefined : positionIn(this.parts.lua, calling);
  }

  override get usage(): GuestUsage {
    return { warnings: this.#port.warnings.count, ...super.usage };
  }

  run(source: string, { name = "spell", part = false }: RunOptions = {}): Task {
    this.runner.life.check("run");
    this.runner.source = name;
    this.parts.sources.add(name, source);
    return this.#start(part ? Dispatch.part : Dispatch.run, { source, name });
  }

  reload(name: string, source: string): Task {
    this.runner.life.check("reload");
    const { sources } = this.parts;
    const before = sources.get(name);
    sources.set(name, source);
    const task = this.#start(Dispatch.reload, { source, name });
    task.result().catch(() => sources.set(name, before));
    return task;
  }

  call(fn: FunctionRef, args: readonly ScriptValue[] = [], { discard = false, signal }: GuestCallOptions = {}): Task {
    this.runner.life.check("call");
    const task = this.#start(Dispatch.call, { fn, args }, discard);
    return cancelWith(task, signal, (reason) => this.runner.cancel(task.id, reason));
  }

  #start(kind: number, job?: Job, discard = false): Task {
    const task = this.parts.tasks.add();
    task.discards = discard;
    if (job !== undefined) this.#port.library.assign(task.id, job);
    this.runner.turn(kind, task.id, task);
    return task;
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    this.runner.life.check("callSync");
    if (this.#port.calling === 0) {
      throw stateError("callSync", this.state, "it works only while the guest calls the host");
    }
    return this.#port.callSync(fn, args);
  }

  getGlobal(name: string): ScriptValue {
    const { lua, values } = this.parts;
    return this.runner.protected("getGlobal", (L) => {
      lua.pushText(L, name);
      lua.ex.lua_rawget(L, 1);
      return values.read(L, -1, name);
    });
  }

  setGlobal(name: string, value: ScriptValue): void {
    const { lua, values } = this.parts;
    this.runner.protected("setGlobal", (L) => {
      lua.pushText(L, name);
      values.push(L, value);
      lua.ex.lua_rawset(L, 1);
      return null;
    });
  }

  sameFunction(a: FunctionRef, b: FunctionRef): boolean {
    const { lua, values } = this.parts;
    return this.runner.protected("sameFunction", (L) => {
      values.push(L, a);
      values.push(L, b);
      return lua.ex.lua_rawequal(L, -1, -2) === 1;
    });
  }

  weakRef(fn: FunctionRef): WeakFunctionRef {
    this.runner.life.check("weakRef");
    return this.runner.weakFunctions().add(fn);
  }

  get weakRefs(): WeakFunctionRefs {
    return this.runner.weakFunctions();
  }

  expireHandles(): Task {
    this.runner.life.check("expireHandles");
    return this.#start(Dispatch.expire);
  }

  attachDebugger(options: DebugOptions = {}): Debugger {
    this.runner.life.check("attachDebugger");
    return this.runner.debugPort().attach(options);
  }

  startProfiler(options: ProfilerOptions = {}): Profiler {
    this.runner.life.check("startProfiler");
    return startProfiler(this.runner.debugPort().parts, options);
  }

  startCoverage(): CoverageRecorder {
    this.runner.life.check("startCoverage");
    return startCoverage(this.runner.debugPort().parts);
  }
}
