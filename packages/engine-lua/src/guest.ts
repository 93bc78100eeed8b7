import {
  checkLimits,
  stateError,
  type CoverageRecorder,
  type DebugOptions,
  type Debugger,
  type Engine,
  type ForkOptions,
  type FunctionRef,
  type Guest,
  type GuestOptions,
  type GuestState,
  type GuestUsage,
  type Host,
  type Lease,
  type Limits,
  type Profiler,
  type ProfilerOptions,
  type RunOptions,
  type ScriptValue,
  type Seat,
  type Snapshot,
  type SourcePosition,
  type Task,
  type TrapHistory,
  type WeakFunctionRef,
  type WeakFunctionRefs,
} from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { ChunkCache } from "./chunk-cache.js";
import { tuneCollector } from "./collector.js";
import { startCoverage } from "./debug/coverage.js";
import { startProfiler } from "./debug/profiler.js";
import { Denials } from "./denials.js";
import { GuestPort, type GuestParts } from "./guest-port.js";
import type { LuaInstance } from "./instance.js";
import { Dispatch } from "./intrinsics.js";
import { LimitKeeper } from "./keeper.js";
import type { Job } from "./library-calls.js";
import type { ImageMemory } from "./memory.js";
import { Operations, Sources, StuckWatch } from "@llmspell/engine/guest-kit";
import { positionIn } from "./position.js";
import { Runner, type Resume } from "./runner.js";
import type { SavedGuest } from "./saved-guest.js";
import { LuaSnapshot, ownSnapshot } from "./snapshot.js";
import { LuaValues } from "./values.js";

/** What its engine gives a guest beside its instance. */
export interface GuestServices {
  readonly traps: TrapHistory;
  readonly chunks: ChunkCache | undefined;
  /** Its place at its tenant. */
  readonly seat?: Seat | undefined;
  /** What the guest goes on from, and who takes up what it waited for. */
  readonly saved?: { readonly guest: SavedGuest; readonly resume?: Resume | undefined } | undefined;
  /** Another guest like this one, but for its host. */
  restore(snapshot: LuaSnapshot, host: Host, resume: Resume): Guest;
}

const disposedError = (): SpellError => new SpellError("CANCELLED", "the guest was disposed");
/** For guests of which nobody waits for anything: an error of its own would cost a fifth of a guest's whole life. */
const DISPOSED = disposedError();

/** One Lua state, leased on an instance of its own. */
export class LuaGuest implements Guest {
  readonly engine: Engine;
  readonly limits: Limits;
  readonly #lease: Lease<ImageMemory, LuaInstance>;
  readonly #services: GuestServices;
  readonly #parts: GuestParts;
  readonly #port: GuestPort;
  readonly #runner: Runner;

