import { SpellError } from "@llmspell/errors";

const LEAST_BYTES = 32;

/** What a key of the host is used for: each use has a key of its own. */
export type KeyUse = "tokens" | "secrets" | "audit";

/**
 * A key for one use, made of the host's (HKDF with SHA-256, RFC 5869): a token that leaks its key
 * opens no secrets.
 *
 * @throws SpellError `CONFIG_INVALID` for a key of less than 32 bytes.
 */
export async function deriveKey(hostKey: Uint8Array, use: KeyUse): Promise<Uint8Array> {
  if (hostKey.byteLength < LEAST_BYTES)
    throw new SpellError("CONFIG_INVALID", `the key of the host must have at least ${LEAST_BYTES} bytes`);
  const { hkdfSync } = await import("node:crypto");
  return new Uint8Array(hkdfSync("sha256", hostKey, new Uint8Array(0), `llmspell ${use}`, 32));
}
