/**
 * Calls `work` for every item, at most `limit` at a time, each as soon as there is room.
 * Rejects with the first rejection of `work`; the others are not stopped by it.
 */
export async function forEachParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  // One iterator for all workers: each takes the next item that nobody has.
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) await work(item, index);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
