import { SpellError } from "@llmspell/errors";
import { isRecord } from "../json.js";
import type { StateOptions } from "../state/state.js";

/**
 * Values of a state encrypted by AES-256-GCM, each bound to its key: one that was changed, or put
 * under another key, is refused. For the option `transform` of a state.
 *
 * @example
 * using secrets = await openState({ file, name: "secrets" }, { transform: await sealing(key) });
 */
export async function sealing(key: Uint8Array): Promise<NonNullable<StateOptions["transform"]>> {
  const { createCipheriv, createDecipheriv, randomBytes } = await import("node:crypto");
  return {
    write(value, name) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(name));
      const data = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
      const text = (bytes: Buffer): string => bytes.toString("base64");
      return { sealed: 1, iv: text(iv), tag: text(cipher.getAuthTag()), data: text(data) };
    },
    read(stored, name) {
      const fields = isRecord(stored) ? stored : {};
      const bytes = (field: string): Buffer => Buffer.from(String(fields[field]), "base64");
      try {
        const tag = bytes("tag");
        const decipher = createDecipheriv("aes-256-gcm", key, bytes("iv"), { authTagLength: 16 })
          .setAAD(Buffer.from(name))
          .setAuthTag(tag);
        return JSON.parse(
          Buffer.concat([decipher.update(bytes("data")), decipher.final()]).toString("utf8"),
        ) as unknown;
      } catch {
        throw new SpellError(
          "IO_ERROR",
          `the secret '${name}' cannot be opened: it was changed, or sealed with another key`,
        );
      }
    },
  };
}
