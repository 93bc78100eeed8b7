import { SpellError } from "@llmspell/errors";

/**
 * 32 MiB and three rounds: one of the settings that the OWASP Password Storage Cheat Sheet
 * recommends for scrypt.
 */
const COST = { ln: 15, r: 8, p: 3 };
const MOST = { ln: 17, r: 16, p: 8 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
const MAX_PASSWORD = 1024;

/** `$scrypt$ln=15,r=8,p=3$salt$hash`, the PHC string format: a hash says how it was made. */
const FORMAT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z\d+/]{11,86})\$([A-Za-z\d+/]{22,86})$/;

/** @throws SpellError `INVALID_ARGUMENT` for an empty or endless password. */
export async function hashPassword(password: string): Promise<string> {
  const { randomBytes } = await import("node:crypto");
  const salt = randomBytes(SALT_BYTES);
  const hash = await scryptOf(password, salt, HASH_BYTES, COST);
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replaceAll("=", "");
  return `$scrypt$ln=${COST.ln},r=${COST.r},p=${COST.p}$${text(salt)}$${text(hash)}`;
}

/**
 * Whether it is the password of a hash, in a time that does not depend on how much of it is right.
 *
 * @throws SpellError `INVALID_ARGUMENT` for what is no such hash, or one that would cost too much to check.
 */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, ln, r, p, salt = "", wanted = ""] = FORMAT.exec(hash) ?? [];
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) };
  const isSane = (["ln", "r", "p"] as const).every((name) => cost[name] >= 1 && cost[name] <= MOST[name]);
  if (!isSane) throw new SpellError("INVALID_ARGUMENT", "this is no password hash that can be checked");
  const expected = Buffer.from(wanted, "base64");
  const actual = await scryptOf(password, Buffer.from(salt, "base64"), expected.byteLength, cost);
  const { timingSafeEqual } = await import("node:crypto");
  return timingSafeEqual(actual, expected);
}

async function scryptOf(password: string, salt: Uint8Array, bytes: number, cost: typeof COST): Promise<Buffer> {
  if (password === "" || password.length > MAX_PASSWORD)
    throw new SpellError("INVALID_ARGUMENT", `a password has 1 to ${MAX_PASSWORD} characters`);
  const { scrypt } = await import("node:crypto");
  const N = 2 ** cost.ln;
  // Unicode has several ways to write one letter; a keyboard decides which one comes.
  const text = password.normalize("NFKC");
  const options = { N, r: cost.r, p: cost.p, maxmem: 256 * N * cost.r };
  return await new Promise((resolve, reject) =>
    scrypt(text, salt, bytes, options, (error, hash) => (error ? reject(error) : resolve(hash))),
  );
}
