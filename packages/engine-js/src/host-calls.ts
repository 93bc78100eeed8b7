import {
  Pending,
  hostFailure,
  valueError,
  WeakHandle,
  type DenialListener,
  type FunctionRef,
  type Handle,
  type ScriptValue,
  type WarningLevel,
} from "@llmspell/engine";
import { FIRST_VALUE_ID, drop } from "@llmspell/engine/guest-kit";
import { SpellError, isErrorCode, isSpellError } from "@llmspell/errors";
import type { Value } from "./abi.js";
import type { JsPort } from "./instance.js";
import { OPS, type Op } from "./ops.js";
import type { JsGuestParts } from "./runner.js";
import { unwinds } from "./unwinding.js";

/** Measured for Lua, and no less here: a byte that crosses takes the host as long as half a unit of fuel. */
const BYTES_PER_FUEL_SHIFT = 1;
const WRITE_FUEL = 200;
/** A warning that is passed on, with its place. */
const WARN_FUEL = 1_000;
/** The host looks the object up. */
const UPGRADE_FUEL = 200;
/** How much of a key is told in the path of an error. */
const MAX_KEY = 100;

const encoder = new TextEncoder();

/** Serves what one guest asks of its host. */
export class HostCalls implements JsPort {
  readonly #parts: JsGuestParts;
  readonly #onDenied: DenialListener | undefined;
  /** Whether guest code calls the host right now. */
  calling = false;
  /** How many functions of the guest the host is calling back, which cannot wait. */
  #backs = 0;
  /** What ended the guest inside a call back: it goes on unwinding though host code may have caught it. */
  #unwinding: unknown;
  #told = false;

  constructor(parts: JsGuestParts, onDenied: DenialListener | undefined) {
    this.#parts = parts;
    this.#onDenied = onDenied;
  }

  hostCall(argv: number): Value {
    const { js, keeper } = this.#parts;
    const before = this.calling;
    this.calling = true;
    try {
      const op = OPS[js.numberArgument(argv, 0) - 1];
      const result = this.#serve(op, argv);
      this.#unwinding ??= this.#parts.library.broken;
      if (this.#unwinding !== undefined) throw this.#unwinding;
      return keeper.breach === undefined ? result : this.#raiseBreach(result);
    } catch (thrown) {
      return this.#raise(this.#unwinding ?? thrown);
    } finally {
      this.calling = before;
    }
  }

  #serve(op: Op | undefined, argv: number): Value {
    const { js, values, turnTasks, library } = this.#parts;
    switch (op) {
      case "call":
        return this.#call(js.numberArgument(argv, 1), js.textArgument(argv, 2));
      case "fulfilled":
        this.#fulfilled(js.numberArgument(argv, 1), js.textArgument(argv, 2));
        break;
      case "rejected":
        turnTasks.failed(
          js.numberArgument(argv, 1),
          library.failure(js.textArgument(argv, 2), js.textArgument(argv, 3)),
        );
        break;
      case "error": {
        const code = js.textArgument(argv, 1);
        const error = new SpellError(isErrorCode(code) ? code : "SCRIPT_ERROR", js.textArgument(argv, 2));
        return js.newString(values.encodeError(error));
      }
      case "abort":
        this.#parts.operations.abort(js.numberArgument(argv, 1));
        break;
      case "refuse":
        return js.newString(values.encodeError(refusal(js.textArgument(argv, 1), js.textArgument(argv, 2))));
      case "give": {
        const bytes = js.readBytes(js.argument(argv, 1));
        js.charge(bytes.length >> BYTES_PER_FUEL_SHIFT);
        return js.newNumber(values.giveBytes(bytes));
      }
      case "take":
        return js.newBytes(values.takeBytes(js.numberArgument(argv, 1)));
      case "print":
        this.#print(js.numberArgument(argv, 1) === 2 ? "stderr" : "stdout", js.textArgument(argv, 2));
        break;
      case "log":
        this.#log(js.textArgument(argv, 1) as WarningLevel, js.textArgument(argv, 2));
        break;
      case "expired":
        js.charge(UPGRADE_FUEL);
        return js.newNumber(this.#upgrade(js.numberArgument(argv, 1)) === undefined ? 1 : 0);
      case "weaken": {
        const { kind, id } = values.handles.get(js.numberArgument(argv, 1));
        return js.newString(values.encode(new WeakHandle(kind, id), "handle"));
      }
      case "dropWeak":
        this.#parts.weak.drop(js.numberArgument(argv, 1));
        break;
      case "upgrade":
        js.charge(UPGRADE_FUEL);
        return js.newString(values.encode(this.#upgrade(js.numberArgument(argv, 1)), "handle"));
      case "dropHandle":
        values.handles.drop(js.numberArgument(argv, 1));
        break;
      case "dropFunction":
        values.host.dropFunction(js.numberArgument(argv, 1));
        break;
      default:
        throw new SpellError("INTERNAL", "the guest library called for nothing");
    }
    return js.ex.qjs_get_undefined();
  }

  /** The number of an operation, or text: the answer, or an error. */
  #call(id: number, text: string): Value {
    const { js, values, keeper, operations, tasks, library } = this.#parts;
    js.charge(text.length >> BYTES_PER_FUEL_SHIFT);
    const args = values.decode(text);
    if (!Array.isArray(args)) throw new SpellError("INVALID_ARGUMENT", "the arguments of a call are a list");
    keeper.countCall();
    const result = this.#ask(id, args);
    if (this.#unwinding !== undefined) throw this.#unwinding;
    if (keeper.breach !== undefined) {
      if (result instanceof Pending) drop(result, keeper.breach);
      throw keeper.breach;
    }
    if (result instanceof Pending) {
      if (this.#backs > 0) {
        const error = new SpellError("INVALID_STATE", "a function that the host calls back cannot wait");
        drop(result, error);
        throw error;
      }
      const operation = tasks.nextId();
      operations.add({ operation, functionId: id, args }, result);
      return js.newNumber(operation);
    }
    const answer = library.answer({ ok: true, value: result });
    js.charge(answer.length >> BYTES_PER_FUEL_SHIFT);
    return js.newString(answer);
  }

  #ask(id: number, args: readonly ScriptValue[]): ScriptValue | undefined | Pending {
    const { guest, host, values } = this.#parts;
    if (id >= FIRST_VALUE_ID) return values.host.functionOf(id).call(args, guest);
    if (!host.call) throw new SpellError("PERMISSION_DENIED", "this spell has no host to call");
    return host.call(id, args, guest);
  }

  #fulfilled(id: number, text: string): void {
    const { turnTasks, values, js } = this.#parts;
    js.charge(text.length >> BYTES_PER_FUEL_SHIFT);
    try {
      turnTasks.fulfilled(id, values.decode(text));
    } catch (thrown) {
      if (!isSpellError(thrown) || thrown.category === "limit") throw thrown;
      turnTasks.failed(id, thrown);
    }
  }

  #upgrade(number: number): Handle | undefined {
    return this.#parts.host.upgrade?.(this.#parts.values.weak.get(number));
  }

