import { sha256 } from "../hash.js";
import type { Message } from "../messages.js";
import type { Condensed, FitOptions } from "./fit-context.js";

// As many conversations as an agent has at a time; an older one is summarized again.
const MOST_KEPT = 100;

/** By how many messages a summary stands for and what they are. */
const summaries = new WeakMap<FitOptions, Map<string, Condensed>>();

/** The summary of the most of `messages` that another run with the same options has made, if they begin with what it stands for. */
export async function recallSummary(options: FitOptions, messages: readonly Message[]): Promise<Condensed | undefined> {
  const kept = summaries.get(options);
  if (kept === undefined) return undefined;
  const counts = new Set([...kept.values()].map(({ count }) => count));
  for (const count of [...counts].toSorted((a, b) => b - a)) {
    const found = count <= messages.length ? kept.get(await keyOf(messages, count)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Keeps a summary for the runs that go on with the conversation. */
export async function keepSummary(
  options: FitOptions,
  messages: readonly Message[],
  summary: Condensed,
): Promise<void> {
  const kept = summaries.get(options) ?? new Map<string, Condensed>();
  summaries.set(options, kept);
  kept.set(await keyOf(messages, summary.count), summary);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
}

async function keyOf(messages: readonly Message[], count: number): Promise<string> {
  return `${count} ${await sha256(JSON.stringify(messages.slice(0, count)))}`;
}
