import { createHmac, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../testing/manual-clock.js";
import { decodeToken, signToken, verifyToken } from "./token.js";

const key = new Uint8Array(32).fill(7);
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = publicKey.export({ type: "spki", format: "pem" }) as string;
const jwk = publicKey.export({ format: "jwk" }) as Record<string, unknown>;

const rsaToken = async (claims: object): Promise<string> => {
  const { SignJWT } = await import("jose");
  return await new SignJWT({ ...claims }).setProtectedHeader({ alg: "RS256" }).sign(privateKey);
};

describe("tokens", () => {
  it("STD-34: are signed, checked and read", async () => {
    const token = await signToken({ sub: "ada", aud: "me", iss: "us" }, { key });
    expect(await verifyToken(token, { key, audience: "me", issuer: "us" })).toMatchObject({
      header: { alg: "HS256", typ: "JWT" },
      claims: { sub: "ada", jti: expect.any(String), exp: expect.any(Number) },
      verified: true,
    });
    expect(await decodeToken(token)).toMatchObject({ claims: { sub: "ada" }, verified: false });
    expect((await verifyToken(await signToken({}, { key, algorithm: "HS512" }), { key })).header["alg"]).toBe("HS512");
  });

  it.each([
    ["another key", {}, { key: new Uint8Array(32) }, "signature"],
    ["another audience", { aud: "you" }, { audience: "me" }, "claim"],
    ["another issuer", { iss: "them" }, { issuer: "us" }, "claim"],
    ["no issuer", {}, { issuer: "us" }, "claim"],
    ["not yet", { nbf: 4e9 }, {}, "claim"],
    ["an algorithm that is not wanted", {}, { algorithms: ["HS384"] }, "algorithm"],
    ["an algorithm that the key is not for", {}, { algorithms: ["none"] }, "algorithm"],
  ])("STD-36: %s is refused", async (_, claims, options, reason) => {
    const token = await signToken(claims, { key });
    await expect(verifyToken(token, { key, ...options })).rejects.toMatchObject({
      code: "AUTH_FAILED",
      details: { reason },
    });
  });

  it("STD-36: what has expired is refused", async () => {
    const clock = createManualClock(1e12);
    const token = await signToken({}, { key, ttlMs: 2000, clock });
    expect(await verifyToken(token, { key, clock })).toMatchObject({ verified: true });
    await clock.advance(2001);
    await expect(verifyToken(token, { key, clock })).rejects.toMatchObject({ details: { reason: "expired" } });
  });

  it.each(["none", "None", "NONE", "nOnE", ""])("STD-36: alg '%s' is refused, whatever the key", async (alg) => {
    for (const signature of ["", "AAAA"]) {
      const token = `${base64({ alg })}.${base64({ sub: "admin" })}.${signature}`;
      for (const each of [key, pem, jwk, "a secret of more than thirty-two bytes"])
        await expect(verifyToken(token, { key: each, algorithms: ["none", alg] })).rejects.toMatchObject({
          code: expect.stringMatching(/AUTH_FAILED|INVALID_ARGUMENT/),
        });
    }
  });

  it("STD-36: a public key is never a secret", async () => {
    const head = `${base64({ alg: "HS256" })}.${base64({ sub: "admin" })}`;
    for (const [secret, given] of [
      [pem, pem],
      [pem.trim(), ` \n${pem}`],
      [JSON.stringify(jwk), JSON.stringify(jwk)],
      [JSON.stringify(jwk), jwk],
    ] as const) {
      const forged = `${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`;
      for (const algorithms of [undefined, ["HS256"], ["HS256", "RS256"]])
        await expect(
          verifyToken(forged, { key: given, ...(algorithms === undefined ? {} : { algorithms }) }),
        ).rejects.toMatchObject({ code: "AUTH_FAILED", details: { reason: "algorithm" } });
    }
  });

  it("STD-34: tokens of others are checked by their public keys", async () => {
    const token = await rsaToken({ sub: "ada" });
    for (const each of [pem, jwk, JSON.stringify(jwk)])
      expect(await verifyToken(token, { key: each, algorithms: ["RS256"] })).toMatchObject({ verified: true });
    const { publicKey: other } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const otherPem = other.export({ type: "spki", format: "pem" }) as string;
    await expect(verifyToken(token, { key: otherPem })).rejects.toMatchObject({ details: { reason: "signature" } });
    const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" });
    await expect(verifyToken(token, { key: ec as string })).rejects.toMatchObject({ details: { reason: "key" } });
    const secret = { kty: "oct", k: Buffer.from(key).toString("base64url") };
    expect(await verifyToken(await signToken({}, { key }), { key: secret })).toMatchObject({ verified: true });
  });

  it("STD-36: what is no token or key is said to be none", async () => {
    for (const text of ["", "a.b.c", "a", "x".repeat(70_000)])
      await expect(decodeToken(text)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(signToken({}, { key: new Uint8Array(8) })).rejects.toThrow("at least 32 bytes");
    for (const ttlMs of [0, Number.NaN, Number.POSITIVE_INFINITY])
      await expect(signToken({}, { key, ttlMs })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(signToken({ n: 1n }, { key })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "the claims of a token must be JSON",
    });
    await expect(signToken({}, { key, algorithm: "none" as "HS256" })).rejects.toThrow("HS256, HS384, HS512");
    const token = await signToken({}, { key });
    await expect(verifyToken(token, { key: "short" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(verifyToken(token, { key: {} })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});
