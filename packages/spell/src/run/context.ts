import {
  defined,
  type Agent,
  type Auth,
  type Authorize,
  type ModelRef,
  type Models,
  type ToolRegistry,
} from "@llmspell/core";
import type {
  CoverageRecorder,
  Debugger,
  Engine,
  FunctionRef,
  Guest,
  GuestCallOptions,
  Limits,
  ScriptObject,
  ScriptValue,
  SourcePosition,
  Tenant,
} from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import type { AuditLog } from "../door/audit.js";
import { formatGrant, type Grant, type Grants } from "../door/capabilities.js";
import type { Door } from "../door/door.js";
import type { HandleTable } from "../door/handles.js";
import type { Account } from "./account.js";
import { inCallScope } from "./call-scope.js";
import type { Manifest } from "../manifest/manifest.js";
import type { RunResult } from "./run.js";
import type { SpellModules } from "./spell-modules.js";

export type LogLevel = "debug" | "info" | "warn" | "error";
export type LogListener = (level: LogLevel, message: string, context: ScriptObject | undefined) => void;

/** What is known about the spell that runs. */
export interface SpellInfo {
  readonly name: string;
  readonly file: string;
  readonly runId: string;
  readonly engine: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly params: ScriptObject;
  /** The run that composed it, and how many there are above it. */
  readonly parent?: { readonly runId: string; readonly depth: number };
}

/** A spell that another one runs. */
export interface ChildSpell {
  readonly source: string;
  readonly file: string;
  readonly name: string;
  readonly params: Readonly<Record<string, ScriptValue>>;
  readonly grants: readonly Grant[];
  readonly limits: Partial<Limits>;
  readonly signal: AbortSignal;
}

/** What a run is made of, besides its guest. */
type RunServices = Pick<
  RunContext,
  | "info"
  | "engine"
  | "grants"
  | "audit"
  | "handles"
  | "models"
  | "tools"
  | "log"
  | "progress"
  | "root"
  | "storage"
  | "settings"
  | "runChild"
  | "engineFor"
  | "auth"
  | "tenant"
>;

/** Everything the functions of one run share. Nothing of it is visible to the guest. */
export class RunContext {
  readonly info: SpellInfo;
  /** What the spell runs on; its scripts run in guests of their own on it. */
  readonly engine: Engine;
  readonly grants: Grants;
  readonly audit: AuditLog;
  readonly handles: HandleTable;
  readonly models: Models;
  readonly tools: ToolRegistry;
  readonly log: LogListener;
  /** Told what the run is doing, for a progress line. */
  readonly progress: (step: string) => void;
  /** The folder that file capabilities are relative to. */
  readonly root: string;
  /** The database file of what outlives the run; without one it is kept in memory, for this run. */
  readonly storage: string | undefined;
  /** Whoever debugs the run; `debug.breakpoint` stops there. */
  debugger: Pick<Debugger, "pause"> | undefined;
  /** Counts the lines that run, where somebody wants to know. */
  coverage: CoverageRecorder | undefined;
  /** What the host lets spells know of its configuration. */
  readonly settings: ScriptObject;
  /** Users, sessions and keys of the host, if it has any. */
  readonly auth: Auth | undefined;
  /** Whom the run belongs to; so do the guests that work for it. */
  readonly tenant: Tenant | undefined;
  /** Runs another spell, which the run pays for. */
  readonly runChild: (child: ChildSpell) => Promise<RunResult>;
  /** The engine for a file, by its name. @throws SpellError `UNSUPPORTED`. */
  readonly engineFor: (file: string) => Promise<Engine>;
  /** What the spell has said of itself by `spell.init`. */
  declared: Manifest | undefined;
  /** The parameters as the spell has them. */
  params: ScriptObject;
  /** What `spell.output` gave as the result of the run, or what will make it. */
  output: ScriptValue | (() => Promise<ScriptValue>) | undefined;
  #door: Door | undefined;
  #modules: SpellModules | undefined;
  #account: Account | undefined;
  #guest: Guest | undefined;
  #agents = 0;
  readonly #settles: (() => Promise<unknown>)[] = [];
  readonly #ends = new Set<() => unknown>();
  #isOver = false;

  constructor(services: RunServices) {
    this.info = services.info;
    this.engine = services.engine;
    this.grants = services.grants;
    this.audit = services.audit;
    this.handles = services.handles;
    this.models = services.models;
    this.tools = services.tools;
    this.log = services.log;
    this.progress = services.progress;
    this.root = services.root;
    this.storage = services.storage;
    this.settings = services.settings;
    this.runChild = services.runChild;
    this.engineFor = services.engineFor;
    this.auth = services.auth;
    this.tenant = services.tenant;
    this.params = services.info.params;
  }

