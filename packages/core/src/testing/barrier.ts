/** Resolves for everybody when `count` have arrived: who arrives alone waits for ever. */
export function barrier(count: number): () => Promise<void> {
  let arrived = 0;
  let open = (): void => {};
  const all = new Promise<void>((resolve) => (open = resolve));
  return () => {
    if (++arrived === count) open();
    return all;
  };
}
