import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createHttpClient } from "../http/client.js";
import { createState, openState } from "../state/state.js";
import { createManualClock } from "../testing/manual-clock.js";
import { serve } from "../testing/loopback.js";
import { createOAuthServer } from "../testing/oauth-server.js";
import { createAuditTrail } from "./audit-log.js";
import { deriveKey } from "./keys.js";
import { startOAuth, type OAuthOptions } from "./oauth.js";
import { createPolicies, type PolicyRule } from "./policies.js";
import { sealing } from "./seal.js";

const hostKey = new Uint8Array(32).fill(9);

it("STD-34: each use has a key of its own", async () => {
  const [tokens, secrets, again] = await Promise.all([
    deriveKey(hostKey, "tokens"),
    deriveKey(hostKey, "secrets"),
    deriveKey(hostKey, "tokens"),
  ]);
  expect(tokens).toEqual(again);
  expect(tokens).not.toEqual(secrets);
  await expect(deriveKey(new Uint8Array(8), "audit")).rejects.toMatchObject({ code: "CONFIG_INVALID" });
});

describe("sealing", () => {
  it("STD-34: the file of a store is ciphertext", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "llmspell-seal-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = path.join(folder, "s.db");
    const open = async (key: Uint8Array) =>
      await openState({ file, name: "secrets" }, { transform: await sealing(key) });
    {
      using store = await open(hostKey);
      store.set("api", { token: "very-secret-value" });
      expect(store.get("api")).toEqual({ token: "very-secret-value" });
    }
    const files = await readdir(folder);
    const bytes = Buffer.concat(await Promise.all(files.map((name) => readFile(path.join(folder, name)))));
    expect(bytes.includes("very-secret-value")).toBe(false);
    expect(bytes.includes("sealed")).toBe(true);
    using other = await open(new Uint8Array(32));
    expect(() => other.get("api")).toThrow("cannot be opened");
  });

  it("STD-36: what was changed, moved or cut short is refused", async () => {
    const { write, read } = await sealing(hostKey);
    const sealed = write("value", "a") as Record<string, string>;
    expect(read(sealed, "a")).toBe("value");
    expect(write("value", "a")).not.toEqual(sealed);
    const { data = "", tag = "" } = sealed;
    const flipped = Buffer.from(data, "base64").map((byte, i) => (i === 0 ? byte ^ 1 : byte));
    for (const [bad, name] of [
      [sealed, "b"],
      [{ ...sealed, data: Buffer.from(flipped).toString("base64") }, "a"],
      [{ ...sealed, tag: tag.slice(0, 8) }, "a"],
      [{ ...sealed, iv: "" }, "a"],
      ["text", "a"],
    ] as const)
      expect(() => read(bad, name)).toThrow("cannot be opened");
  });
});