  /** Calls `end` when the run is over; the latest first. The function that it gives takes that back. */
  onEnd(end: () => unknown): () => void {
    this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  /** Waits for `settle` when the spell has come to its end and its guest is still there. */
  onSettle(settle: () => Promise<unknown>): void {
    this.#settles.push(settle);
  }

  /** Waits until what the spell has set going, and does not wait for itself, is done. */
  async settle(): Promise<void> {
    await Promise.all(this.#settles.map((settle) => settle()));
  }

  /** Whether its end has begun: what opens anything now would leave it open. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends what the run has begun. Nothing of it keeps the others from ending. */
  async end(): Promise<void> {
    this.#isOver = true;
    for (let end = [...this.#ends].at(-1); end !== undefined; end = [...this.#ends].at(-1)) {
      this.#ends.delete(end);
      try {
        await end();
      } catch (error) {
        this.log("warn", toSpellError(error).message, undefined);
      }
    }
    this.handles[Symbol.dispose]();
  }

  /** The result of the run, whose spell has returned `value`. */
  async result(value: ScriptValue): Promise<ScriptValue> {
    const { output = value } = this;
    return typeof output === "function" ? await output() : output;
  }

  /** Milliseconds since it began. */
  get elapsedMs(): number {
    return Date.now() - this.info.startedAt;
  }

  /** Gives the run what itself belongs to a run. */
  equip({ door, modules }: { door: Door; modules: SpellModules }): void {
    this.#door = door;
    this.#modules = modules;
  }

  get door(): Door {
    if (this.#door === undefined) throw new SpellError("INVALID_STATE", "the run has no door yet");
    return this.#door;
  }

  get modules(): SpellModules {
    if (this.#modules === undefined) throw new SpellError("INVALID_STATE", "the run has no modules yet");
    return this.#modules;
  }

  /** What the spell and those who work for it use. */
  get account(): Account {
    if (this.#account === undefined) throw new SpellError("INVALID_STATE", "the run has no guest yet");
    return this.#account;
  }

  set account(account: Account) {
    this.#account = account;
    this.#guest = account.guest;
  }

  set guest(guest: Guest) {
    this.#guest = guest;
  }

  get guest(): Guest {
    if (this.#guest === undefined) throw new SpellError("INVALID_STATE", "the run has no guest yet");
    return this.#guest;
  }

  nextAgentId(): string {
    return `agent-${++this.#agents}`;
  }

  agents(): Agent[] {
    return this.handles.all<Agent>("Agent");
  }

  /** Allows or refuses a power that depends on a call's arguments, and writes it down. */
  authorize(
    fn: string,
    capability: string,
    scope?: string,
    // Finding it takes longer than all the rest, so only what is refused is looked up.
    where: () => SourcePosition | undefined = () => this.#guest?.position,
  ): void {
    const wanted = formatGrant(scope === undefined ? { capability } : { capability, scope });
    if (this.grants.allows(capability, scope)) {
      this.audit.add(fn, "allowed", wanted);
      return;
    }
    this.audit.deny(fn, wanted, where());
    this.grants.require(capability, scope, fn);
  }

  /** The same as a callback for the framework, which asks when the guest may no longer be calling. */
  authorizer(fn: string): Authorize {
    const position = this.#guest?.position;
    return ({ capability, scope }) => this.authorize(fn, capability, scope, () => position);
  }

  /** The model that `model` and `provider` name, if the run may ask it. Who may ask each model of a pool may ask the pool. */
  authorizeModel(fn: string, model?: string, provider?: string): ModelRef {
    const ref = this.models.resolve(model, provider);
    if (ref.provider !== "pool" || this.grants.allows("model", ref.id)) {
      this.authorize(fn, "model", ref.id);
      return ref;
    }
    for (const member of this.models.pools.get(ref.model).config.members)
      this.authorizeModel(fn, typeof member === "string" ? member : member.model);
    return ref;
  }

  /**
   * Calls a function of the spell from an operation that the spell waits for. When `signal`
   * aborts, the function is cancelled, and with it what it waits for at the host.
   */
  callGuest(fn: FunctionRef, args: readonly ScriptValue[], signal?: AbortSignal): Promise<ScriptValue> {
    return this.#callGuest(fn, args, defined({ signal }));
  }

  /** As {@link callGuest}, where nobody looks at the result: it may be what cannot leave the guest. */
  async tellGuest(fn: FunctionRef, args: readonly ScriptValue[], signal?: AbortSignal): Promise<void> {
    await this.#callGuest(fn, args, { discard: true, ...defined({ signal }) });
  }

  async #callGuest(fn: FunctionRef, args: readonly ScriptValue[], options: GuestCallOptions): Promise<ScriptValue> {
    const { signal } = options;
    // The operation may have begun in the middle of a turn; by the next microtask it is over.
    await Promise.resolve();
    signal?.throwIfAborted();
    const call = (): Promise<ScriptValue> => this.guest.call(fn, args, options).result();
    return await (signal === undefined ? call() : inCallScope(signal, call));
  }
}
