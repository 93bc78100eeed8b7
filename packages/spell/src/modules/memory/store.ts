import {
  createMemory,
  createState,
  estimateTokens,
  openLongTermMemory,
  workingMemory,
  type LongTermMemory,
  type Memory,
  type MemoryLimits,
  type MemorySnapshot,
  type State,
  type WorkingMemory,
} from "@llmspell/core";
import type { Handle } from "@llmspell/engine";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { Numbered } from "../../run/numbered.js";
import { perRun } from "../../run/per-run.js";
import { storageFile } from "../../run/storage.js";

/** What is kept when a spell says nothing: a script is not to fill the host's memory. */
const MOST_MESSAGES = 1000;
const MOST_BYTES = 4 * 1024 * 1024;

export const memoryHandle = t.handle<Memory>("Memory");
/** Without one, the memory of the run. */
export const m = { m: t.optional(memoryHandle) };

export const limitFields = {
  max_messages: t.optional(t.integer(1)),
  max_tokens: t.optional(t.integer(1)),
};

export function coreLimits(given: {
  max_messages?: number | undefined;
  max_tokens?: number | undefined;
}): MemoryLimits {
  const { max_messages: maxMessages = MOST_MESSAGES, max_tokens: maxTokens } = given;
  return { maxMessages, ...(maxTokens === undefined ? {} : { maxTokens }) };
}

/** What the functions of `memory` share in one run. */
class Memories implements AsyncDisposable {
  /** The memory that functions without one use. */
  readonly own: Memory;
  /** Working values of all scopes. */
  readonly values: State = createState({}, { maxBytes: MOST_BYTES });
  readonly snapshots = new Numbered<MemorySnapshot>("snapshot", "snapshot", 100);
  readonly #run: RunContext;
  readonly #ids = new WeakMap<Memory, string>();
  #made = 0;
  #longTerm: Promise<LongTermMemory> | undefined;

  constructor(run: RunContext) {
    this.#run = run;
    this.own = createMemory({ ...coreLimits({}), countTokens: estimateTokens });
  }

  handle(memory: Memory, name?: string): Handle {
    if (!this.#ids.has(memory)) {
      // As the table of handles names those that have no name.
      this.#made++;
      this.#ids.set(memory, name ?? `memory-${this.#made}`);
    }
    return this.#run.handles.add("Memory", memory, name);
  }

  create(limits: MemoryLimits, name?: string): Handle {
    return this.handle(createMemory({ ...limits, countTokens: estimateTokens }), name);
  }

  idOf(memory: Memory): string {
    return this.#ids.get(memory) ?? "default";
  }

  scope(scope: "global" | "agent" | "session" = "global", id?: string): WorkingMemory {
    const own = scope === "session" ? (id ?? this.#run.info.runId) : id;
    return workingMemory(this.values, scope, own);
  }

  async longTerm(): Promise<LongTermMemory> {
    return await (this.#longTerm ??= storageFile(this.#run).then((file) =>
      openLongTermMemory({ file, name: "scripts" }),
    ));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.values[Symbol.dispose]();
    const opened = await this.#longTerm?.catch(() => undefined);
    opened?.[Symbol.dispose]();
  }
}

export const memoriesOf = perRun((run) => new Memories(run));
