import {
  MessageChannel,
  Worker,
  receiveMessageOnPort,
  type MessagePort,
  type ResourceLimits,
} from "node:worker_threads";
import { SpellError, isSpellError } from "@llmspell/errors";
import { SharedState, Signal, type Answer, type Message, type Request, type ThreadStart } from "./protocol.js";
import { decodeError } from "./wire.js";
import { HostEnd } from "./ends.js";

export interface ThreadOptions {
  /** The module that serves the engine. */
  readonly module: URL;
  readonly data: unknown;
  readonly resourceLimits: ResourceLimits;
  /** How long a guest may take to end by itself. */
  readonly graceMs: number;
}

/** The guest of a thread, as its thread sees it. */
export interface ThreadGuest {
  receive(message: Message): void;
  /** The thread has ended under it. */
  died(reason: SpellError): void;
}

/** Told what a thread can be used for. */
export interface ThreadOwner {
  /** It can take another guest. */
  free(thread: GuestThread): void;
  /** It takes no guest any more. */
  lost(thread: GuestThread): void;
  /** It has ended. */
  gone(thread: GuestThread): void;
}

/** How long a thread may take to start. */
const START_MS = 30_000;
/** How often a blocked host looks whether the thread is still there. */
const PROBE_MS = 100;

/** One thread, which serves one guest at a time. */
export class GuestThread {
  readonly shared = new SharedState();
  /** The bindings it knows, by number. */
  readonly bindings = new Set<number>();
  readonly #worker: Worker;
  readonly #requests: MessagePort;
  readonly #answers: MessagePort;
  readonly #owner: ThreadOwner;
  readonly #graceMs: number;
  readonly #startedAt = performance.now();
  #upAt: number | undefined;
  #guest: ThreadGuest | undefined;
  #number = 0;
  #grace: NodeJS.Timeout | undefined;
  #death: SpellError | undefined;

