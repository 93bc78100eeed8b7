import { SpellError, toSpellError } from "@llmspell/errors";
import { Pending, type Bindings } from "../bindings.js";
import type { Profiler } from "../profile.js";
import type { Charge, Engine, Guest, GuestOptions, Host, Task, TaskUsage } from "../engine.js";
import type { Limits } from "../limits.js";
import type { ScriptModule } from "../script-module.js";
import type { FunctionRef, Handle, ScriptValue } from "../value.js";
import { GuestEnd } from "./ends.js";
import { BorrowedFunctions } from "./host-functions.js";
import type { Line } from "./line.js";
import type { Called, Inquiry, Message, OpenRequest, Progress, Request, WireOutcome } from "./protocol.js";

import { decode, decodeAll, decodeError, encode, encodeAll, encodeError } from "./wire.js";

/** Output that is kept to be sent with what comes next. */
const MAX_KEPT_OUTPUT = 16 * 1024;

/** The reason for which a guest ends here when the host has stopped it; the host knows the real one. */
const stopped = (): SpellError => new SpellError("CANCELLED", "the host has stopped the guest");

type Stream = "stdout" | "stderr";
type Use = Exclude<Request, OpenRequest | { type: "close" | "look" }>;

/** A guest in its own thread: drives an engine's guest as the host asks, and takes its host calls to the host. */
export class ServedGuest {
  readonly #engine: Engine;
  readonly #line: Line;
  readonly number: number;
  readonly #end: GuestEnd;
  readonly #operations = new Map<number, (outcome: WireOutcome) => void>();
  /** What cancels the calls that have not ended, by their task. */
  readonly #cancelling = new Map<number, AbortController>();
  /** Undefined when the engine has refused to make it. */
  readonly #guest: Guest | undefined;
  #refusal: SpellError | undefined;
  readonly #output: { stream: Stream; chunks: Uint8Array[]; bytes: number } = {
    stream: "stdout",
    chunks: [],
    bytes: 0,
  };
  #step = 0;
  readonly #profilers: Profiler[] = [];
  #isPaused = false;
  #willTell = false;
  #told: Progress | undefined;
  #isClosed = false;
  /** The number of the last trap that the host knows of. */
  #lastTrap: number;

  constructor(engine: Engine, line: Line, { guest, limits, parts, options }: OpenRequest, bindings: Bindings) {
    this.#line = line;
    this.number = guest;
    this.#end = new GuestEnd(
      limits.valueBytes,
      new BorrowedFunctions(
        (fn, args) => this.#callHost({ function: fn }, args),
        (fn, received) => {
          if (!this.#isClosed) this.#say({ type: "dropped", guest, fn, received });
        },
      ),
    );
    const host: Host = {
      ...(parts.call ? { call: (fn, args) => this.#callHost({ door: fn }, args) } : {}),
      ...(parts.loadModule ? { loadModule: (name, from) => this.#loadModule(name, from) } : {}),
      ...(parts.retain ? { retain: ({ kind, id }) => this.#say({ type: "retain", guest, kind, id }) } : {}),
      ...(parts.upgrade
        ? {
            upgrade: ({ kind, id }) => (this.#ask({ type: "upgrade", guest, kind, id }) as Handle | null) ?? undefined,
          }
        : {}),
      ...(parts.release
        ? {
            release: ({ kind, id }) => {
              if (!this.#isClosed) this.#say({ type: "release", guest, kind, id });
            },
          }
        : {}),
      ...(parts.warn ? { warn: (warning) => this.#say({ type: "warn", guest, warning }) } : {}),
      ...(parts.write ? { write: (stream, bytes) => this.#write(stream, bytes) } : {}),
      ...(parts.now ? { now: () => this.#now() } : {}),
      ...(parts.pause ? { pause: (resume) => this.#pause(resume) } : {}),
      interrupted: () => this.#interrupted(),
    };
    const listeners: Pick<GuestOptions, "onDenied" | "onAlert"> = {
      ...(parts.denied ? { onDenied: (denial) => this.#say({ type: "denied", guest, denial }) } : {}),
      ...(parts.alert ? { onAlert: (alert) => this.#say({ type: "alert", guest, alert }) } : {}),
    };
    this.#engine = engine;
    this.#lastTrap = engine.traps.at(-1)?.sequence ?? 0;
    try {
      this.#guest = engine.createGuest({ ...options, ...listeners, limits, bindings, host });
    } catch (thrown) {
      this.#refusal = toSpellError(thrown);
      this.#tellLater();
    }
  }

  handle(request: Use): void {
    if (request.type === "release") return this.#end.release(request.fn);
    this.#step = request.step;
    switch (request.type) {
      case "run":
        return this.#start(request.task, (guest) =>
          guest.run(request.source, { name: request.name, part: request.part }),
        );
      case "call": {
        const fn = decode(request.fn, this.#end);
        const args = decodeAll(request.args, this.#end);
        const cancelling = new AbortController();
        this.#cancelling.set(request.task, cancelling);
        const options = { discard: request.discard, signal: cancelling.signal };
        return this.#start(request.task, (guest) => guest.call(fn as FunctionRef, args, options));
      }
      case "cancel":
        this.#cancelling.get(request.task)?.abort(decodeError(request.reason, this.#end));
        return this.#tellLater();
      case "reload":
        return this.#start(request.task, (guest) => guest.reload(request.name, request.source));
      case "expireHandles":
        return this.#start(request.task, (guest) => guest.expireHandles());
      case "settle":
        this.#operations.get(request.operation)?.(request.outcome);
        this.#operations.delete(request.operation);
        return this.#tellLater();
      case "getGlobal":
        return this.#reply((guest) => guest.getGlobal(request.name), true);
      case "setGlobal":
        return this.#reply((guest) => {
          guest.setGlobal(request.name, decode(request.value, this.#end));
          return null;
        }, true);
      case "startProfiler":
      case "stopProfiler":
      case "sameFunction":
        return this.#reply((guest) => this.#inquire(guest, request), true);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#guest?.stop(stopped());
    this.#guest?.[Symbol.dispose]();
  }

  // What the host asks for

  #start(id: number, begin: (guest: Guest) => Task): void {
    const ended = (outcome: WireOutcome, usage?: TaskUsage): void => {
      this.#cancelling.delete(id);
      if (this.#isClosed) return;
      this.#say({ type: "ended", guest: this.number, task: id, outcome, usage, progress: this.#progress() });
    };
    const failed = (error: unknown, usage?: TaskUsage): void =>
      ended({ ok: false, error: encodeError(toSpellError(error), this.#end) }, usage);
    this.#tellLater();
    try {
      const task = begin(this.#usable());
      task.result().then(
        (value) => ended({ ok: true, value: encode(value, this.#end) }, task.usage),
        (error: unknown) => failed(error, task.usage),
      );
    } catch (thrown) {
      failed(thrown);
    }
  }

  updateLimits(limits: Partial<Limits>): void {
    if (this.#guest === undefined || this.#guest.state === "killed") return;
    this.#guest.updateLimits(limits);
    this.#tellLater();
  }

  charge(use: Charge): void {
    if (this.#guest === undefined || this.#guest.state === "killed") return;
    this.#guest.charge(use);
    this.#line.shared.usage = this.#guest.usage;
    this.#tellLater();
  }

  #usable(): Guest {
    if (this.#guest === undefined) throw this.#refusal;
    return this.#guest;
  }

  #reply(action: (guest: Guest) => ScriptValue, withProgress: boolean): void {
    let outcome: WireOutcome;
    try {
      outcome = { ok: true, value: encode(action(this.#usable()), this.#end) };
    } catch (thrown) {
      outcome = { ok: false, error: encodeError(toSpellError(thrown), this.#end) };
    }
    const progress = withProgress ? { progress: this.#progress() } : {};
    this.#say({ type: "reply", guest: this.number, outcome, ...progress });
  }

  // Where the guest is

  #progress(): Progress {
    const state = this.#guest === undefined ? "killed" : this.#isPaused ? "running" : this.#guest.state;
    const breach = state === "killed" ? { breach: encodeError(this.#breach(), this.#end) } : {};
    return { state, step: this.#step, ...breach, ...this.#trap() };
  }

  #trap(): Pick<Progress, "trap"> {
    const trap = this.#engine.traps.at(-1);
    if (trap === undefined || trap.sequence <= this.#lastTrap) return {};
    this.#lastTrap = trap.sequence;
    return { trap };
  }

  #breach(): SpellError {
    if (this.#refusal !== undefined) return this.#refusal;
    try {
      // Nothing runs any more: every use says why.
      this.#guest?.getGlobal("");
    } catch (thrown) {
      return toSpellError(thrown);
    }
    return new SpellError("INTERNAL", "the guest was killed without a reason");
  }

  /** Tells where the guest is when everything that is ready has happened. */
  #tellLater(): void {
    if (this.#willTell) return;
    this.#willTell = true;
    setImmediate(() => {
      this.#willTell = false;
      if (this.#isClosed) return;
      const progress = this.#progress();
      const isNews = progress.state !== this.#told?.state || progress.step !== this.#told.step;
      this.#told = progress;
      if (isNews) this.#say({ type: "progress", guest: this.number, progress });
    });
  }

  // What the guest asks for

  #say(message: Message): void {
    this.#flush();
    if (this.#guest !== undefined) this.#line.shared.usage = this.#guest.usage;
    this.#line.say(message);
  }

  #callHost(fn: Called, args: readonly ScriptValue[]): ScriptValue | Pending {
    const position = this.#guest?.position;
    const step = this.#step;
    return this.#ask({ type: "hostCall", guest: this.number, step, fn, args: encodeAll(args, this.#end), position });
  }

  #loadModule(name: string, from: string): ScriptModule | undefined | Promise<ScriptModule | undefined> {
    const read = (value: ScriptValue | undefined): ScriptModule | undefined =>
      (value as ScriptModule | null | undefined) ?? undefined;
    const answer = this.#ask({ type: "loadModule", guest: this.number, name, from });
    return answer instanceof Pending ? answer.promise.then(read) : read(answer);
  }

  /** Stands still until the host has answered, and calls the functions that it asks for meanwhile. */
  #ask(question: Message): ScriptValue | Pending {
    this.#say(question);
    for (;;) {
      const answer = this.#line.nextAnswer();
      switch (answer.type) {
        case "answer":
          return this.#take(answer.outcome);
        case "pending":
          return this.#wait(answer.operation);
        case "callSync": {
          const fn = decode(answer.fn, this.#end) as FunctionRef;
          const args = decodeAll(answer.args, this.#end);
          this.#reply((guest) => guest.callSync(fn, args), false);
          break;
        }
        case "startProfiler":
        case "stopProfiler":
        case "sameFunction":
          this.#reply((guest) => this.#inquire(guest, answer), false);
          break;
        default:
          throw this.#stop();
      }
    }
  }

  #inquire(guest: Guest, question: Inquiry): ScriptValue {
    switch (question.type) {
      case "startProfiler":
        return this.#profilers.push(guest.startProfiler(question.options)) - 1;
      case "stopProfiler":
        return this.#profilers[question.profiler]?.stop().stringify() ?? null;
      case "sameFunction": {
        const [a, b] = [question.a, question.b].map((fn) => decode(fn, this.#end) as FunctionRef);
        return guest.sameFunction(a as FunctionRef, b as FunctionRef);
      }
    }
  }

  #take(outcome: WireOutcome): ScriptValue {
    if (outcome.ok) return decode(outcome.value, this.#end);
    throw decodeError(outcome.error, this.#end);
  }

  #wait(operation: number): Pending {
    const promise = new Promise<ScriptValue>((resolve, reject) => {
      this.#operations.set(operation, (outcome) => {
        if (outcome.ok) resolve(decode(outcome.value, this.#end));
        else reject(decodeError(outcome.error, this.#end));
      });
    });
    return new Pending(promise, (reason) => {
      this.#operations.delete(operation);
      const error = encodeError(toSpellError(reason), this.#end);
      if (!this.#isClosed) this.#say({ type: "abort", guest: this.number, operation, reason: error });
    });
  }

  #stop(): SpellError {
    const reason = stopped();
    this.#guest?.stop(reason);
    return reason;
  }

  #now(): number {
    try {
      return Number(this.#ask({ type: "now", guest: this.number }));
    } catch {
      return 0; // stopped
    }
  }

  #write(stream: Stream, bytes: Uint8Array): void {
    const output = this.#output;
    if (output.stream !== stream) this.#flush();
    output.stream = stream;
    output.chunks.push(Uint8Array.from(bytes));
    output.bytes += bytes.length;
    if (output.bytes >= MAX_KEPT_OUTPUT) this.#flush();
  }

  #flush(): void {
    const { stream, chunks } = this.#output;
    if (chunks.length === 0) return;
    const bytes = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Uint8Array.from(Buffer.concat(chunks));
    this.#output.chunks = [];
    this.#output.bytes = 0;
    this.#line.say({ type: "write", guest: this.number, stream, bytes });
  }

  /** Between two slices this thread hears what the host has asked for. */
  #pause(resume: () => void): void {
    this.#isPaused = true;
    setImmediate(() => {
      this.#isPaused = false;
      resume();
      this.#tellLater();
    });
  }

  #interrupted(): SpellError | undefined {
    this.#line.look();
    this.#flush();
    if (this.#guest !== undefined) this.#line.shared.usage = this.#guest.usage;
    return this.#line.shared.stopped === this.number ? stopped() : undefined;
  }
}
