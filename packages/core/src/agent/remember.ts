import type { Memory } from "../memory/memory.js";
import type { Message } from "../messages.js";

/** Where what is new in a transcript begins, which went on from `history`; 0 when nothing of it is left. */
export function newsBegin(history: readonly Message[], transcript: readonly Message[]): number {
  const known = new Set(history);
  return transcript.findLastIndex((message) => known.has(message)) + 1;
}

/** Adds what is new of a transcript. Where that is all of it, a hook has put other messages in the place of the history. */
export function remember(memory: Memory, transcript: readonly Message[], begin: number): void {
  if (begin === 0) memory.restore([]);
  memory.add(...transcript.slice(begin));
}
