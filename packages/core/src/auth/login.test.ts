import { createHash, scryptSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../testing/manual-clock.js";
import { apiKeyScheme, basicScheme, bearerScheme, createLogin } from "./login.js";
import { hashPassword, verifyPassword } from "./password.js";
import { createSessions } from "./sessions.js";
import { signToken } from "./token.js";

const key = new Uint8Array(32).fill(1);
const PASSWORD = "correct horse";
const hash = await hashPassword(PASSWORD);

describe("passwords", () => {
  it("STD-36: are hashed with a salt, and say how", async () => {
    expect(hash).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$/);
    expect(await hashPassword(PASSWORD)).not.toBe(hash);
    expect([await verifyPassword(PASSWORD, hash), await verifyPassword("wrong", hash)]).toEqual([true, false]);
    const [, , , salt = "", wanted] = hash.split("$");
    const own = scryptSync(PASSWORD, Buffer.from(salt, "base64"), 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 27 });
    expect(own.toString("base64").replaceAll("=", "")).toBe(wanted);
  });

  it("STD-36: one letter is one letter, however it is written", async () => {
    expect(await verifyPassword("cafe\u0301", await hashPassword("caf\u00e9"))).toBe(true);
  });

  it("STD-36: what is no hash, or one that is too dear, is refused", async () => {
    const dear = hash.replace("ln=15", "ln=30");
    for (const text of ["", "$2b$10$abc", dear, hash.replace("p=3", "p=99"), hash.replace("p=3", "p=0"), `${hash}!`])
      await expect(verifyPassword(PASSWORD, text)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(hashPassword("")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(hashPassword("x".repeat(1025))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("login", () => {
  const make = () => {
    const clock = createManualClock(1e12);
    const sessions = createSessions({ ttlMs: 1000, refreshMs: 5000, clock });
    const schemes = {
      basic: basicScheme({ ada: { hash, roles: ["admin"] } }),
      bearer: bearerScheme({ key }),
      api_key: apiKeyScheme({ [createHash("sha256").update("k-1").digest("hex")]: { id: "robot" } }),
    };
    return { clock, sessions, login: createLogin({ sessions, schemes, clock, limit: { tries: 3, windowMs: 1000 } }) };
  };

  it("STD-33: each scheme knows its users", async () => {
    const { login, sessions } = make();
    const session = await login("basic", { username: "ada", password: PASSWORD });
    expect(session.user).toEqual({ id: "ada", roles: ["admin"] });
    expect((await login("bearer", { token: await signToken({ sub: "bob" }, { key }) })).user.id).toBe("bob");
    expect((await login("api_key", { key: "k-1" })).user.id).toBe("robot");
    expect(await sessions.validate(session.id)).toMatchObject({ valid: true, user: { id: "ada" } });
    expect(await sessions.validate(session.token)).toMatchObject({ valid: true });
    expect(await sessions.validate(session.refreshToken)).toEqual({ valid: false });
  });

  it.each([
    ["basic", { username: "ada", password: "wrong" }],
    ["basic", { username: "nobody", password: PASSWORD }],
    ["basic", { username: "toString", password: PASSWORD }],
    ["basic", { username: "ada" }],
    ["basic", {}],
    ["bearer", { token: "a.b.c" }],
    ["bearer", {}],
    ["api_key", { key: "k-2" }],
    ["api_key", { key: "constructor" }],
    ["api_key", {}],
  ])("STD-36: %s with %j fails in the same words", async (scheme, credentials) => {
    await expect(make().login(scheme, credentials)).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: "the credentials are not right",
    });
  });

  it("STD-36: a token that was signed for nobody is nobody", async () => {
    await expect(make().login("bearer", { token: await signToken({}, { key }) })).rejects.toMatchObject({
      code: "AUTH_FAILED",
    });
    await expect(make().login("oauth2", {})).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(make().login("toString", {})).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("STD-36: tries are limited for each name", async () => {
    const { login, clock } = make();
    const wrong = { username: "ada", password: "wrong" };
    for (let i = 0; i < 3; i++) await expect(login("basic", wrong)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await expect(login("basic", { username: "ada", password: PASSWORD })).rejects.toMatchObject({
      code: "RATE_LIMITED",
      details: { retryAfterMs: 1000 },
    });
    await expect(login("basic", { ...wrong, username: "bob" })).rejects.toMatchObject({ code: "AUTH_FAILED" });
    await clock.advance(1000);
    expect((await login("basic", { username: "ada", password: PASSWORD })).user.id).toBe("ada");
  });

  it("STD-33: sessions end, are refreshed, and end for a thief", async () => {
    const { clock, sessions } = make();
    const first = await sessions.create({ id: "ada" });
    await clock.advance(1000);
    expect(await sessions.validate(first.token)).toEqual({ valid: false });
    const second = await sessions.refresh(first.refreshToken);
    expect(second).toMatchObject({ id: first.id, user: { id: "ada" } });
    expect(second.token).not.toBe(first.token);
    expect(await sessions.validate(second.token)).toMatchObject({ valid: true });
    // The old refresh token once more: somebody has stolen it.
    await expect(sessions.refresh(first.refreshToken)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(await sessions.validate(second.token)).toEqual({ valid: false });
    await expect(sessions.refresh(second.refreshToken)).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });

  it("STD-33: a refresh token that two use at the same time ends the session as well", async () => {
    const { sessions } = make();
    const { refreshToken } = await sessions.create({ id: "ada" });
    const outcomes = await Promise.allSettled([sessions.refresh(refreshToken), sessions.refresh(refreshToken)]);
    const [first, ...others] = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    expect(others).toEqual([]);
    expect(await sessions.validate(first?.token ?? "")).toEqual({ valid: false });
  });

  it("STD-33: a session is not refreshed for ever, and can be revoked", async () => {
    const { clock, sessions } = make();
    const session = await sessions.create({ id: "ada" });
    await expect(sessions.refresh(session.token)).rejects.toMatchObject({ code: "AUTH_FAILED" });
    const other = await sessions.create({ id: "bob" });
    expect([sessions.revoke(other.id), sessions.revoke(other.id)]).toEqual([true, false]);
    expect(await sessions.validate(other.token)).toEqual({ valid: false });
    await clock.advance(5000);
    await expect(sessions.refresh(session.refreshToken)).rejects.toMatchObject({ code: "AUTH_FAILED" });
  });
});
