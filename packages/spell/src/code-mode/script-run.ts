import {
  isRecord,
  nestedCalls,
  overdue,
  questionsOf,
  SuspendedCall,
  type NestedCalls,
  type ToolContext,
  type WaitingCall,
} from "@llmspell/core";
import { Pending, type Engine, type Guest, type Host, type PendingCall, type ScriptValue } from "@llmspell/engine";
import { isSpellError, SpellError } from "@llmspell/errors";
import { dataText } from "../run/data-only.js";
import { ConsoleText } from "./console-text.js";
import { SCRIPT_FILES, type CodeLanguage, type ScriptName } from "./names.js";
import { Slots } from "./slots.js";
import type { ToolCatalog } from "./tool-catalog.js";
import { answerOf, argumentsOf } from "./values.js";

/** A script that waits for decisions; plain JSON. What it means never changes: another shape gets another name. */
export interface SavedScript {
  readonly format: typeof SCRIPT_FORMAT;
  readonly language: CodeLanguage;
  /** The functions of tools, by their ids. */
  readonly names: readonly ScriptName[];
  /** The guest, encoded, in base64. */
  readonly snapshot: string;
  readonly task: number;
  /** What it has returned, when calls that it did not await are all that is left. */
  readonly value?: string;
  /** The calls that wait, in the order of the guest. */
  readonly open: readonly SavedCall[];
  /** Calls so far. */
  readonly begun: number;
  /** Calls that have ended well, by the tool. */
  readonly calls: Readonly<Record<string, number>>;
  readonly console: { readonly text: string; readonly dropped: number };
  readonly notes: readonly string[];
}

const SCRIPT_FORMAT = "llmspell-script-1";

interface SavedCall {
  readonly id: string;
  readonly functionId: number;
  readonly args: Record<string, unknown>;
  readonly waiting: WaitingCall;
}

interface OpenCall extends Omit<SavedCall, "waiting"> {
  readonly ends: AbortController;
  waiting?: WaitingCall | undefined;
}

export interface ScriptParts {
  readonly engine: Engine;
  readonly catalog: ToolCatalog;
  readonly language: CodeLanguage;
  readonly context: ToolContext;
  /** Calls of tools at the same time. */
  readonly parallel: number;
  readonly consoleCharacters: number;
}

/** What came out of a script: what it returned, as JSON. */
export interface ScriptEnd {
  readonly value: string;
}

/** One script on its way, in a guest of its own, whose only powers are the tools. */
export class ScriptRun {
  readonly console: ConsoleText;
  /** Calls that have ended well, by the tool. */
  readonly calls: Record<string, number>;
  readonly notes: string[];
  readonly #parts: ScriptParts;
  readonly #nested: NestedCalls;
  readonly #slots: Slots;
  readonly #saved: SavedScript | undefined;
  readonly #open = new Map<string, OpenCall>();
  readonly #over = settleLater<undefined>();
  readonly #suspension = settleLater<SuspendedCall>();
  /** Between two time slices the guest has not come to its calls yet. */
  #isPaused = false;
  #begun: number;
  #guest: Guest | undefined;
  #task = 0;
  #value: string | undefined;

  constructor(parts: ScriptParts, saved: SavedScript | undefined) {
    this.#parts = parts;
    this.#nested = nestedCalls(parts.context);
    this.#slots = new Slots(parts.parallel);
    this.#saved = saved;
    this.console = new ConsoleText(parts.consoleCharacters, saved?.console);
    this.calls = Object.assign(Object.create(null), saved?.calls) as Record<string, number>;
    this.notes = [...(saved?.notes ?? [])];
    this.#begun = saved?.begun ?? 0;
    this.#value = saved?.value;
  }

