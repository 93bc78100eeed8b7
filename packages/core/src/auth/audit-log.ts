import { systemClock, type Clock } from "../clock.js";
import { stringifyJson } from "../formats/json.js";
import type { State } from "../state/state.js";

/** What was done. Each entry holds the hash of the one before it. */
export interface AuditEntry {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly action: string;
  readonly context: Readonly<Record<string, unknown>>;
  readonly previous: string;
  /** HMAC with SHA-256 of all other fields. */
  readonly hash: string;
}

/** A log that can only grow: what was changed, taken out or cut off shows. */
export interface AuditTrail {
  /** @throws SpellError `INVALID_ARGUMENT` for a context that is not JSON. */
  append(action: string, context?: Readonly<Record<string, unknown>>): Promise<AuditEntry>;
  entries(): AuditEntry[];
  /** Whether the chain is whole; else the id of the first entry that is not right or not there. */
  verify(): { valid: boolean; entries: number; brokenAt?: string };
}

const HEAD = "head";
const entryKey = (number: number): string => `entry-${String(number).padStart(10, "0")}`;

/** The log in a state, in which several processes may write. `key` signs: who does not have it cannot make a new chain. */
export async function createAuditTrail(
  state: State,
  { key, clock = systemClock }: { key: Uint8Array; clock?: Pick<Clock, "now"> },
): Promise<AuditTrail> {
  const { createHmac } = await import("node:crypto");
  const sign = (value: unknown): string =>
    createHmac("sha256", key)
      .update(stringifyJson(value, { sortKeys: true }))
      .digest("hex");
  const entryAt = (number: number): AuditEntry | undefined => state.get<AuditEntry>(entryKey(number));
  const seal = (count: number): { count: number; hash: string } => ({ count, hash: sign({ count }) });
  let last = 0;

  return {
    async append(action, context = {}) {
      for (;;) {
        while (entryAt(last + 1) !== undefined) last++;
        const number = last + 1;
        const previous = entryAt(last)?.hash ?? "";
        const about = { id: `audit-${number}`, at: clock.now(), action, context, previous };
        const entry: AuditEntry = { ...about, hash: sign(about) };
        let isMine = true;
        // Another process may have been faster: an entry that is there stays.
        await state.update<AuditEntry>(entryKey(number), (there) => {
          isMine = there === undefined;
          return there ?? entry;
        });
        if (!isMine) continue;
        await state.update<{ count: number; hash: string }>(HEAD, (head) =>
          head !== undefined && head.count > number ? head : seal(number),
        );
        return entry;
      }
    },
    entries: () =>
      state
        .keys()
        .filter((name) => name.startsWith("entry-"))
        .toSorted()
        .flatMap((name) => state.get<AuditEntry>(name) ?? []),
    verify() {
      const head = state.get<{ count: number; hash: string }>(HEAD);
      const count = head?.count ?? 0;
      const isSealed = head === undefined ? state.keys().length === 0 : head.hash === seal(count).hash;
      let previous = "";
      for (let number = 1; number <= count || entryAt(number) !== undefined; number++) {
        const entry = entryAt(number);
        const { hash, ...about } = entry ?? { hash: "" };
        if (entry === undefined || entry.previous !== previous || hash !== sign(about))
          return { valid: false, entries: number - 1, brokenAt: `audit-${number}` };
        previous = hash;
      }
      return { valid: isSealed, entries: count, ...(isSealed ? {} : { brokenAt: HEAD }) };
    },
  };
}
