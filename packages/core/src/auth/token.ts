import { SpellError } from "@llmspell/errors";
import type { CryptoKey, JWK, JWTPayload, JWTVerifyOptions } from "jose";
import { systemClock, type Clock } from "../clock.js";
import { defined, isRecord, tryParseJson, tryWriteJson } from "../json.js";
import { authFailure } from "./failure.js";

const SHARED = ["HS256", "HS384", "HS512"] as const;
const PUBLIC = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const LEAST_SECRET = 32;
const MAX_TOKEN = 64 * 1024;

export type TokenAlgorithm = (typeof SHARED)[number];

export interface Token {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** Whether the signature was checked, and the time and the names in the claims. */
  verified: boolean;
}

export interface SignOptions {
  /** At least 32 bytes. */
  key: Uint8Array;
  /** `HS256` by default. */
  algorithm?: TokenAlgorithm;
  /** Milliseconds; one hour by default. */
  ttlMs?: number;
  clock?: Pick<Clock, "now">;
}

export interface VerifyOptions {
  /** A secret as bytes or text, or a public key: PEM (SPKI), or a JWK as JSON text or an object. */
  key: Uint8Array | string | Readonly<Record<string, unknown>>;
  /** Of those that the key can be for; all of them by default, never `none`. */
  algorithms?: readonly string[];
  issuer?: string;
  audience?: string;
  clock?: Pick<Clock, "now">;
}

/** A JSON Web Token (RFC 7519) with `iat`, `exp` and, when it has none, `jti`. @throws SpellError `INVALID_ARGUMENT`. */
export async function signToken(
  claims: Readonly<Record<string, unknown>>,
  { key, algorithm = "HS256", ttlMs = 3_600_000, clock = systemClock }: SignOptions,
): Promise<string> {
  if (!SHARED.includes(algorithm))
    throw new SpellError("INVALID_ARGUMENT", `tokens are signed with one of ${SHARED.join(", ")}`);
  if (!(ttlMs > 0 && Number.isFinite(ttlMs)))
    throw new SpellError("INVALID_ARGUMENT", "the time that a token is good for must be milliseconds above 0");
  if (tryWriteJson(claims) === undefined)
    throw new SpellError("INVALID_ARGUMENT", "the claims of a token must be JSON");
  const { SignJWT } = await import("jose");
  const now = Math.floor(clock.now() / 1000);
  return await new SignJWT({ jti: crypto.randomUUID(), ...claims } as JWTPayload)
    .setProtectedHeader({ alg: algorithm, typ: "JWT" })
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(ttlMs / 1000))
    .sign(secretOf(key));
}

/** What a token says, unchecked: anybody may have written it. @throws SpellError `INVALID_ARGUMENT`. */
export async function decodeToken(token: string): Promise<Token> {
  if (token.length > MAX_TOKEN) throw new SpellError("INVALID_ARGUMENT", "the token is too long");
  const { decodeJwt, decodeProtectedHeader } = await import("jose");
  try {
    return { header: { ...decodeProtectedHeader(token) }, claims: { ...decodeJwt(token) }, verified: false };
  } catch {
    throw new SpellError("INVALID_ARGUMENT", "this is no JSON Web Token");
  }
}

/**
 * A token whose signature, times and names are right. The kind of the key decides what it may be
 * signed with, not the token: a public key is never taken for a secret (RFC 8725, section 3.1).
 *
 * @throws SpellError `AUTH_FAILED` with the `reason`; `INVALID_ARGUMENT` for what is no token or key.
 */
export async function verifyToken(token: string, options: VerifyOptions): Promise<Token> {
  const { header } = await decodeToken(token);
  const { key, algorithms: possible } = await keyOf(options.key, String(header["alg"]));
  const algorithms = possible.filter((name) => options.algorithms?.includes(name) ?? true);
  if (!algorithms.includes(String(header["alg"])))
    throw authFailure(`the token is signed by '${String(header["alg"]).slice(0, 20)}', which is not allowed here`, {
      reason: "algorithm",
    });
  const { jwtVerify, errors } = await import("jose");
  const { issuer, audience, clock = systemClock } = options;
  const wanted: JWTVerifyOptions = {
    algorithms,
    currentDate: new Date(clock.now()),
    ...defined({ issuer, audience }),
  };
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key, wanted);
    return { header: { ...protectedHeader }, claims: { ...payload }, verified: true };
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw authFailure("the token has expired", { reason: "expired" });
    if (error instanceof errors.JWTClaimValidationFailed)
      throw authFailure(`the claim '${error.claim}' of the token is not right`, {
        reason: "claim",
        claim: error.claim,
      });
    throw authFailure("the signature of the token is not right", { reason: "signature" });
  }
}

async function keyOf(
  key: VerifyOptions["key"],
  algorithm: string,
): Promise<{ key: Uint8Array | CryptoKey; algorithms: readonly string[] }> {
  if (key instanceof Uint8Array) return { key: secretOf(key), algorithms: SHARED };
  const given = typeof key === "string" ? tryParseJson(key)?.value : key;
  const jwk = isRecord(given) && typeof given["kty"] === "string" ? (given as JWK) : undefined;
  const isPem = typeof key === "string" && key.trimStart().startsWith("-----BEGIN");
  if (jwk === undefined && !isPem) {
    if (typeof key !== "string")
      throw new SpellError("INVALID_ARGUMENT", "the key is neither a secret nor a public key");
    return { key: secretOf(new TextEncoder().encode(key)), algorithms: SHARED };
  }
  if (jwk?.kty === "oct") return { key: secretOf(Buffer.from(String(jwk.k), "base64url")), algorithms: SHARED };
  // The key is made for what the token says only if a public key can be for that.
  if (!PUBLIC.includes(algorithm)) return { key: new Uint8Array(0), algorithms: PUBLIC };
  const { importJWK, importSPKI } = await import("jose");
  try {
    const made = jwk === undefined ? await importSPKI(String(key), algorithm) : await importJWK(jwk, algorithm);
    return { key: made, algorithms: PUBLIC };
  } catch {
    throw authFailure(`the key is not one for '${algorithm}'`, { reason: "key" });
  }
}

function secretOf(key: Uint8Array): Uint8Array {
  if (key.byteLength >= LEAST_SECRET) return key;
  // A shorter one can be found by trying (RFC 7518, section 3.2).
  throw new SpellError("INVALID_ARGUMENT", `the secret of a token must have at least ${LEAST_SECRET} bytes`);
}
