import { SpellError, isSpellError } from "@llmspell/errors";
import type { Alert } from "../alerts.js";
import { Pending } from "../bindings.js";
import type { SourcePosition } from "../denials.js";
import type { Guest, GuestOptions, Host } from "../engine.js";
import type { AlertLimit } from "../limits.js";
import { Handle, WeakHandle, type ScriptValue } from "../value.js";
import type { HostEnd } from "./ends.js";
import { abortCall } from "./pending-calls.js";
import type { Answer, Called, HostParts, Message } from "./protocol.js";
import { hostFailure } from "../host-failure.js";
import { decodeAll, encode, encodeError } from "./wire.js";

/** Who a guest in another thread talks to, here. */
export type Listeners = Pick<GuestOptions, "host" | "onAlert" | "onDenied">;

/** The guest that a {@link HostServer} serves. */
export interface Served {
  readonly guest: Guest;
  readonly end: HostEnd;
  /** Why the guest has ended, if it has. */
  readonly breach: SpellError | undefined;
  answer(answer: Answer): void;
  /** Does `work` in what the host was in when it made the request of this step. */
  within(step: number, work: () => void): void;
  /** Waits for an answer; returns its number. */
  await(pending: Pending): number;
  finish(reason: SpellError): void;
}

export function partsOf({ host = {}, onDenied, onAlert }: Listeners): HostParts {
  return {
    call: host.call !== undefined,
    loadModule: host.loadModule !== undefined,
    write: host.write !== undefined,
    warn: host.warn !== undefined,
    retain: host.retain !== undefined,
    release: host.release !== undefined,
    upgrade: host.upgrade !== undefined,
    now: host.now !== undefined,
    pause: host.pause !== undefined,
    denied: onDenied !== undefined,
    alert: onAlert !== undefined,
  };
}

/** Does what a guest in another thread asks of its host. */
export class HostServer {
  readonly #served: Served;
  readonly #listeners: Listeners;
  readonly #host: Host;
  /** Calls that are being answered right now, one inside the other. */
  #depth = 0;
  #position: SourcePosition | undefined;

  constructor(served: Served, listeners: Listeners) {
    this.#served = served;
    this.#listeners = listeners;
    this.#host = listeners.host ?? {};
  }

  /** Whether the guest stands still in a call of the host. */
  get isServing(): boolean {
    return this.#depth > 0;
  }

  get position(): SourcePosition | undefined {
    return this.isServing ? this.#position : undefined;
  }

  /** Does what `message` asks for; false when that is nothing of the host's. */
  receive(message: Message): boolean {
    switch (message.type) {
      case "hostCall":
        this.#served.within(message.step, () =>
          this.#answer(message.position, () => this.#call(message.fn, decodeAll(message.args, this.#served.end))),
        );
        return true;
      case "loadModule":
        this.#answer(undefined, () => this.#loadModule(message.name, message.from));
        return true;
      case "upgrade":
        this.#answer(undefined, () => this.#host.upgrade?.(new WeakHandle(message.kind, message.id)));
        return true;
      case "now":
        this.#tellTime();
        return true;
      case "write":
        this.#tell(() => this.#host.write?.(message.stream, message.bytes));
        return true;
      case "warn":
        this.#tell(() => this.#host.warn?.(message.warning));
        return true;
      case "retain":
        this.#tell(() => this.#host.retain?.(new Handle(message.kind, message.id)));
        return true;
      case "release":
        this.#tell(() => this.#host.release?.(new Handle(message.kind, message.id)));
        return true;
      case "dropped":
        this.#served.end.lent.dropped(message.fn, message.received);
        return true;
      case "denied":
        quietly(() => this.#listeners.onDenied?.(message.denial));
        return true;
      case "alert":
        quietly(() => this.#listeners.onAlert?.(message.alert as Alert<AlertLimit>));
        return true;
      default:
        return false;
    }
  }

  #answer(position: SourcePosition | undefined, ask: () => ScriptValue | undefined | Pending): void {
    const { end } = this.#served;
    let answer: Answer;
    const outside = this.#position;
    this.#position = position;
    this.#depth++;
    try {
      const result = ask();
      answer =
        result instanceof Pending
          ? { type: "pending", operation: this.#await(result) }
          : { type: "answer", outcome: { ok: true, value: encode(result, end) } };
    } catch (thrown) {
      const error = hostFailure(thrown);
      answer = { type: "answer", outcome: { ok: false, error: encodeError(error, end) } };
    }
    this.#depth--;
    this.#position = outside;
    this.#served.answer(this.#served.breach === undefined ? answer : { type: "stopped" });
  }

  #call(fn: Called, args: readonly ScriptValue[]): ScriptValue | undefined | Pending {
    if ("function" in fn) return this.#served.end.lent.get(fn.function).call(args, this.#served.guest);
    if (!this.#host.call) throw new SpellError("PERMISSION_DENIED", "this spell has no host to call");
    return this.#host.call(fn.door, args, this.#served.guest);
  }

  #loadModule(name: string, from: string): ScriptValue | undefined | Pending {
    const found = this.#host.loadModule?.(name, from);
    const plain = (module: typeof found): ScriptValue =>
      module === undefined || module instanceof Promise ? null : { name: module.name, source: module.source };
    return found instanceof Promise ? new Pending(found.then(plain)) : plain(found);
  }

  #await(pending: Pending): number {
    const { breach } = this.#served;
    if (breach === undefined) return this.#served.await(pending);
    abortCall(pending, breach);
    return 0;
  }

  #tellTime(): void {
    let value = 0;
    this.#tell(() => (value = Number(this.#host.now?.() ?? 0)));
    this.#served.answer(
      this.#served.breach === undefined ? { type: "answer", outcome: { ok: true, value } } : { type: "stopped" },
    );
  }

  /** A host that fails where the guest cannot be told ends it. */
  #tell(action: () => void): void {
    try {
      action();
    } catch (cause) {
      const reason = new SpellError("INTERNAL", "the host failed while the spell ran", { cause });
      this.#served.finish(isSpellError(cause) ? cause : reason);
    }
  }
}

function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // A listener that fails is its own affair.
  }
}
