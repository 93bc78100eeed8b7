import { SpellError } from "@llmspell/errors";

// Present in every Node that we run on, and loaded only when it is used.
const node = () => process.getBuiltinModule("node:crypto");

/** A random UUID, version 4. */
export function uuid(): string {
  // Node joins it of 25 pieces, which V8 keeps (800 bytes) until something reads the text as a whole.
  return globalThis.crypto.randomUUID().toLowerCase();
}

export const HASHES = ["md5", "sha1", "sha256", "sha384", "sha512"] as const;

/** The hash of a text (as UTF-8) or bytes, in hexadecimal. md5 and sha1 are no protection against anybody. */
export function hash(data: string | Uint8Array, algorithm: (typeof HASHES)[number] = "sha256"): string {
  return node().createHash(algorithm).update(data).digest("hex");
}

const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const MOST = 65_536;

/**
 * A text of `length` characters, each with the same probability, from a generator that is fit for secrets.
 *
 * @throws SpellError `INVALID_ARGUMENT` for more than 65 536 characters or fewer than two different ones.
 */
export function randomString(length: number, charset: string = ALPHANUMERIC): string {
  const letters = [...new Set(charset)];
  if (letters.length < 2) throw new SpellError("INVALID_ARGUMENT", "a charset needs at least two different characters");
  if (!(Number.isInteger(length) && length >= 0 && length <= MOST))
    throw new SpellError("INVALID_ARGUMENT", `the length must be a whole number up to ${MOST}`);
  const { randomInt } = node();
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
}

export const ENCODINGS = ["base64", "base64url", "hex", "url"] as const;
export type TextEncoding = (typeof ENCODINGS)[number];

/** A text (as UTF-8) or bytes in an encoding. */
export function encode(data: string | Uint8Array, encoding: TextEncoding): string {
  const bytes = typeof data === "string" ? Buffer.from(data, "utf8") : Buffer.from(data);
  if (encoding !== "url") return bytes.toString(encoding);
  // What RFC 3986 calls unreserved stays.
  return [...bytes]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[\w.~-]/.test(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    })
    .join("");
}

/** The bytes behind a text in an encoding. @throws SpellError `SYNTAX_ERROR` for a text that is not in it. */
export function decode(text: string, encoding: TextEncoding): Uint8Array {
  const malformed = (): SpellError => new SpellError("SYNTAX_ERROR", `the text is not ${encoding}`);
  switch (encoding) {
    case "hex":
      if (text.length % 2 !== 0 || /[^\da-f]/i.test(text)) throw malformed();
      return new Uint8Array(Buffer.from(text, "hex"));
    case "url": {
      if (/%(?![\da-f]{2})/i.test(text)) throw malformed();
      const parts = text.split(/(%[\da-f]{2})/i);
      return new Uint8Array(
        Buffer.concat(
          parts.map((part) => (part.startsWith("%") ? Buffer.from(part.slice(1), "hex") : Buffer.from(part))),
        ),
      );
    }
    default: {
      const letters = encoding === "base64" ? /^[A-Za-z\d+/]*={0,2}$/ : /^[\w-]*={0,2}$/;
      if (!letters.test(text) || text.replaceAll("=", "").length % 4 === 1) throw malformed();
      return new Uint8Array(Buffer.from(text, encoding));
    }
  }
}