  constructor(
    engine: Engine,
    lease: Lease<ImageMemory, LuaInstance>,
    limits: Limits,
    options: GuestOptions,
    services: GuestServices,
  ) {
    const {
      instance: lua,
      image: { image },
    } = lease;
    const { traps, chunks, seat, saved } = services;
    this.engine = engine;
    this.limits = { ...limits };
    this.#lease = lease;
    this.#services = services;
    const host = options.host ?? {};
    const denials = options.onDenied && new Denials(options.onDenied, lua);
    const keeper = new LimitKeeper(lua, image, this.limits, { ...options, seat, denials, saved: saved?.guest.usage });
    const operations = new Operations(
      this.limits,
      (id) => this.#runner.turn(Dispatch.settle, id),
      (size) => keeper.lookAtPending(size),
    );
    this.#parts = {
      guest: this,
      limits: this.limits,
      lua,
      image,
      host,
      values: new LuaValues(lua, image, this.limits, host, options.values),
      keeper,
      operations,
      sources: new Sources(),
      chunks,
      seat,
      denials,
      stuck: new StuckWatch(host),
    };
    this.#port = new GuestPort(this.#parts, options.warnings);
    this.#runner = new Runner(this.#parts, this.#port, traps);
    lua.port = this.#port;
    if (saved !== undefined) this.#runner.load(saved.guest, saved.resume);
    else if (options.gc !== undefined) tuneCollector(lua, image, options.gc);
  }

  get state(): GuestState {
    return this.#runner.life.state;
  }

  get position(): SourcePosition | undefined {
    const { calling } = this.#port;
    return calling === 0 ? undefined : positionIn(this.#parts.lua, calling);
  }

  get usage(): GuestUsage {
    const { keeper, operations } = this.#parts;
    const { fuel, hostCalls, outputBytes } = keeper;
    const memoryBytes = this.state === "disposed" ? 0 : keeper.memoryBytes();
    return {
      fuel: fuel.used,
      memoryBytes,
      peakMemoryBytes: keeper.peakMemory,
      hostCalls,
      pendingCalls: operations.size,
      outputBytes,
      warnings: this.#port.warnings.count,
    };
  }

  run(source: string, { name = "spell" }: RunOptions = {}): Task {
    this.#runner.life.check("run");
    this.#runner.source = name;
    this.#parts.sources.add(name, source);
    return this.#start(Dispatch.run, { source, name });
  }

  reload(name: string, source: string): Task {
    this.#runner.life.check("reload");
    const { sources } = this.#parts;
    const before = sources.get(name);
    sources.set(name, source);
    const task = this.#start(Dispatch.reload, { source, name });
    task.result().catch(() => sources.set(name, before));
    return task;
  }

  call(fn: FunctionRef, args: readonly ScriptValue[] = []): Task {
    this.#runner.life.check("call");
    return this.#start(Dispatch.call, { fn, args });
  }

  #start(kind: number, job?: Job): Task {
    const id = ++this.#port.lastId;
    const task = this.#port.library.add(id, job);
    this.#runner.turn(kind, id, task);
    return task;
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    this.#runner.life.check("callSync");
    if (this.#port.calling === 0) {
      throw stateError("callSync", this.state, "it works only while the guest calls the host");
    }
    return this.#port.callSync(fn, args);
  }

  getGlobal(name: string): ScriptValue {
    const { lua, values } = this.#parts;
    return this.#runner.protected("getGlobal", (L) => {
      lua.pushText(L, name);
      lua.ex.lua_rawget(L, 1);
      return values.read(L, -1, name);
    });
  }

  setGlobal(name: string, value: ScriptValue): void {
    const { lua, values } = this.#parts;
    this.#runner.protected("setGlobal", (L) => {
      lua.pushText(L, name);
      values.push(L, value);
      lua.ex.lua_rawset(L, 1);
      return null;
    });
  }

  updateLimits(limits: Partial<Limits>): void {
    this.#runner.life.check("updateLimits");
    Object.assign(this.limits, checkLimits(limits));
    this.#parts.keeper.changed();
    if (this.state === "suspended") this.#runner.setAlarm();
  }

  stop(reason: SpellError): void {
    if (this.state === "running") this.#parts.keeper.breakOff(reason);
    else if (this.state !== "disposed") this.#runner.end(reason);
  }

  get tasks(): ReadonlyMap<number, Task> {
    return this.#port.library.tasks;
  }

  functionRef(id: number): FunctionRef {
    this.#runner.life.check("functionRef");
    return this.#parts.values.functionRef(id);
  }

  weakRef(fn: FunctionRef): WeakFunctionRef {
    this.#runner.life.check("weakRef");
    return this.#runner.weakFunctions().add(fn);
  }

  get weakRefs(): WeakFunctionRefs {
    return this.#runner.weakFunctions();
  }

  expireHandles(): Task {
    this.#runner.life.check("expireHandles");
    return this.#start(Dispatch.expire);
  }

  snapshot(): LuaSnapshot {
    this.#runner.life.check("snapshot");
    const { lua, keeper, operations, values } = this.#parts;
    const { image: memory } = this.#lease;
    return new LuaSnapshot(this.engine.hash, memory.base, memory.capture(lua), {
      ...this.#runner.save(),
      limits: { ...this.limits },
      lastId: this.#port.lastId,
      usage: keeper.save(),
      library: this.#port.library.save(),
      operations: operations.save(),
      values: values.save(),
    });
  }

  rollback(snapshot: Snapshot): void {
    this.#runner.life.check("rollback");
    const { lua, seat } = this.#parts;
    const { image: memory } = this.#lease;
    const { guest: saved, memory: delta } = ownSnapshot(snapshot).checkFits({
      engineHash: this.engine.hash,
      base: memory.base,
    });
    if (delta.byteLength > lua.memoryBytes && seat?.hold(delta.byteLength) === false) throw seat.refusal();
    const { $fuel } = lua.ex;
    const left = $fuel.value;
    memory.restore(lua, delta);
    $fuel.value = left;
    this.#runner.load(saved);
  }

  fork(count: number, { host }: ForkOptions = {}): Guest[] {
    this.#runner.life.check("fork");
    if (!(Number.isInteger(count) && count > 0)) {
      throw new SpellError("INVALID_ARGUMENT", `a guest is forked into a positive number of guests, not ${count}`);
    }
    const snapshot = this.snapshot();
    const guests: Guest[] = [];
    try {
      for (let i = 0; i < count; i++) {
        const share: Resume = ({ operation }) => this.#parts.operations.share(operation);
        const guest = this.#services.restore(snapshot, host?.(i) ?? this.#parts.host, share);
        guests.push(guest);
        if (guest instanceof LuaGuest) guest.#parts.sources.adopt(this.#parts.sources);
      }
    } catch (thrown) {
      for (const guest of guests) guest[Symbol.dispose]();
      throw thrown;
    }
    return guests;
  }

  attachDebugger(options: DebugOptions = {}): Debugger {
    this.#runner.life.check("attachDebugger");
    return this.#runner.debugPort().attach(options);
  }

  startProfiler(options: ProfilerOptions = {}): Profiler {
    this.#runner.life.check("startProfiler");
    return startProfiler(this.#runner.debugPort().parts, options);
  }

  startCoverage(): CoverageRecorder {
    this.#runner.life.check("startCoverage");
    return startCoverage(this.#runner.debugPort().parts);
  }

  [Symbol.dispose](): void {
    const { life, trapped } = this.#runner;
    life.check("dispose");
    if (life.state === "disposed") return;
    const { lua, keeper, seat, operations } = this.#parts;
    const isQuiet = operations.size === 0 && this.tasks.size === 0;
    this.#runner.end(isQuiet ? DISPOSED : disposedError());
    life.to("disposed");
    keeper.fuel.close();
    lua.port = undefined;
    seat?.leave();
    this.#lease.release(trapped);
  }
}