  /** What its guest calls out by. */
  readonly host: Host = {
    interrupted: () => overdue(this.#parts.context.signal),
    call: (id, args) => this.#called(id, args),
    resume: (call) => this.#resumed(call),
    write: (_, bytes) => this.console.add(bytes),
    pause: (resume) => {
      this.#isPaused = true;
      setImmediate(() => {
        this.#isPaused = false;
        resume();
        this.#look();
      });
    },
  };

  /**
   * Runs `source`, or goes on with what was saved.
   *
   * @throws SpellError what ends the script.
   */
  async run(guest: Guest, source: string): Promise<ScriptEnd | SuspendedCall> {
    this.#guest = guest;
    const saved = this.#saved;
    const task =
      saved === undefined
        ? guest.run(source, { name: SCRIPT_FILES[this.#parts.language] })
        : guest.tasks.get(saved.task);
    if (task === undefined && this.#value === undefined) throw foreign();
    this.#task = task?.id ?? 0;
    const finished = async (): Promise<undefined> => {
      if (task !== undefined) this.#value = dataText(await task.result(), "the result");
      const left = this.#open.size;
      if (left > 0 && saved?.value === undefined)
        this.notes.push(`${left === 1 ? "1 call was" : `${left} calls were`} not awaited: what came of it is lost.`);
      this.#look();
      return undefined;
    };
    // It ends when the last call has, which need not be the script's last.
    const suspended = await Promise.race([Promise.all([finished(), this.#over.promise]), this.#suspension.promise]);
    if (suspended instanceof SuspendedCall) return suspended;
    return { value: this.#value ?? "null" };
  }

  #called(id: number, args: readonly ScriptValue[]): ScriptValue | Pending {
    const { catalog } = this.#parts;
    const { length } = catalog.names;
    if (id > length) return id === length + 1 ? catalog.search(args[0]) : catalog.describe(args[0]);
    const named = catalog.names[id - 1];
    if (named === undefined) throw new SpellError("NOT_FOUND", `there is no function ${id}`);
    const given = argumentsOf(named.name, catalog.tool(named), args);
    const { toolCallId = "script" } = this.#parts.context;
    return this.#begin({ id: `${toolCallId}.${++this.#begun}`, functionId: id, args: given });
  }

  /** Takes up a call that waited when the guest was saved. They come in the order in which they are saved. */
  #resumed({ functionId }: PendingCall): Pending {
    const call = this.#saved?.open[this.#open.size];
    if (call === undefined || call.functionId !== functionId) throw foreign();
    return this.#begin(call, call.waiting);
  }

  /** @param before what the call waited for; it no longer waits while that is looked at. */
  #begin({ id, functionId, args }: Omit<SavedCall, "waiting">, before?: WaitingCall): Pending {
    const call: OpenCall = { id, functionId, args, ends: new AbortController() };
    this.#open.set(id, call);
    return new Pending(this.#perform(call, before), (reason) => {
      this.#open.delete(call.id);
      call.ends.abort(reason);
      this.#lookLater();
    });
  }

  async #perform(call: OpenCall, waiting: WaitingCall | undefined): Promise<ScriptValue> {
    const { catalog, engine } = this.#parts;
    const { id, args, functionId } = call;
    const named = catalog.names[functionId - 1] as ScriptName;
    try {
      using _slot = await this.#slots.take();
      const { signal } = call.ends;
      signal.throwIfAborted();
      const tool = catalog.tool(named);
      const outcome = await this.#nested.call({ id, name: tool.name, args, signal, waiting }, tool);
      if (outcome.waiting === undefined) {
        this.calls[tool.name] = (this.calls[tool.name] ?? 0) + 1;
        if (outcome.edited !== undefined)
          this.notes.push(
            `The user changed the arguments of a call of ${named.name} to ${JSON.stringify(outcome.edited.args)}.`,
          );
        const answer = answerOf(named.name, outcome.result);
        this.#open.delete(id);
        return answer;
      }
      if (!engine.features.snapshots)
        throw new SpellError(
          "PERMISSION_DENIED",
          `tools.${named.name} needs approval, and this engine cannot wait for it`,
        );
      call.waiting = outcome.waiting;
    } catch (error) {
      this.#open.delete(id);
      throw isSpellError(error)
        ? error
        : new SpellError("INTERNAL", `tools.${named.name} failed inside the host`, { cause: error });
    } finally {
      this.#lookLater();
    }
    // The answer comes to the guest that goes on.
    return await new Promise<never>(() => {});
  }

  /** Once the guest has had its turn with what has come in. */
  #lookLater(): void {
    setImmediate(() => this.#look());
  }

  /** Ends the run when the last call has ended, and suspends it when all that are left wait for decisions. */
  #look(): void {
    const guest = this.#guest;
    if (guest === undefined) return;
    const open = [...this.#open.values()];
    if (open.length === 0) {
      if (this.#value !== undefined) this.#over.resolve(undefined);
      return;
    }
    if (guest.state !== "suspended" || this.#isPaused || open.some(({ waiting }) => waiting === undefined)) return;
    try {
      this.#suspension.resolve(this.#suspend(guest, open));
    } catch (error) {
      this.#suspension.reject(error);
    }
  }

  #suspend(guest: Guest, open: readonly OpenCall[]): SuspendedCall {
    const snapshot = guest.snapshot();
    const isSame = snapshot.pending.every(({ functionId }, i) => functionId === open[i]?.functionId);
    if (!isSame || snapshot.pending.length !== open.length)
      throw new SpellError("INTERNAL", "the script waits for other calls than its host knows of");
    const waiting = open.flatMap((call) => (call.waiting === undefined ? [] : [call.waiting]));
    const saved: SavedScript = {
      format: SCRIPT_FORMAT,
      language: this.#parts.language,
      names: this.#parts.catalog.names,
      snapshot: Buffer.from(snapshot.encode()).toString("base64"),
      task: this.#task,
      ...(this.#value === undefined ? {} : { value: this.#value }),
      open: open.map(({ id, functionId, args, waiting: held }) => ({
        id,
        functionId,
        args,
        waiting: held as WaitingCall,
      })),
      begun: this.#begun,
      calls: { ...this.calls },
      console: this.console.save(),
      notes: this.notes,
    };
    return new SuspendedCall(saved, questionsOf(waiting));
  }
}

interface Settled<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

function settleLater<T>(): Settled<T> {
  let own: Pick<Settled<T>, "resolve" | "reject"> | undefined;
  const promise = new Promise<T>((resolve, reject) => (own = { resolve, reject }));
  return { promise, ...(own as unknown as Pick<Settled<T>, "resolve" | "reject">) };
}

const foreign = (): SpellError =>
  new SpellError("VALIDATION_FAILED", `this is no script in the format ${SCRIPT_FORMAT}`);

/** @throws SpellError `VALIDATION_FAILED` for what no {@link ScriptRun} has saved. */
export function checkSavedScript(state: unknown): SavedScript {
  const isName = (name: unknown): boolean =>
    isRecord(name) && typeof name["name"] === "string" && typeof name["tool"] === "string";
  const isCall = (call: unknown): boolean =>
    isRecord(call) &&
    typeof call["id"] === "string" &&
    typeof call["functionId"] === "number" &&
    isRecord(call["args"]) &&
    isRecord(call["waiting"]);
  const isWhole =
    isRecord(state) &&
    state["format"] === SCRIPT_FORMAT &&
    (state["language"] === "lua" || state["language"] === "javascript") &&
    typeof state["snapshot"] === "string" &&
    typeof state["task"] === "number" &&
    (state["value"] === undefined || typeof state["value"] === "string") &&
    typeof state["begun"] === "number" &&
    isRecord(state["calls"]) &&
    isRecord(state["console"]) &&
    typeof state["console"]["text"] === "string" &&
    typeof state["console"]["dropped"] === "number" &&
    Array.isArray(state["notes"]) &&
    Array.isArray(state["names"]) &&
    state["names"].every(isName) &&
    Array.isArray(state["open"]) &&
    state["open"].every(isCall);
  if (!isWhole) throw foreign();
  return state as unknown as SavedScript;
}