describe("policies", () => {
  it("of many subjects are checked for users of many roles; more than that is refused", () => {
    const policies = createPolicies();
    const names = Array.from({ length: 200_000 }, (_, i) => `role:r${i}`);
    policies.add([{ effect: "allow", subjects: names }]);
    const roles = Array.from({ length: 900 }, (_, i) => `x${i}`);
    expect(policies.check({ id: "ada", roles }, "a", "b").allowed).toBe(false);
    expect(policies.check({ id: "ada", roles: [...roles, "r199999"] }, "a", "b").allowed).toBe(true);
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => policies.check({ id: "ada", roles: names }, "a", "b")).toThrow(invalid);
    expect(() => policies.check("ada", "a".repeat(10_001), "b")).toThrow(invalid);
    const many = Array.from({ length: 10_001 }, (_, i) => `${i}*`);
    const failed = expect.objectContaining({ code: "VALIDATION_FAILED" });
    expect(() => policies.add([{ effect: "deny", actions: many }])).toThrow(failed);
    expect(() => policies.add([{ effect: "deny", actions: ["*a".repeat(600)] }])).toThrow(failed);
  });

  const check = (
    rules: PolicyRule[],
    user: Parameters<ReturnType<typeof createPolicies>["check"]>[0],
    resource = "doc:1",
    action = "read",
  ) => {
    const policies = createPolicies();
    if (rules.length > 0) policies.add(rules);
    return policies.check(user, resource, action);
  };

  it("STD-35: what nothing allows is denied", () => {
    expect(check([], "ada")).toEqual({ allowed: false, reason: "no policy allows it" });
    expect(check([{ effect: "allow", subjects: ["bob"] }], "ada").allowed).toBe(false);
    expect(check([{ effect: "allow" }], "ada")).toEqual({
      allowed: true,
      policy: "policy-1",
      reason: "'policy-1' allows it",
    });
  });

  it("STD-35: a rule that denies wins, in whatever policy it is", () => {
    const policies = createPolicies();
    policies.add([{ effect: "deny", subjects: ["role:guest"], actions: ["write*"] }]);
    policies.add([{ effect: "allow", subjects: ["*"], resources: ["doc:*"] }]);
    const ada = { id: "ada", roles: ["guest"] };
    expect(policies.check(ada, "doc:1", "write-all")).toMatchObject({ allowed: false, policy: "policy-1" });
    expect(policies.check(ada, "doc:1", "read")).toMatchObject({ allowed: true, policy: "policy-2" });
    expect(policies.check(ada, "file:1", "read").allowed).toBe(false);
    expect(policies.list).toHaveLength(2);
  });

  it("STD-35: a name is no role", () => {
    const rules: PolicyRule[] = [{ effect: "allow", subjects: ["role:admin"] }];
    expect(check(rules, "role:admin").allowed).toBe(false);
    expect(check(rules, { id: "role:admin", name: "role:admin" }).allowed).toBe(false);
    expect(check(rules, { id: "x", roles: ["admin"] }).allowed).toBe(true);
    expect(check(rules, { id: "x", roles: "admin" }).allowed).toBe(false);
  });

  it.each([
    [{ "user.team": "a" }, { id: "x", team: "a" }, true],
    [{ "user.team": ["a", "b"] }, { id: "x", team: "b" }, true],
    [{ "user.team": "a" }, { id: "x" }, false],
    [{ "user.toString": "a" }, { id: "x" }, false],
    [{ resource: "doc:1", "user.id": "x" }, "x", true],
    [{ action: "write" }, "x", false],
  ])("STD-35: with the conditions %j, %j is %s", (conditions, user, allowed) => {
    expect(check([{ effect: "allow", conditions }], user).allowed).toBe(allowed);
  });

  it.each([
    [[], "at least one rule"],
    [[{ effect: "permit" }], "rule 1: 'effect' must be allow or deny"],
    [[{ effect: "allow" }, { effect: "deny", subjects: [] }], "rule 2: 'subjects'"],
    [[{ effect: "allow", actions: [1] }], "rule 1: 'actions'"],
    [[{ effect: "allow", conditions: [] }], "rule 1: 'conditions'"],
  ])("STD-35: %j is refused", (rules, message) => {
    expect(() => createPolicies().add(rules as PolicyRule[])).toThrow(message);
  });
});

describe("the audit trail", () => {
  it("STD-36: has every entry, in a chain that shows what was done to it", async () => {
    const state = createState();
    const trail = await createAuditTrail(state, { key: hostKey, clock: createManualClock(1000) });
    expect(trail.verify()).toEqual({ valid: true, entries: 0 });
    const all = await Promise.all(["a", "b", "c"].map((action) => trail.append(action, { n: action })));
    expect(new Set(all.map(({ id }) => id)).size).toBe(3);
    const entries = trail.entries();
    expect(entries.map(({ id, previous }) => [id, previous])).toEqual([
      ["audit-1", ""],
      ["audit-2", entries[0]?.hash],
      ["audit-3", entries[1]?.hash],
    ]);
    expect(entries.map(({ action }) => action).toSorted()).toEqual(["a", "b", "c"]);
    expect(trail.verify()).toEqual({ valid: true, entries: 3 });
    await expect(trail.append("bad", { f: () => {} })).rejects.toMatchObject({ code: expect.any(String) });

    const whole = state.snapshot();
    const tampered: [() => void, string][] = [
      [() => state.set("entry-0000000002", { ...entries[1], action: "other" }), "audit-2"],
      [() => void state.delete("entry-0000000001"), "audit-1"],
      [() => void state.delete("entry-0000000003"), "audit-3"],
      [() => void state.delete("head"), "head"],
      [
        () => {
          state.delete("entry-0000000003");
          state.set("head", { count: 2, hash: "made up" });
        },
        "head",
      ],
    ];
    for (const [tamper, brokenAt] of tampered) {
      tamper();
      expect(trail.verify()).toMatchObject({ valid: false, brokenAt });
      state.restore(whole);
    }
    expect(trail.verify().valid).toBe(true);
    const other = await createAuditTrail(state, { key: new Uint8Array(32) });
    expect(other.verify()).toMatchObject({ valid: false, brokenAt: "audit-1" });
  });

  it("STD-36: two who write at the same time lose nothing", async () => {
    const state = createState();
    const [one, two] = await Promise.all([1, 2].map(() => createAuditTrail(state, { key: hostKey })));
    await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : two)?.append(`do ${i}`)));
    expect(one?.verify()).toEqual({ valid: true, entries: 20 });
  });
});

