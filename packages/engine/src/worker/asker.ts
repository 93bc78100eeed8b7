import { AsyncLocalStorage } from "node:async_hooks";
import { SpellError } from "@llmspell/errors";
import { limitError, type Limits } from "../limits.js";
import type { ScriptValue } from "../value.js";
import type { HostEnd } from "./ends.js";
import { Fence } from "./fence.js";
import type { Answer, Inquiry, Job, Question, Request, WireOutcome } from "./protocol.js";
import type { GuestThread } from "./thread.js";
import { decode, decodeError } from "./wire.js";

/** The guest that is asked, as it is now. */
export interface Asked {
  readonly end: HostEnd;
  readonly limits: Limits;
  /** Whether it stands still in a call of the host. */
  readonly isServing: boolean;
  /** Why it has ended, if it has. */
  readonly breach: SpellError | undefined;
  onStuck(stuck: boolean): void;
}

/** What the host asks of one guest in its thread: step by step, and until when it waits. */
export class Asker {
  readonly #thread: GuestThread;
  readonly #number: number;
  readonly #guest: Asked;
  /** Runs code in the asynchronous context of a request, by its step: what the guest then asks for belongs to it. */
  readonly #contexts = new Map<number, <R>(work: () => R) => R>();
  /** The last request that may make guest code run, and the last of them that is known to be done. */
  #asked = 0;
  #done = 0;
  #reply: WireOutcome | undefined;
  #isOver = false;
  #beganAt: number | undefined;
  #askedAt = 0;
  readonly #fence: Fence;

  /** @param number of the guest in its thread. */
  constructor(thread: GuestThread, number: number, guest: Asked) {
    this.#thread = thread;
    this.#number = number;
    this.#guest = guest;
    this.#fence = new Fence(
      () => guest.limits.timeMs,
      () => this.#msLeft(),
      () => this.#runOut(),
    );
  }

  /** Whether something is asked for that is not known to be done. */
  get isBusy(): boolean {
    return this.#asked !== this.#done;
  }

  send(request: Request): void {
    if (!this.#isOver) this.#thread.request(request);
  }

  /** What a request has that may make guest code run. */
  step(): { guest: number; step: number } {
    this.#contexts.set(++this.#asked, AsyncLocalStorage.snapshot());
    return { guest: this.#number, step: this.#asked };
  }

  /** Starts a task; the process and the last fence wait for it until there is {@link rest}. */
  start(task: number, job: Job): void {
    this.send({ ...this.step(), task, ...job });
    this.#asks();
    this.#thread.keepsAlive(true);
    this.#fence.set();
  }

  ask(question: Question): ScriptValue {
    this.send({ ...this.step(), ...question });
    this.#asks();
    return this.#waitForReply();
  }

  /** Also of a guest that stands still in a host call. */
  inquire(question: Inquiry): ScriptValue {
    return this.#guest.isServing ? this.askInside(question) : this.ask(question);
  }

  /** Of a guest that stands still in a host call. */
  askInside(question: Inquiry | Extract<Answer, { type: "callSync" }>): ScriptValue {
    this.#asks();
    this.#thread.answer(question);
    return this.#waitForReply();
  }

  /** Does `work` in what the host was in when it made the request of this step. */
  within(step: number, work: () => void): void {
    (this.#contexts.get(step) ?? ((run) => run()))(work);
  }

  // What comes back

  replied(outcome: WireOutcome): void {
    this.#reply = outcome;
  }

  /** The guest has done everything up to `step`; one that was killed does nothing of what was asked meanwhile. */
  caughtUp(step: number, isKilled: boolean): void {
    this.#done = isKilled ? this.#asked : step;
    for (const earlier of this.#contexts.keys()) if (earlier < step) this.#contexts.delete(earlier);
  }

  /** Limits have changed. */
  look(hasTasks: boolean): void {
    this.send({ type: "look", guest: this.#number });
    this.#fence.clear();
    if (hasTasks) this.#fence.set();
  }

  /** No task is left. */
  rest(): void {
    this.#thread.keepsAlive(false);
    this.#fence.clear();
  }

  /** The guest has ended: whoever waits for a reply gets none, and nothing is sent any more. */
  close(): void {
    this.#isOver = true;
    this.#fence.clear();
    this.#contexts.clear();
  }

  #waitForReply(): ScriptValue {
    const outer = this.#takeReply();
    let toldStuck = false;
    this.#thread.block(
      () => this.#reply !== undefined || this.#isOver,
      () => this.#msLeft(),
      () => {
        if (!toldStuck) this.#guest.onStuck((toldStuck = true));
      },
    );
    if (toldStuck) this.#guest.onStuck(false);
    const reply = this.#takeReply();
    this.#reply = outer;
    if (reply === undefined) throw this.#guest.breach ?? this.#runOut();
    if (reply.ok) return decode(reply.value, this.#guest.end);
    throw decodeError(reply.error, this.#guest.end);
  }

  #takeReply(): WireOutcome | undefined {
    const reply = this.#reply;
    this.#reply = undefined;
    return reply;
  }

  // The last fence

  /** However late a request comes, the guest may begin with it. */
  #msLeft(): number {
    const { timeMs } = this.#guest.limits;
    return Math.max(this.#thread.msLeft(this.#beganAt ?? 0, timeMs), this.#thread.msLeft(this.#askedAt, 0));
  }

  #asks(): void {
    this.#askedAt = performance.now();
    this.#beganAt ??= this.#askedAt;
  }

  /** The guest has not ended at its time limit by itself. */
  #runOut(): SpellError {
    const reason = this.#thread.isUp
      ? limitError("timeMs", this.#guest.limits)
      : new SpellError("INTERNAL", "the spell's thread did not start");
    this.#thread.kill(reason);
    return reason;
  }
}
