import assert from "node:assert/strict";
import { seal, unseal, type Guest } from "@llmspell/engine";
import { TestHost } from "@llmspell/engine/conformance";
import { isSpellError } from "@llmspell/errors";
import { endOf, type Arena } from "../attacks/kit/arena.js";
import type { FuzzedLanguage } from "./language.js";
import type { Random } from "../support/random.js";

const MAX_BYTES = 1 << 26;
const LIMITS = { fuel: 300_000, memoryBytes: 4 * 1024 * 1024 };

/** A snapshot of a guest after a program; undefined where the program left none to take. */
export async function takeSnapshot({ engine, target }: Arena, source: string): Promise<Uint8Array | undefined> {
  const host = new TestHost();
  const guest = engine.createGuest({ bindings: target.bindings, host, limits: LIMITS });
  try {
    await endOf(guest, host, source);
    return guest.snapshot().encode();
  } catch (error) {
    if (!isSpellError(error)) throw error;
    return undefined;
  } finally {
    guest[Symbol.dispose]();
  }
}

/** A snapshot begins with the name of its format. */
function formatOf(snapshot: Uint8Array): string {
  const [name] = /^llmspell-\w+-snapshot-\d+/.exec(Buffer.from(snapshot.subarray(0, 100)).toString("latin1")) ?? [];
  assert.ok(name, "the snapshot names its format");
  return name;
}

function damage(random: Random, bytes: Uint8Array): Uint8Array {
  const changed = Uint8Array.from(bytes);
  for (let i = 1 + random.below(8); i > 0; i--) changed[random.below(changed.length)] = random.below(256);
  return random.oneIn(8) ? changed.subarray(0, random.below(changed.length)) : changed;
}

/** Bytes that were changed on the way: the checksum tells. */
export function refuseAltered({ engine, target: { bindings } }: Arena, random: Random, snapshot: Uint8Array): void {
  const changed = damage(random, snapshot);
  if (Buffer.compare(changed, snapshot) === 0) return;
  assert.throws(() => engine.restore(changed, { bindings }), { code: "SNAPSHOT_INVALID" });
}

/**
 * A snapshot that somebody has changed and sealed again, as one without a key
 * allows: it may be refused, or its guest be out of its mind, but stays a guest.
 */
export async function surviveForged(
  arena: Arena,
  { afterwards }: FuzzedLanguage,
  random: Random,
  snapshot: Uint8Array,
): Promise<void> {
  const format = formatOf(snapshot);
  const forged = seal(format, damage(random, unseal(format, snapshot, MAX_BYTES)));
  const host = new TestHost();
  let guest: Guest;
  try {
    guest = arena.engine.restore(forged, { bindings: arena.target.bindings, host, limits: LIMITS });
  } catch (error) {
    if (!isSpellError(error)) throw error;
    await arena.checkNext("basic");
    return;
  }
  try {
    await endOf(guest, host, afterwards);
  } catch (error) {
    if (!isSpellError(error)) throw error;
  } finally {
    guest[Symbol.dispose]();
  }
  await arena.checkNext("basic");
}
