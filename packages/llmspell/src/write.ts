import { writeSync } from "node:fs";
import { EXIT } from "./exit.js";

const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes all of `data` before it returns, so that what a spell has printed is
 * never lost, however the process ends.
 */
export function writeNow(fd: 1 | 2, data: string | Uint8Array): void {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // The reader is slow, or has left, as `head` does.
      if (code === "EAGAIN") Atomics.wait(pause, 0, 0, 1);
      else if (code === "EPIPE" && fd === 1) process.exit(EXIT.ok);
      else if (code === "EPIPE") return;
      else throw error;
    }
  }
}