  constructor({ module, data, resourceLimits, graceMs }: ThreadOptions, owner: ThreadOwner) {
    this.#owner = owner;
    this.#graceMs = graceMs;
    const [requests, answers] = [new MessageChannel(), new MessageChannel()];
    this.#requests = requests.port1;
    this.#answers = answers.port1;
    const start: ThreadStart = {
      requests: requests.port2,
      answers: answers.port2,
      shared: this.shared.buffer,
      data,
    };
    // Nothing of this process: no environment, arguments, options or streams.
    this.#worker = new Worker(module, {
      name: "llmspell guest",
      env: {},
      argv: [],
      execArgv: [],
      stdin: false,
      // Nobody reads these: doing so would keep the process alive.
      stdout: true,
      stderr: true,
      resourceLimits,
      workerData: start,
      transferList: [requests.port2, answers.port2],
    });
    this.#worker.on("error", (error) => this.#endAfterMessages(deathOf(error)));
    this.#worker.on("exit", () => {
      this.#endAfterMessages(endedByItself());
      this.#end();
      this.#owner.gone(this);
    });
    this.#requests.on("message", (message: Message) => this.#receive(message));
    this.#requests.on("messageerror", (error) => this.kill(deathOf(error)));
    this.keepsAlive(false);
  }

  /** Whether the process waits for this thread. */
  keepsAlive(on: boolean): void {
    for (const part of [this.#worker, this.#requests]) {
      if (on) part.ref();
      else part.unref();
    }
  }

  /** Takes a guest; returns its number. */
  take(guest: ThreadGuest): number {
    this.#guest = guest;
    return ++this.#number;
  }

  request(request: Request): void {
    this.#requests.postMessage(request);
  }

  answer(answer: Answer): void {
    this.#answers.postMessage(answer);
    this.shared.raise(Signal.answers);
  }

  /** When a limit of so many milliseconds is over, counted from `began`; the thread's own start does not count. */
  msLeft(began: number, ms: number): number {
    const now = performance.now();
    if (this.#upAt === undefined) return this.#startedAt + START_MS - now;
    return Math.max(began, this.#upAt) + ms + this.#graceMs - now;
  }

  get isUp(): boolean {
    return this.#upAt !== undefined;
  }

  /**
   * Blocks this thread until `done`, and serves what the guest asks meanwhile.
   * Returns early when the time is over or the thread has ended.
   *
   * @param onBlocked is called when that has lasted for a while.
   */
  block(done: () => boolean, msLeft: () => number, onBlocked: () => void): void {
    for (;;) {
      const seen = this.shared.count(Signal.messages);
      if (this.#receiveWaiting(done)) return;
      const left = msLeft();
      if (left <= 0 || this.#death !== undefined) return;
      this.shared.wait(Signal.messages, seen, Math.min(left, PROBE_MS));
      if (this.shared.count(Signal.messages) !== seen) continue;
      onBlocked();
      this.#probe();
    }
  }

  /** Receives what has been said, until `done`. */
  #receiveWaiting(done: () => boolean): boolean {
    while (!done()) {
      const waiting = receiveMessageOnPort(this.#requests) as { message: Message } | undefined;
      if (waiting === undefined) return false;
      this.#receive(waiting.message);
    }
    return true;
  }

  /** No event tells a blocked thread that another one has ended. */
  #probe(): void {
    // Returns false when nobody has the other end any more.
    const heard: unknown = this.#answers.postMessage({ type: "ping" } satisfies Answer);
    if (heard === false || this.shared.count(Signal.left) > 0) this.kill(endedByItself());
  }

  #receive(message: Message): void {
    if (this.#death !== undefined) {
      if (message.type === "up") this.#end();
    } else if (message.type === "up") {
      this.#upAt = performance.now();
      if (message.failed !== undefined) this.kill(decodeError(message.failed, NO_GUEST));
    } else if (message.guest === this.#number && this.#guest !== undefined) {
      this.#guest.receive(message);
    } else if (message.type === "closed" && message.guest === this.#number) {
      this.#free();
    } else if (message.type === "hostCall" || message.type === "loadModule" || message.type === "now") {
      this.answer({ type: "stopped" });
    }
  }

  /**
   * Its guest has ended. Unless no code of it runs, the thread is used again only
   * when it has left that code, and killed when it does not.
   */
  release(isQuiet: boolean): void {
    if (this.#guest === undefined) return;
    this.#guest = undefined;
    this.keepsAlive(false);
    if (this.#death !== undefined) return;
    if (!isQuiet) this.shared.stopped = this.#number;
    this.request({ type: "close", guest: this.#number });
    if (isQuiet) return this.#owner.free(this);
    const grace = setTimeout(() => {
      // When this thread was busy, it hears only now that the guest was out of its code in time: that comes first.
      setImmediate(() => {
        if (this.#grace === grace) this.kill();
      });
    }, this.#graceMs);
    this.#grace = grace.unref();
  }

  #free(): void {
    if (this.#grace === undefined) return;
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.#owner.free(this);
  }

  /** What it has said before its end still counts. */
  #endAfterMessages(reason: SpellError): void {
    if (this.#death !== undefined) return;
    this.#receiveWaiting(() => false);
    this.kill(reason);
  }

  /** Ends the thread, whatever it does. It is dead from here on, though it may end later. */
  kill(reason = new SpellError("CANCELLED", "the spell's thread was ended")): void {
    if (this.#death !== undefined) return;
    this.#death = reason;
    clearTimeout(this.#grace);
    if (this.isUp) this.#end();
    else this.#endOnceUp();
    this.#owner.lost(this);
    this.#guest?.died(reason);
  }

  /** Node never closes the file that a thread was opening when it was terminated (seen with 20.20). */
  #endOnceUp(): void {
    this.shared.stopped = this.#number;
    this.keepsAlive(false);
    this.#grace = setTimeout(() => this.#end(), START_MS).unref();
  }

  #end(): void {
    clearTimeout(this.#grace);
    this.#requests.close();
    this.#answers.close();
    void this.#worker.terminate();
  }
}

/** For messages before the first guest, which hold no functions. */
const NO_GUEST = new HostEnd(Infinity, () => {});

const endedByItself = (): SpellError => new SpellError("INTERNAL", "the spell's thread ended by itself");

function deathOf(error: unknown): SpellError {
  if (isSpellError(error)) return error;
  if ((error as { code?: unknown }).code === "ERR_WORKER_OUT_OF_MEMORY")
    return new SpellError("LIMIT_MEMORY", "the spell's thread ran out of memory");
  return new SpellError("INTERNAL", "the spell's thread failed", { cause: error });
}
