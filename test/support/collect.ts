import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** Runs the collector of this process once. */
export const collectNow = runInNewContext("gc") as () => void;

/** The same, and lets finalizers run: what they free may free more in the next round. */
export async function collectAll(rounds = 4): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    collectNow();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
