import {
  stateError,
  type GuestCallOptions,
  type CoverageRecorder,
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
  type Snapshot,
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
  Warnings,
  WeakFunctions,
  cancelWith,
  type GuestServices,
  type GuestSnapshot,
} from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import { CallStack } from "./debug/call-stack.js";
import { startCoverage } from "./debug/coverage.js";
import { startProfiler } from "./debug/profiler.js";
import { HostCalls } from "./host-calls.js";
import type { JsInstance } from "./instance.js";
import { JsKeeper } from "./keeper.js";
import { LibraryPort } from "./library-port.js";
import { Modules } from "./modules.js";
import type { JsMemory } from "./memory.js";
import { ValueReader } from "./read-values.js";
import { JsRunner, type JsGuestParts } from "./runner.js";
import type { SavedJsGuest } from "./saved-guest.js";
import { limitStack } from "./stack.js";
import { Owners } from "./owners.js";
import { TurnTasks } from "./turn-tasks.js";
import { Wire } from "./wire.js";
import { ValueWriter } from "./write-values.js";

/** One JavaScript context, leased on an instance of its own. */
export class JsGuest extends ImageGuest<SavedJsGuest, JsMemory, JsInstance> {
  protected readonly parts: JsGuestParts;
  protected readonly runner: JsRunner;
  readonly #calls: HostCalls;

  constructor(
    engine: Engine,
    lease: Lease<JsMemory, JsInstance>,
    limits: Limits,
    options: GuestOptions,
    services: GuestServices<SavedJsGuest>,
  ) {
    super(engine, lease, limits, services);
    const {
      instance: js,
      image: { image },
    } = lease;
    const { traps, seat, saved } = services;
    const host = options.host ?? {};
    const keeper = new JsKeeper(js, image, this.limits, { ...options, seat, saved: saved?.guest.usage });
    const values = new Wire(this.limits, host, options.values);
    const sources = new Sources();
    const tasks = new TaskTable(keeper, sources);
    const modules = new Modules(js, keeper, host, sources, this.limits, options.onDenied);
    const reader = new ValueReader(js, image, this.limits, values.handles);
    const writer = new ValueWriter(js, this.limits, options.values);
    const library = new LibraryPort({ js, image, keeper, values, reader, writer, modules, limits: this.limits });
    this.parts = {
      guest: this,
      limits: this.limits,
      js,
      host,
      values,
      reader,
      writer,
      keeper,
      operations: new Operations(
        this.limits,
        (id) => this.#settle(id),
        (size) => keeper.lookAtPending(size),
      ),
      tasks,
      turnTasks: new TurnTasks(tasks),
      owners: new Owners(),
      library,
      modules,
      weak: new WeakFunctions({
        keep: (id, fn) => this.runner.entered("weakRef", () => library.weakKeep(id, fn)),
        find: (id) => this.runner.entered("weakRef", () => library.weakFind(id)),
        forget: (id) => library.weakForget(id),
      }),
      warnings: new Warnings(host, options.warnings),
      sources,
      seat,
      traps,
      stuck: new StuckWatch(host),
    };
    this.#calls = new HostCalls(this.parts, options.onDenied);
    this.runner = new JsRunner(this.parts, this.#calls);
    js.port = this.#calls;
    if (saved === undefined) limitStack(js, this.limits);
    else this.runner.load(saved.guest, saved.resume);
  }

  get position(): SourcePosition | undefined {
    return this.#calls.calling ? this.parts.library.position() : undefined;
  }

  override get usage(): GuestUsage {
    return { warnings: this.parts.warnings.count, ...super.usage };
  }

  run(source: string, { name = "spell" }: RunOptions = {}): Task {
    this.runner.life.check("run");
    this.runner.source = name;
    this.parts.sources.add(name, source);
    const task = this.parts.tasks.add();
    return this.runner.turn(task, () => this.parts.library.run(task.id, source, name));
  }

  call(fn: FunctionRef, args: readonly ScriptValue[] = [], { discard = false, signal }: GuestCallOptions = {}): Task {
    this.runner.life.check("call");
    const task = this.parts.tasks.add();
    task.discards = discard;
    this.runner.turn(task, () => this.parts.library.call(task.id, fn, args));
    return cancelWith(task, signal, (reason) => this.runner.cancel(task.id, reason));
  }

  callSync(fn: FunctionRef, args: readonly ScriptValue[] = []): ScriptValue {
    this.runner.life.check("callSync");
    if (!this.#calls.calling) throw stateError("callSync", this.state, "it works only while the guest calls the host");
    return this.#calls.callBack(fn, args);
  }

  getGlobal(name: string): ScriptValue {
    this.runner.life.check("getGlobal");
    return this.runner.outside(() => this.parts.library.getGlobal(name));
  }

  setGlobal(name: string, value: ScriptValue): void {
    this.runner.life.check("setGlobal");
    this.runner.outside(() => this.parts.library.setGlobal(name, value));
  }

  override updateLimits(limits: Partial<Limits>): void {
    super.updateLimits(limits);
    if (this.state !== "running") limitStack(this.parts.js, this.limits);
  }

  override snapshot(): GuestSnapshot<SavedJsGuest> {
    this.runner.life.check("snapshot");
    if (this.parts.library.hasNews) this.runner.outside(() => this.parts.library.flush());
    return super.snapshot();
  }

  override rollback(snapshot: Snapshot): void {
    this.parts.library.coverage?.read();
    super.rollback(snapshot);
  }

  sameFunction(a: FunctionRef, b: FunctionRef): boolean {
    return this.runner.entered("sameFunction", () => this.parts.library.sameFunction(a, b));
  }

  weakRef(fn: FunctionRef): WeakFunctionRef {
    this.runner.life.check("weakRef");
    return this.parts.weak.add(fn);
  }

  get weakRefs(): WeakFunctionRefs {
    return this.parts.weak;
  }

  expireHandles(): Task {
    this.runner.life.check("expireHandles");
    const task = this.parts.tasks.add();
    return this.runner.turn(task, () => this.parts.library.expire(task.id));
  }

  reload(): Task {
    this.runner.life.check("reload");
    throw unsupported("reload modules");
  }

  attachDebugger(): Debugger {
    throw unsupported("be debugged");
  }

  startProfiler(options: ProfilerOptions = {}): Profiler {
    this.runner.life.check("startProfiler");
    const { js, keeper } = this.parts;
    return startProfiler(keeper, new CallStack(js), options);
  }

  startCoverage(): CoverageRecorder {
    this.runner.life.check("startCoverage");
    const { js, library, tasks } = this.parts;
    return startCoverage(js, library, () => tasks.nextId());
  }

  #settle(id: number): void {
    if (this.state !== "suspended") return;
    this.parts.owners.goesOn(id);
    this.runner.turn(undefined, () => this.parts.library.settle(id, this.parts.operations.take(id)));
  }
}

function unsupported(what: string): SpellError {
  return new SpellError("UNSUPPORTED", `a JavaScript guest cannot ${what} yet`);
}
