import assert from "node:assert/strict";
import type { Engine, Guest, SandboxLevel, ScriptValue } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";
import { isErrorCode, type ErrorCode } from "@llmspell/errors";
import { SMALL, type Attack } from "./attack.js";

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
const MAX_TURNS = 5_000;

export async function endOf(guest: Guest, host: TestHost, source: string): Promise<End> {
  const task = guest.run(source, { name: "attack.lua" });
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

/**
 * Everything a guest can tell of its world: the name, kind and address of all it
 * reaches, the next random number, and how much memory is in use. Two guests in
 * the same state give the same text; a single changed byte of the heap's layout
 * gives another.
 */
const FINGERPRINT = `
  local seen, lines = {}, { collectgarbage("count"), tostring({}), math.random(0), ("x"):upper(), test.say_twice("a") }
  local function walk(value, path)
    if type(value) ~= "table" or seen[value] then return end
    seen[value] = true
    for k, v in pairs(value) do
      lines[#lines + 1] = path .. tostring(k) .. "=" .. tostring(v)
      walk(v, path .. tostring(k) .. ".")
    end
    local mt = getmetatable(value)
    if mt then walk(mt, path .. "(metatable).") end
  end
  walk(_G, "")
  for i, line in ipairs(lines) do lines[i] = tostring(line) end
  table.sort(lines)
  return table.concat(lines, "\\n")`;

function checkUsage({ usage, limits }: Guest, sandbox: SandboxLevel): void {
  assert.ok(usage.fuel <= limits.fuel, "no more fuel than the limit");
  assert.ok(usage.hostCalls <= limits.hostCalls, "no more host calls than the limit");
  assert.ok(usage.pendingCalls <= limits.pendingCalls, "no more pending calls than the limit");
  assert.ok(usage.outputBytes <= limits.outputBytes, "no more output than the limit");
  // At the level `none` a script can falsify what its own guest counts.
  if (sandbox !== "none") assert.ok(usage.memoryBytes <= limits.memoryBytes + RESERVE, "no more memory than the limit");
}

/** What a new guest of `engine` looks like, after `source` when there is one. */
export async function fingerprint(engine: Engine, sandbox: SandboxLevel, source?: string): Promise<string> {
  const guest = engine.createGuest({ sandbox, bindings: PROMISE_BINDINGS, host: new TestHost() });
  try {
    if (source !== undefined) await guest.run(source).result();
    const before = guest.usage.fuel;
    const text = await guest.run(FINGERPRINT).result();
    return `${String(text)}\nfuel=${guest.usage.fuel - before}`;
  } finally {
    guest[Symbol.dispose]();
  }
}

/** An engine under attack, with what its guests look like when they are clean. */
export class Arena implements Disposable {
  readonly engine: Engine = createLuaEngine();
  readonly #clean = new Map<SandboxLevel, string>();

  /** Fails unless the next guest is in the very state of one in a new engine. */
  async checkNext(sandbox: SandboxLevel): Promise<void> {
    let clean = this.#clean.get(sandbox);
    if (clean === undefined) {
      const fresh = createLuaEngine();
      clean = await fingerprint(fresh, sandbox);
      fresh[Symbol.dispose]();
      this.#clean.set(sandbox, clean);
    }
    assert.equal(await fingerprint(this.engine, sandbox), clean, "the next guest is clean");
  }

  /** Runs an attack, checks what must hold whatever it does, and gives its end back. */
  async run({ source, limits }: Attack, sandbox: SandboxLevel): Promise<End> {
    const host = new TestHost();
    const guest = this.engine.createGuest({
      sandbox,
      bindings: PROMISE_BINDINGS,
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
