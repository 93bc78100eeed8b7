import assert from "node:assert/strict";
import { isSpellError, type ErrorCode, type SpellError } from "@llmspell/errors";
import type { Bindings, Engine, Guest, GuestOptions, Task } from "../index.js";
import { TEST_BINDINGS, TestHost } from "./host.js";
import type { Programs } from "./programs.js";

/** What an engine gives the kit. */
export interface ConformanceKit {
  /** A new engine; the case that asked for it disposes it. */
  create(): Engine;
  readonly programs: Programs;
  /** Default: `TEST_BINDINGS`; `PROMISE_BINDINGS` for an engine with its own library of promises. */
  readonly bindings?: Bindings;
  /** `worker` when the engine's guests run in threads of their own. Default: `inline`. */
  readonly isolation?: "inline" | "worker";
}

export type ConformanceGroup =
  | "values"
  | "errors"
  | "limits"
  | "lifecycle"
  | "suspension"
  | "snapshots"
  | "cancellation"
  | "residue"
  | "modules"
  | "callbacks"
  | "determinism"
  | "features"
  | "weak"
  | "tenants"
  | "debugging";

/** One promise that every engine keeps; `run` rejects when this one does not. */
export interface ConformanceCase {
  readonly name: string;
  readonly group: ConformanceGroup;
  run(): Promise<void>;
}

/** The name the cases give the sources they run. */
export const SPELL = "conformance.spell";

/** A guest with its host and its engine, for one case. */
export interface Stage {
  readonly engine: Engine;
  readonly guest: Guest;
  readonly host: TestHost;
  readonly programs: Programs;
  readonly bindings: Bindings;
  /** Runs a program in the guest. */
  run(source: string): Task;
  /**
   * Lets a guest that runs in a thread come to where it waits or has ended; by
   * default the first one. A guest of this thread is there already.
   */
  quiet(guest?: Guest): Promise<void>;
  /** Lets everything that is ready happen, in all guests of the case. */
  allQuiet(): Promise<void>;
  /** Another guest of the same engine; released with it. */
  another(options?: GuestOptions): { guest: Guest; host: TestHost };
}

type Body = (stage: Stage) => void | Promise<void>;

/** Makes cases of one group; each gets an engine of its own. */
export function caseMaker(kit: ConformanceKit, group: ConformanceGroup) {
  return (name: string, body: Body, options: GuestOptions = {}): ConformanceCase => ({
    name,
    group,
    async run() {
      const engine = kit.create();
      const guests: Guest[] = [];
      const { programs, bindings = TEST_BINDINGS } = kit;
      const another = (more: GuestOptions = {}): { guest: Guest; host: TestHost } => {
        const host = new TestHost();
        const guest = engine.createGuest({ host, bindings, ...more });
        guests.push(guest);
        return { guest, host };
      };
      try {
        const { guest, host } = another(options);
        const run = (source: string): Task => guest.run(source, { name: SPELL });
        const quiet = async (which = guest): Promise<void> => {
          while (kit.isolation === "worker" && which.state === "running") await settled();
        };
        const allQuiet = async (): Promise<void> => {
          await settled();
          await Promise.all(guests.map((each) => quiet(each)));
        };
        await body({ engine, guest, host, programs, bindings, run, quiet, allQuiet, another });
      } finally {
        for (const guest of guests) guest[Symbol.dispose]();
        engine[Symbol.dispose]();
      }
    },
  });
}

/** What `action` throws, or what its promise or task rejects with: a SpellError with this code. */
export async function failure(action: Task | (() => unknown), code: ErrorCode): Promise<SpellError> {
  let value: unknown;
  try {
    value = typeof action === "function" ? await action() : await action.result();
  } catch (thrown) {
    assert.ok(isSpellError(thrown), `expected a SpellError with ${code}, got ${String(thrown)}`);
    assert.equal(thrown.code, code, `expected ${code}, got ${thrown.code}: ${thrown.message}`);
    return thrown;
  }
  return assert.fail(`expected ${code}, got the value ${String(value)}`);
}

/** One turn of the event loop: where the guests are inline, everything that is ready has then happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** A later guest of the engine works as if nothing had happened. */
export async function stillWorks(stage: Stage): Promise<void> {
  const { guest } = stage.another();
  assert.equal(await guest.run(stage.programs.returnInteger).result(), 42);
}
