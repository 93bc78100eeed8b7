import { systemClock, type Clock } from "../clock.js";
import { SpellError } from "@llmspell/errors";
import { defined, isRecord, sameJson, tryParseJson } from "../json.js";
import { messageText, toPrompt, type Message, type Role } from "../messages.js";
import { fromMarkdown, fromText, toMarkdown, toText } from "./memory-text.js";
import { messageTokens, type TokenCounter } from "./tokens.js";
import { selectWindow, type WindowLimit } from "./window.js";
import { scoreTexts } from "./word-search.js";

export interface MemoryLimits {
  /** Messages that are kept, system messages not counted. */
  maxMessages?: number;
  /** Tokens that are kept, system messages included; needs a counter. */
  maxTokens?: number;
}

export interface MemoryOptions extends MemoryLimits {
  /** See `loadTokenCounter`. */
  countTokens?: TokenCounter;
  /** The time of this machine by default. */
  clock?: Pick<Clock, "now">;
}

/** A message as it is remembered. */
export interface MemoryEntry {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly message: Message;
}

export interface MemoryStats {
  messages: number;
  byRole: Partial<Record<Role, number>>;
  characters: number;
  /** Undefined without a counter. */
  tokens: number | undefined;
}

export type MemoryFormat = "json" | "text" | "markdown";

/** All of a memory at one moment. */
export type MemorySnapshot = readonly MemoryEntry[];

/**
 * The messages of a conversation. At a limit the oldest turns go, never a system message or the
 * latest turn. Messages that are handed out are copies.
 */
export interface Memory {
  /** @throws SpellError `INVALID_ARGUMENT` for a malformed message; nothing is then added. */
  add(...messages: readonly Message[]): void;
  messages(): Message[];
  /** The latest turns that fit in a context window of this size, with the system messages; never more. */
  window(limits: MemoryLimits): Message[];
  /** The messages that have words of `query`, best first. */
  search(query: string, limit?: number): { message: Message; score: number }[];
  stats(): MemoryStats;
  /** Forgets everything but system messages. */
  clear(): void;
  /** What is kept from now on; what is too much goes at once. @throws as {@link createMemory}. */
  setLimits(limits: MemoryLimits): void;
  /** Forgets the oldest turns down to these limits, this once; how many messages. */
  truncate(limits: MemoryLimits): number;
  /** Forgets messages without content, and those that repeat the one before; how many. */
  compact(): number;
  /** An independent memory with the same messages and limits. */
  fork(): Memory;
  /** Takes in what another memory has, in the order of time; a message that came from the same one is there once. */
  merge(other: Memory): void;
  snapshot(): MemorySnapshot;
  restore(snapshot: MemorySnapshot): void;
  /** JSON has everything; text and Markdown are for people and have roles and texts. */
  export(format?: MemoryFormat): string;
  /**
   * Adds what {@link export} wrote. Of text and Markdown, results of tools are left out: their calls
   * are not in it. The number of messages.
   *
   * @throws SpellError `VALIDATION_FAILED` naming what is malformed.
   */
  import(text: string, format?: MemoryFormat): number;
  /** Puts one message in the place of all before the last `keep` turns, system messages aside. */
  condense(summary: Message, keep: number): void;
}

// Names the format of an export; what it means never changes.
const FORMAT = "llmspell-memory-1";

/**
 * Makes a memory.
 *
 * @example
 * const memory = createMemory({ maxTokens: 8000, countTokens: await loadTokenCounter() });
 * memory.add({ role: "user", content: "My name is Ada." });
 * @throws SpellError `INVALID_ARGUMENT` for a limit that is not a whole number above 0, or tokens without a counter.
 */
