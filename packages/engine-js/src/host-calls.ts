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
import { FIRST_VALUE_ID, MODULE_ID, drop, givenFuel } from "@llmspell/engine/guest-kit";
import { SpellError, isErrorCode, isSpellError } from "@llmspell/errors";
import type { Value } from "./abi.js";
import { ID_DATUM, bindFunction } from "./bind.js";
import type { JsPort } from "./instance.js";
import { Tag, VALUE_BYTES } from "./layout.js";
import { CallKind, OPS } from "./ops.js";
import { BYTES_PER_FUEL_SHIFT, UNUSUAL } from "./read-values.js";
import type { JsGuestParts } from "./runner.js";
import { Answer } from "./trampoline.js";
import { unwinds } from "./unwinding.js";

/** What a call takes beside its values: the host is asked, and counts it. */
const CALL_FUEL = 64;
const WRITE_FUEL = 200;
/** The host looks where the guest is. */
const REFUSAL_FUEL = 1_000;
/** A warning that is passed on, with its place. */
const WARN_FUEL = 1_000;
/** The host looks the object up. */
const UPGRADE_FUEL = 200;
/** How much of a key is told in the path of an error. */
const MAX_KEY = 100;
/** How much of what is wrong with a value, which may name a class of the script's, is told. */
const MAX_PROBLEM = 200;

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

  hostCall(argc: number, argv: number, kind: number, data: number, self: number): number {
    const { js, keeper, library } = this.#parts;
    const before = this.calling;
    this.calling = true;
    try {
      const answer = kind === CallKind.library ? this.#serve(argv) : this.#callFunction(argc, argv, kind, data, self);
      this.#unwinding ??= library.broken;
      if (this.#unwinding !== undefined) throw this.#unwinding;
      if (keeper.breach === undefined) return answer;
      if (answer !== Answer.ownWay) js.freeAnswer();
      return this.#raiseBreach();
    } catch (thrown) {
      return this.#raise(this.#unwinding ?? thrown, kind === CallKind.library ? Answer.result : Answer.later);
    } finally {
      this.calling = before;
    }
  }

  #serve(argv: number): number {
    const { js, values, turnTasks, library, reader, modules } = this.#parts;
    const at = (i: number): number => argv + i * VALUE_BYTES;
    const number = (i: number): number => js.numberAt(at(i));
    const text = (i: number): string => js.readText(at(i));
    switch (OPS[number(0) - 1]) {
      case "bind":
        return bindFunction(js, library.trampoline, argv);
      case "fulfilled": {
        const isRead = this.#fulfilled(number(1), () => reader.read(at(2)));
        js.setValue(js.answer, isRead ? 1 : 0, Tag.bool);
        return js.answer;
      }
      case "fulfilledText":
        this.#fulfilled(number(1), () => this.#decode(text(2)));
        break;
      case "rejected":
        turnTasks.failed(number(1), library.failure(text(2), text(3)));
        break;
      case "error": {
        const code = text(1);
        const error = new SpellError(isErrorCode(code) ? code : "SCRIPT_ERROR", text(2));
        return js.answerWith(js.newString(values.encodeError(error)));
      }
      case "abort":
        this.#parts.operations.abort(number(1));
        this.#parts.owners.forget(number(1));
        break;
      case "refuse":
        return js.answerWith(js.newString(values.encodeError(refusal(text(1), text(2)))));
      case "refused":
        js.charge(REFUSAL_FUEL);
        this.#deny("load", new SpellError("UNSUPPORTED", text(1)));
        break;
      case "give": {
        const bytes = js.readBytes(at(1), number(2));
        js.charge((bytes.length >> BYTES_PER_FUEL_SHIFT) + givenFuel(bytes.length));
        js.setNumber(js.answer, values.giveBytes(bytes));
        return js.answer;
      }
      case "take":
        return js.answerWith(js.newBytes(values.takeBytes(number(1))));
      case "scan":
        return js.answerWith(js.newString(JSON.stringify(modules.scan(text(1), text(2)))));
      case "compile":
        modules.compile(text(1), text(2));
        break;
      case "print":
        this.#print(number(1) === 2 ? "stderr" : "stdout", text(2));
        break;
      case "log":
        this.#log(text(1) as WarningLevel, text(2));
        break;
      case "expired":
        js.charge(UPGRADE_FUEL);
        js.setNumber(js.answer, this.#upgrade(number(1)) === undefined ? 1 : 0);
        return js.answer;
      case "weaken": {
        const { kind, id } = values.handles.get(number(1));
        return js.answerWith(js.newString(values.encode(new WeakHandle(kind, id), "handle")));
      }
      case "dropWeak":
        this.#parts.weak.drop(number(1));
        break;
      case "upgrade":
        js.charge(UPGRADE_FUEL);
        return js.answerWith(js.newString(values.encode(this.#upgrade(number(1)), "handle")));
      case "dropHandle":
        values.handles.drop(number(1));
        break;
      case "dropFunction":
        values.host.dropFunction(number(1));
        break;
      default:
        throw new SpellError("INTERNAL", "the guest library called for nothing");
    }
    js.setValue(js.answer, 0, Tag.undefined);
    return js.answer;
  }

  /** The values that text of the guest library stands for. */
  #decode(text: string): ScriptValue {
    const { js, values } = this.#parts;
    js.charge(text.length >> BYTES_PER_FUEL_SHIFT);
    return values.decode(text);
  }

  #callFunction(argc: number, argv: number, kind: number, data: number, self: number): number {
    const { js, reader } = this.#parts;
    const isAsync = (kind & CallKind.async) !== 0;
    if ((kind & CallKind.text) !== 0) {
      const text = js.readText(argv + VALUE_BYTES);
      const args = this.#decode(text);
      js.charge(givenFuel(text.length));
      if (!Array.isArray(args)) throw new SpellError("INVALID_ARGUMENT", "the arguments of a call are a list");
      return this.#call(js.numberAt(argv), args, CALL_FUEL, isAsync);
    }
    const args = (kind & CallKind.method) === 0 ? reader.readAll(argc, argv) : reader.readWith(self, argc, argv);
    if (args !== UNUSUAL) {
      js.charge(reader.given);
      return this.#call(js.numberAt(data + ID_DATUM * VALUE_BYTES), args, CALL_FUEL + reader.fuel, isAsync);
    }
    js.charge(reader.fuel);
    return Answer.ownWay;
  }

  /** @param fuel what the call has taken of it so far. @returns the answer */
  #call(id: number, args: readonly ScriptValue[], fuel: number, isAsync: boolean): number {
    const { js, keeper, operations, owners, tasks, writer, library } = this.#parts;
    keeper.countCall();
    const result = this.#ask(id, args);
    if (this.#unwinding !== undefined) throw this.#unwinding;
    if (keeper.breach !== undefined) {
      if (result instanceof Pending) drop(result, keeper.breach);
      throw keeper.breach;
    }
    const { answer } = js;
    if (result instanceof Pending) {
      js.charge(fuel);
      if (this.#backs > 0) {
        const error = new SpellError("INVALID_STATE", "a function that the host calls back cannot wait");
        drop(result, error);
        throw error;
      }
      const operation = tasks.nextId();
      const refusal = owners.refuse();
      if (refusal === undefined) {
        operations.add({ operation, functionId: id, args }, result);
        owners.add(operation);
      } else {
        drop(result, refusal);
        if (!owners.isSilent) throw refusal;
      }
      js.setNumber(answer, operation);
      return answer | Answer.later;
    }
    if (writer.write(result, answer)) {
      js.charge(fuel + writer.fuel);
      return answer | (isAsync && !js.isException(answer) ? Answer.promise : Answer.result);
    }
    const text = library.answer(result);
    js.charge(fuel + (text.length >> BYTES_PER_FUEL_SHIFT));
    return js.answerWith(js.newString(text)) | Answer.later;
  }

  #ask(id: number, args: readonly ScriptValue[]): ScriptValue | undefined | Pending {
    const { guest, host, values, modules } = this.#parts;
    if (id >= FIRST_VALUE_ID) return values.host.functionOf(id).call(args, guest);
    if (id === MODULE_ID) return modules.load(args);
    if (!host.call) throw new SpellError("PERMISSION_DENIED", "this spell has no host to call");
    return host.call(id, args, guest);
  }

  /** Notes the result of a task; false when it is none that the host can read. */
  #fulfilled(id: number, read: () => ScriptValue | typeof UNUSUAL): boolean {
    const { turnTasks, tasks, js, reader } = this.#parts;
    if (tasks.discards(id)) {
      turnTasks.fulfilled(id, null);
      return true;
    }
    reader.begin();
    try {
      const value = read();
      if (value === UNUSUAL) return false;
      turnTasks.fulfilled(id, value);
    } catch (thrown) {
      if (!isSpellError(thrown) || thrown.category === "limit") throw thrown;
      turnTasks.failed(id, thrown);
    } finally {
      js.charge(reader.fuel);
    }
    return true;
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
  #raise(thrown: unknown, kind: number): number {
    const { js, keeper, values } = this.#parts;
    if (unwinds(thrown)) throw thrown;
    const error = hostFailure(thrown);
    if (error.category === "limit") keeper.breakOff(error);
    if (keeper.breach !== undefined) return this.#raiseBreach();
    if (error.category === "permission") this.#deny("call", error);
    if (this.#parts.library.broken !== undefined) throw this.#parts.library.broken;
    return js.answerWith(js.newString(values.encodeError(error))) | kind;
  }

  #raiseBreach(): number {
    this.tellLimit();
    if (this.#parts.library.broken !== undefined) throw this.#parts.library.broken;
    return this.#parts.js.throwUncatchable();
  }

  /** Tells of the limit that has ended the guest, once. */
  tellLimit(): void {
    const { breach } = this.#parts.keeper;
    if (this.#told || breach === undefined) return;
    this.#told = true;
    if (breach.category === "limit") this.#deny("limit", breach);
  }

  #deny(what: "limit" | "call" | "load", { code, message }: SpellError): void {
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
    this.#parts.library.rejections.note(promise, reason, handled);
  }

  resolveModule(from: string, specifier: string): string | undefined {
    return this.#parts.modules.resolve(from, specifier);
  }

  moduleSource(name: string): string | undefined {
    return this.#parts.modules.source(name);
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
  const told = problem.slice(0, MAX_PROBLEM);
  if (root !== "" || typeof index !== "number") return valueError(keys, told);
  return valueError([`argument ${index + 1}`, ...rest], told);
}