  /** A line of the script's log; text for a stream when the host has no log. */
  #log(level: WarningLevel, message: string): void {
    const { js, warnings, library } = this.#parts;
    if (!warnings.isHeard) {
      this.#print(level === "warn" || level === "error" ? "stderr" : "stdout", `${message}\n`);
      return;
    }
    js.charge(WARN_FUEL + (message.length >> BYTES_PER_FUEL_SHIFT));
    const category = warnings.categoryOf(message);
    if (!warnings.allows(category)) return;
    const about = { ...(level === "warn" ? {} : { level }), ...(category === undefined ? {} : { category }) };
    warnings.passOn({ message, ...about, ...library.position() });
  }

  #print(stream: "stdout" | "stderr", text: string): void {
    const { js, keeper, host } = this.#parts;
    js.charge(WRITE_FUEL + (text.length >> BYTES_PER_FUEL_SHIFT));
    const kept = keeper.countOutput(encoder.encode(text));
    if (kept.length > 0) host.write?.(stream, kept);
  }

  /** Calls a function of the guest from inside a host call. */
  callBack(fn: FunctionRef, args: readonly ScriptValue[]): ScriptValue {
    return this.inside(() => this.#parts.library.callSync(fn, args));
  }

  /** Enters the guest from inside a host call. */
  inside<T>(action: () => T): T {
    this.#backs++;
    try {
      return action();
    } catch (thrown) {
      if (unwinds(thrown) || (isSpellError(thrown) && thrown === this.#parts.keeper.breach)) this.#unwinding = thrown;
      throw thrown;
    } finally {
      this.#backs--;
      this.calling = true;
    }
  }

  /** Turns what host code threw into an error of the guest; lets through what must end it. */
  #raise(thrown: unknown): Value {
    const { js, keeper, values } = this.#parts;
    if (unwinds(thrown)) throw thrown;
    const error = hostFailure(thrown);
    if (error.category === "limit") keeper.breakOff(error);
    if (keeper.breach !== undefined) return this.#raiseBreach(0);
    if (error.category === "permission") this.#deny("call", error);
    if (this.#parts.library.broken !== undefined) throw this.#parts.library.broken;
    return js.newString(values.encodeError(error));
  }

  #raiseBreach(result: Value): Value {
    const { js } = this.#parts;
    this.tellLimit();
    if (this.#parts.library.broken !== undefined) throw this.#parts.library.broken;
    if (result !== 0) js.free(result);
    return js.throwUncatchable();
  }

  /** Tells of the limit that has ended the guest, once. */
  tellLimit(): void {
    const { breach } = this.#parts.keeper;
    if (this.#told || breach === undefined) return;
    this.#told = true;
    if (breach.category === "limit") this.#deny("limit", breach);
  }

  #deny(what: "limit" | "call", { code, message }: SpellError): void {
    const { library } = this.#parts;
    if (this.#onDenied === undefined) return;
    const position = this.calling ? library.position() : library.endedAt;
    try {
      this.#onDenied({ what, code, message, ...position });
    } catch {
      // A listener that fails must not be thrown through the guest's frames.
    }
  }

  interrupt(): void {
    const { keeper, host, stuck } = this.#parts;
    keeper.interrupt();
    const reason = host.interrupted?.();
    if (reason !== undefined) keeper.breakOff(reason);
    stuck.look();
  }

  isOver(): boolean {
    return this.#parts.keeper.isOver;
  }

  rejection(promise: Value, reason: Value, handled: boolean): void {
    this.#parts.library.noteRejection(promise, reason, handled);
  }

  mayGrow(bytes: number): boolean {
    return this.#parts.keeper.mayGrow(bytes);
  }

  now(): number {
    return this.#parts.host.now?.() ?? 0;
  }
}

/** The error of a value that cannot leave; the root of an argument's path is empty. */
function refusal(path: string, problem: string): SpellError {
  const keys = (JSON.parse(path) as (string | number)[]).map((key) =>
    typeof key === "string" ? key.slice(0, MAX_KEY) : key,
  );
  const [root, index, ...rest] = keys;
  if (root !== "" || typeof index !== "number") return valueError(keys, problem);
  return valueError([`argument ${index + 1}`, ...rest], problem);
}
