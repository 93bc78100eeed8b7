import type { Message } from "../messages.js";

/** What is counted of a message, and how much there may be. */
export interface WindowLimit {
  readonly max: number;
  readonly of: (message: Message) => number;
}

/**
 * The system messages and the latest of the others that stay within every limit. Whole turns
 * go, so that no tool result loses its call: what is kept begins with the user. System messages
 * count as well. With `keepLatest` the latest turn stays even where it alone is too much.
 */
export function selectWindow<T extends { readonly message: Message }>(
  entries: readonly T[],
  limits: readonly WindowLimit[],
  { keepLatest = false }: { keepLatest?: boolean } = {},
): T[] {
  const isSystem = ({ message }: T): boolean => message.role === "system";
  const rest = entries.filter((entry) => !isSystem(entry));
  const left = limits.map(({ max, of }) =>
    entries.reduce((sum, entry) => (isSystem(entry) ? sum - of(entry.message) : sum), max),
  );
  let begin = rest.length;
  for (let index = rest.length - 1; index >= 0; index--) {
    const { message } = rest[index] ?? {};
    if (message === undefined) break;
    limits.forEach(({ of }, each) => (left[each] = (left[each] ?? 0) - of(message)));
    if (left.some((amount) => amount < 0)) break;
    if (message.role === "user") begin = index;
  }
  if (keepLatest && begin === rest.length) begin = rest.findLastIndex(({ message }) => message.role === "user");
  const kept = new Set(rest.slice(Math.max(0, begin)));
  return entries.filter((entry) => isSystem(entry) || kept.has(entry));
}