describe("OAuth", () => {
  const setup = async (options: Partial<OAuthOptions> = {}) => {
    const server = await createOAuthServer();
    const http = createHttpClient({ policy: { addresses: ["127.0.0.1"] } });
    onTestFinished(async () => {
      await http[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    });
    const base = {
      issuer: server.url,
      clientId: "me",
      redirectUri: "http://127.0.0.1/back",
      scopes: ["read"],
      insecure: true,
      fetch: async (url: string, init: RequestInit) => await http.fetch(url, init),
    };
    return { server, flow: await startOAuth({ ...base, ...options }), base };
  };

  it("STD-34: code and PKCE give tokens, once", async () => {
    const { server, flow } = await setup();
    const query = new URL(flow.authorizeUrl).searchParams;
    expect(Object.fromEntries(query)).toMatchObject({
      client_id: "me",
      code_challenge_method: "S256",
      response_type: "code",
      scope: "read",
      state: flow.state,
    });
    const { code, state } = server.agree(flow.authorizeUrl);
    expect(await flow.complete(code, state)).toMatchObject({
      accessToken: "the-access",
      refreshToken: "the-refresh",
      scope: "read",
      expiresAt: expect.any(Number),
    });
    expect(server.grants[0]).toMatchObject({
      grant_type: "authorization_code",
      code_verifier: expect.stringMatching(/^.{43,}$/),
    });
    await expect(flow.complete(code, state)).rejects.toMatchObject({ code: "INVALID_STATE" });
  });

  it("STD-36: another state is refused, and nothing asked", async () => {
    const { server, flow } = await setup();
    const { code } = server.agree(flow.authorizeUrl);
    await expect(flow.complete(code, "another")).rejects.toMatchObject({
      code: "AUTH_FAILED",
      details: { reason: "state" },
    });
    expect(server.grants).toEqual([]);
  });

  it("STD-36: a code of another flow fails by PKCE, in words of our own", async () => {
    const { server, flow, base } = await setup();
    const other = await startOAuth(base);
    const { code } = server.agree(other.authorizeUrl);
    const error = await flow.complete(code, flow.state).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "AUTH_FAILED", message: "the server refuses: invalid_grant" });
    expect(String(error)).not.toContain("secret");
  });

  it("STD-36: a flow ends in time", async () => {
    const clock = createManualClock(1e12);
    const { server, flow } = await setup({ clock, timeoutMs: 1000 });
    const { code, state } = server.agree(flow.authorizeUrl);
    await clock.advance(1000);
    await expect(flow.complete(code, state)).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("STD-34: endpoints can be named, a secret be given, and http not be allowed", async () => {
    const { server, base } = await setup();
    const { issuer: _, insecure: __, ...rest } = base;
    const endpoints = { authorizationEndpoint: `${server.url}/authorize`, tokenEndpoint: `${server.url}/token` };
    const flow = await startOAuth({ ...rest, ...endpoints, insecure: true, clientSecret: "s3cret" });
    const { code, state } = server.agree(flow.authorizeUrl);
    expect(await flow.complete(code, state)).toMatchObject({ accessToken: "the-access" });
    expect(server.grants.at(-1)).toMatchObject({ client_secret: "s3cret" });
    await expect(startOAuth({ ...rest, issuer: server.url })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "'issuer' is not a URL with https",
    });
    await using silent = await serve((_request, response) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ issuer: silent.url, token_endpoint: `${silent.url}/token` }));
    });
    await expect(startOAuth({ ...base, issuer: silent.url })).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: "the server does not say where users log in",
    });
    for (const authorizationEndpoint of ["nonsense", "a:b", "http://id.example.com/authorize"])
      await expect(startOAuth({ ...rest, ...endpoints, authorizationEndpoint })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("'authorizationEndpoint' is not a URL"),
      });
    await expect(startOAuth(rest)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(startOAuth({ ...rest, issuer: "no url" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(startOAuth({ ...base, issuer: "http://127.0.0.2:1/" })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });
});