export function createMemory(options: MemoryOptions = {}): Memory {
  const { countTokens, clock = systemClock } = options;
  let limits: MemoryLimits = options;
  let own = limitsOf(options, countTokens);
  let entries: readonly MemoryEntry[] = [];

  const keep = (next: readonly MemoryEntry[]): void => {
    entries = own.length === 0 ? next : selectWindow(next, own, { keepLatest: true });
  };
  const entriesOf = (messages: readonly Message[]): MemoryEntry[] =>
    messages.map((message) => ({
      id: globalThis.crypto.randomUUID(),
      at: clock.now(),
      message: structuredClone(message),
    }));
  const all = (): Message[] => structuredClone(entries.map(({ message }) => message));

  const memory: Memory = {
    add(...messages) {
      const next = [...entries, ...entriesOf(messages)];
      // Checks them as the model boundary will, so that no later call fails for it.
      toPrompt(next.map(({ message }) => message));
      keep(next);
    },
    messages: all,
    window: (most) => structuredClone(selectWindow(entries, limitsOf(most, countTokens)).map(({ message }) => message)),
    search(query, limit = 10) {
      const scores = scoreTexts(
        entries.map(({ message }) => messageText(message)),
        query,
      );
      return entries
        .map(({ message }, index) => ({ message, score: scores[index] ?? 0 }))
        .filter(({ score }) => score > 0)
        .toSorted((a, b) => b.score - a.score)
        .slice(0, limit)
        .map((found) => structuredClone(found));
    },
    stats() {
      const byRole: MemoryStats["byRole"] = {};
      for (const { message } of entries) byRole[message.role] = (byRole[message.role] ?? 0) + 1;
      return {
        messages: entries.length,
        byRole,
        characters: entries.reduce((sum, { message }) => sum + messageText(message).length, 0),
        tokens: countTokens && entries.reduce((sum, { message }) => sum + messageTokens(message, countTokens), 0),
      };
    },
    clear() {
      entries = entries.filter(({ message }) => message.role === "system");
    },
    setLimits({ maxMessages, maxTokens }) {
      const next = defined({ maxMessages, maxTokens });
      own = limitsOf(next, countTokens);
      limits = next;
      keep(entries);
    },
    truncate(most) {
      const before = entries.length;
      entries = selectWindow(entries, limitsOf(most, countTokens), { keepLatest: true });
      return before - entries.length;
    },
    compact() {
      const before = entries.length;
      // Calls of tools and their results belong together.
      const isPlain = ({ role, toolCalls }: Message): boolean => role !== "tool" && toolCalls === undefined;
      entries = entries.filter(({ message }, index) => {
        if (!isPlain(message)) return true;
        const latest = entries[index - 1]?.message;
        return messageText(message).trim() !== "" && !(latest !== undefined && sameJson(latest, message));
      });
      return before - entries.length;
    },
    fork() {
      const { maxMessages, maxTokens } = limits;
      const copy = createMemory({ ...defined({ maxMessages, maxTokens, countTokens }), clock });
      copy.restore(memory.snapshot());
      return copy;
    },
    merge(other) {
      const known = new Set(entries.map(({ id }) => id));
      const added = other.snapshot().filter(({ id }) => !known.has(id));
      keep([...entries, ...structuredClone(added)].toSorted((a, b) => a.at - b.at));
    },
    snapshot: () => structuredClone(entries),
    restore(snapshot) {
      keep(checkEntries(structuredClone(snapshot)));
    },
    export(format = "json") {
      if (format === "text") return toText(all());
      if (format === "markdown") return toMarkdown(all());
      return JSON.stringify({ format: FORMAT, entries });
    },
    import(text, format = "json") {
      const added = format === "json" ? readJson(text) : entriesOf(withoutTools(text, format));
      keep([...entries, ...added]);
      return added.length;
    },
    condense(summary, turns) {
      const rest = entries.filter(({ message }) => message.role !== "system");
      const starts = rest.flatMap(({ message }, index) => (message.role === "user" ? [index] : []));
      const begin = turns === 0 ? rest.length : (starts.at(-turns) ?? 0);
      const system = entries.filter(({ message }) => message.role === "system");
      keep([...system, ...entriesOf([summary]), ...rest.slice(begin)]);
    },
  };
  return memory;
}

function limitsOf({ maxMessages, maxTokens }: MemoryLimits, count: TokenCounter | undefined): WindowLimit[] {
  for (const [name, limit] of Object.entries({ maxMessages, maxTokens })) {
    if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0))
      throw new SpellError("INVALID_ARGUMENT", `'${name}' must be a whole number above 0`);
  }
  if (maxTokens !== undefined && count === undefined)
    throw new SpellError("INVALID_ARGUMENT", "'maxTokens' needs 'countTokens', e.g. of loadTokenCounter()");
  return [
    ...(maxMessages === undefined
      ? []
      : [{ max: maxMessages, of: ({ role }: Message) => (role === "system" ? 0 : 1) }]),
    ...(maxTokens === undefined || count === undefined
      ? []
      : [{ max: maxTokens, of: remembered((message) => messageTokens(message, count)) }]),
  ];
}

// Messages are kept as they are, so each is counted once.
function remembered(count: (message: Message) => number): (message: Message) => number {
  const counts = new WeakMap<Message, number>();
  return (message) => {
    const tokens = counts.get(message) ?? count(message);
    counts.set(message, tokens);
    return tokens;
  };
}

function readJson(text: string): MemoryEntry[] {
  const parsed = tryParseJson(text)?.value;
  if (!isRecord(parsed) || parsed["format"] !== FORMAT || !Array.isArray(parsed["entries"]))
    throw new SpellError("VALIDATION_FAILED", `the memory is not in the format ${FORMAT}`);
  return checkEntries(parsed["entries"]);
}

function checkEntries(entries: unknown): MemoryEntry[] {
  if (!Array.isArray(entries)) throw new SpellError("VALIDATION_FAILED", "a memory must be a list of messages");
  for (const [index, entry] of (entries as unknown[]).entries()) {
    if (
      isRecord(entry) &&
      typeof entry["id"] === "string" &&
      Number.isFinite(entry["at"]) &&
      isRecord(entry["message"])
    )
      continue;
    throw new SpellError("VALIDATION_FAILED", `message ${index} of the memory is malformed`, { details: { index } });
  }
  const checked = entries as MemoryEntry[];
  toPrompt(checked.map(({ message }) => message));
  return checked;
}

function withoutTools(text: string, format: "text" | "markdown"): Message[] {
  const messages = format === "text" ? fromText(text) : fromMarkdown(text);
  return messages.filter(({ role }) => role !== "tool").map((message) => defined(message) as Message);
}
