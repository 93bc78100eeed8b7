import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { Bindings, Engine, Guest, SandboxLevel, ScriptValue, Snapshot } from "@llmspell/engine";
import { TestHost } from "@llmspell/engine/conformance";
import type { MemoryDelta } from "@llmspell/engine/wasm";
import { isErrorCode, type ErrorCode } from "@llmspell/errors";
import { SMALL, type Attack } from "./attack.js";

/** An engine that is attacked. */
export interface Target {
  /** What the language is called in the record. */
  readonly language: string;
  readonly bindings: Bindings;
  createEngine(options?: { readonly pool?: { readonly max?: number } }): Engine;
  /**
   * Gives as text everything that a guest can tell of its world. Two guests in the
   * same state give the same text.
   */
  readonly fingerprint: string;
}

/** How a spell has ended. */
export interface End {
  readonly code: ErrorCode | "fine";
  readonly value?: ScriptValue;
  readonly message?: string;
}

/** Memory that a guest may take beyond its cap to report that it was reached. */
const RESERVE = 256 * 1024;
/** The text that a spell raised comes with its error; more than it could make does not. */
const MAX_MESSAGE = 300_000;

/** Turns of the event loop that an attack gets; what waits for the host is answered in each. */
const MAX_TURNS = 50_000;

export async function endOf(guest: Guest, host: TestHost, source: string): Promise<End> {
  const task = guest.run(source, { name: "attack" });
  for (let turn = 0; task.state === "pending"; turn++) {
    for (const key of host.waiting) host.resolve(key, "answer");
    await new Promise((resolve) => void setImmediate(resolve));
    assert.ok(turn < MAX_TURNS, `the attack did not end; the guest is ${guest.state}`);
  }
  return task.result().then(
    (value): End => ({ code: "fine", value }),
    (error: { code: unknown; message: string }): End => {
      assert.ok(isErrorCode(error.code), `not a code of ours: ${String(error.code)}`);
      assert.ok(error.message.length < MAX_MESSAGE, "the message has a bound");
      assert.doesNotMatch(error.message, /node_modules|wasm-function|\.ts:\d/);
      return { code: error.code as ErrorCode, message: error.message };
    },
  );
}

function checkUsage({ usage, limits }: Guest, sandbox: SandboxLevel): void {
  assert.ok(usage.fuel <= limits.fuel, "no more fuel than the limit");
  assert.ok(usage.hostCalls <= limits.hostCalls, "no more host calls than the limit");
  assert.ok(usage.pendingCalls <= limits.pendingCalls, "no more pending calls than the limit");
  assert.ok(usage.outputBytes <= limits.outputBytes, "no more output than the limit");
  // At the level `none` a script can falsify what its own guest counts.
  if (sandbox !== "none") assert.ok(usage.memoryBytes <= limits.memoryBytes + RESERVE, "no more memory than the limit");
}

/** A hash of every byte in which a guest's memory differs from what all guests begin with, and of its machine's registers. */
function memoryHash(guest: Guest): string {
  const { memory } = guest.snapshot() as Snapshot & { readonly memory: MemoryDelta };
  const hash = createHash("sha256").update(`${memory.byteLength} ${memory.globals.join()}`);
  for (const { start, data } of memory.extents) hash.update(`${start}:`).update(data);
  return hash.digest("hex");
}

/**
 * What a new guest of `engine` looks like, after `source` when there is one: the
 * bytes of its memory, and what it can tell itself.
 */
export async function fingerprint(
  engine: Engine,
  { bindings, fingerprint: look }: Target,
  sandbox: SandboxLevel,
  source?: string,
): Promise<string> {
  const guest = engine.createGuest({ sandbox, bindings, host: new TestHost() });
  try {
    if (source !== undefined) await guest.run(source).result();
    const bytes = memoryHash(guest);
    const before = guest.usage.fuel;
    const text = await guest.run(look).result();
    return `${String(text)}\nbytes=${bytes}\nfuel=${guest.usage.fuel - before}`;
  } finally {
    guest[Symbol.dispose]();
  }
}

/** An engine under attack, with what its guests look like when they are clean. */
export class Arena implements Disposable {
  readonly target: Target;
  readonly engine: Engine;
  readonly #clean = new Map<SandboxLevel, string>();

  constructor(target: Target) {
    this.target = target;
    this.engine = target.createEngine();
  }

  /** Fails unless the next guest is in the very state of one in a new engine. */
  async checkNext(sandbox: SandboxLevel): Promise<void> {
    let clean = this.#clean.get(sandbox);
    if (clean === undefined) {
      const fresh = this.target.createEngine();
      clean = await fingerprint(fresh, this.target, sandbox);
      fresh[Symbol.dispose]();
      this.#clean.set(sandbox, clean);
    }
    assert.equal(await fingerprint(this.engine, this.target, sandbox), clean, "the next guest is clean");
  }

  /** Runs an attack, checks what must hold whatever it does, and gives its end back. */
  async run({ source, limits }: Attack, sandbox: SandboxLevel): Promise<End> {
    const host = new TestHost();
    const guest = this.engine.createGuest({
      sandbox,
      bindings: this.target.bindings,
      host,
      limits: { ...SMALL, ...limits },
    });
    try {
      const end = await endOf(guest, host, source);
      checkUsage(guest, sandbox);
      return end;
    } finally {
      guest[Symbol.dispose]();
      assert.equal(guest.usage.pendingCalls, 0, "nothing is pending any more");
      await this.checkNext(sandbox);
    }
  }

  [Symbol.dispose](): void {
    this.engine[Symbol.dispose]();
  }
}
