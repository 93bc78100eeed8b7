import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { basicScheme, createAuth, createAuditTrail, hashPassword, openState } from "@llmspell/core";
import { createOAuthServer } from "../../../../core/src/testing/oauth-server.js";
import { HostFunction } from "@llmspell/engine";
import type { SpellRun } from "@llmspell/spell";
import { describe, expect, it, onTestFinished } from "vitest";
import { cast, failureOf, inJavaScript, valueOf } from "../../../../../test/support/spell.js";

const LANGUAGES = ["lua", "javascript"] as const;
type Sources = Record<(typeof LANGUAGES)[number], string>;

const key = new Uint8Array(32).fill(3);
const hash = await hashPassword("pw");
const host = () =>
  createAuth({
    key,
    schemes: { basic: basicScheme({ ada: { hash, roles: ["admin"] } }) },
    limit: { tries: 3, windowMs: 60_000 },
    rules: [{ effect: "deny", actions: ["delete"] }],
  });
const grants = [{ capability: "auth" }];
const storageFile = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "llmspell-auth-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "store.db");
};

describe.each(LANGUAGES)("auth in %s", (language) => {
  const within = (options: Partial<SpellRun> = {}): Partial<SpellRun> => ({
    ...(language === "lua" ? {} : inJavaScript()),
    auth: host(),
    grants,
    ...options,
  });
  const value = (sources: Sources, options?: Partial<SpellRun>) => valueOf(sources[language], within(options));
  const failure = (sources: Sources, options?: Partial<SpellRun>) => failureOf(sources[language], within(options));

  it("STD-33: logs in, refreshes, and knows who is there", async () => {
    const sources = {
      lua: `local s = auth.login({ username = "ada", password = "pw" }, "basic")
        local r = auth.refresh_token(s.refresh_token)
        local good = auth.validate_session(r).valid
        local stolen = pcall(auth.refresh_token, s.refresh_token)
        return { s.user.roles[1], r.id == s.id, r.token ~= s.token, auth.validate_session(s).valid, good, stolen, auth.validate_session(s.id).valid }`,
      javascript: `const s = await auth.login({ username: "ada", password: "pw" }, "basic");
        const r = await auth.refreshToken(s.refresh_token);
        const good = (await auth.validateSession(r)).valid;
        const stolen = await auth.refreshToken(s.refresh_token).then(() => true, () => false);
        return [s.user.roles[0], r.id === s.id, r.token !== s.token, (await auth.validateSession(s)).valid, good, stolen, (await auth.validateSession(s.id)).valid];`,
    };
    expect(await value(sources)).toEqual(["admin", true, true, false, true, false, false]);
  });

  it("STD-36: wrong credentials fail, and too many tries are refused", async () => {
    const sources = {
      lua: `local codes = llmspell.array{} for i = 1, 4 do local _, e = pcall(auth.login, { username = "ada", password = "no" }, "basic") codes[i] = e.code end
        local _, e = pcall(auth.login, {}, "magic") codes[5] = e.code return codes`,
      javascript: `const codes = []; for (let i = 0; i < 4; i++) codes.push(await auth.login({ username: "ada", password: "no" }, "basic").catch((e) => e.code));
        codes.push(await auth.login({}, "magic").catch((e) => e.code)); return codes;`,
    };
    expect(await value(sources)).toEqual(["AUTH_FAILED", "AUTH_FAILED", "AUTH_FAILED", "RATE_LIMITED", "NOT_FOUND"]);
  });

  it("STD-34: tokens are made, checked and read", async () => {
    const sources = {
      lua: `local token = auth.generate_token({ sub = "ada", iss = "us" }, { ttl = "1m", alg = "HS384" })
        local read = auth.jwt_decode(token)
        return { auth.validate_token(token).claims.sub, auth.validate_token(token, { iss = "them" }).valid, auth.validate_token(token, { alg = "HS256" }).error, auth.validate_token("x").valid,
          read.header.alg, read.verified, auth.validate_token(utils.auth.generateToken({})).valid }`,
      javascript: `const token = await auth.generateToken({ sub: "ada", iss: "us" }, { ttl: "1m", alg: "HS384" });
        const read = await auth.jwtDecode(token);
        return [(await auth.validateToken(token)).claims.sub, (await auth.validateToken(token, { iss: "them" })).valid, (await auth.validateToken(token, { alg: "HS256" })).error, (await auth.validateToken("x")).valid,
          read.header.alg, read.verified, (await auth.validateToken(await utils.auth.generateToken({}))).valid];`,
    };
    expect(await value(sources)).toEqual([
      "ada",
      false,
      "the token is signed by 'HS384', which is not allowed here",
      false,
      "HS384",
      false,
      true,
    ]);
  });

  it("STD-36: a token without a signature and one signed by a public key are refused", async () => {
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"sub":"admin"}').toString("base64url")}.`;
    const decode = (verify: string, given: string) => ({
      lua: `return auth.jwt_decode("${none}", { ${verify} })`,
      javascript: `return auth.jwtDecode("${none}", { ${given} })`,
    });
    const secret = "x".repeat(32);
    expect(await failure(decode(`key = "${secret}"`, `key: "${secret}"`))).toMatchObject({ code: "AUTH_FAILED" });
    expect(
      await failure(decode(`key = "${secret}", algs = { "none" }`, `key: "${secret}", algs: ["none"]`)),
    ).toMatchObject({
      code: "AUTH_FAILED",
      details: { reason: "algorithm" },
    });
    expect(
      await failure({ lua: `auth.jwt_decode("${none}", true)`, javascript: `await auth.jwtDecode("${none}", true)` }),
    ).toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("STD-36: passwords", async () => {
    const sources = {
      lua: `local h = auth.hash_password("pw") return { h:sub(1, 8), auth.verify_password("pw", h), auth.verify_password("no", h), pcall(auth.verify_password, "pw", "x") }`,
      javascript: `const h = await auth.hashPassword("pw"); return [h.slice(0, 8), await auth.verifyPassword("pw", h), await auth.verifyPassword("no", h), await auth.verifyPassword("pw", "x").then(() => true, () => false)];`,
    };
    expect(((await value(sources)) as unknown[]).slice(0, 4)).toEqual(["$scrypt$", true, false, false]);
  });

  it("STD-34: OAuth with PKCE against a server, once, with the state checked", async () => {
    const server = await createOAuthServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const sources = {
      lua: `local flow = auth.oauth_flow("${server.url}", { client_id = "me", redirect_uri = "http://127.0.0.1/back", scopes = { "read" } })
        local answer = params.agree(flow.authorize_url)
        local _, wrong = pcall(flow.complete, answer.code, "other")
        local tokens = flow.complete(answer.code, answer.state)
        local _, again = pcall(flow.complete, answer.code, answer.state)
        local _, bad = pcall(flow.complete, 1)
        return { tokens.access_token, tokens.refresh_token, wrong.code, again.code, bad.code }`,
      javascript: `const flow = await auth.oauthFlow("${server.url}", { clientId: "me", redirectUri: "http://127.0.0.1/back", scopes: ["read"] });
        const answer = params.agree(flow.authorize_url);
        const code = async (...args) => { try { await flow.complete(...args); } catch (e) { return e.code; } };
        const wrong = await code(answer.code, "other");
        const tokens = await flow.complete(answer.code, answer.state);
        return [tokens.access_token, tokens.refresh_token, wrong, await code(answer.code, answer.state), await code(1)];`,
    };
    const params = { agree: new HostFunction("agree", ([url]) => server.agree(String(url))) };
    const source = sources[language];
    const options = within({ params, grants: [...grants, { capability: "network", scope: "127.0.0.1" }] });
    expect(await valueOf(source, options)).toEqual([
      "the-access",
      "the-refresh",
      "AUTH_FAILED",
      "INVALID_STATE",
      "INVALID_ARGUMENT",
    ]);
    expect(await failureOf(source, within({ params }))).toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("STD-36: a login by OAuth: a session, and tokens that are ciphertext in the file", async () => {
    const server = await createOAuthServer();
    onTestFinished(() => server[Symbol.asyncDispose]());
    const storage = await storageFile();
    const office = { issuer: server.url, clientId: "me", clientSecret: "s3cret", redirectUri: "http://127.0.0.1/back" };
    const oauthHost = (own?: Uint8Array) => createAuth({ ...(own ? { key: own } : {}), oauth: { office } });
    const sources = {
      lua: `local flow = auth.oauth_flow("office")
        local answer = params.agree(flow.authorize_url)
        local _, wrong = pcall(auth.login, { code = answer.code, state = "other" }, "oauth2")
        local session = auth.login(answer, "oauth2")
        local _, again = pcall(auth.login, answer, "oauth2")
        local _, done = pcall(flow.complete, answer.code, answer.state)
        local tokens = auth.secure_store("oauth2/office/ada")
        return { flow.state == answer.state, wrong.code, session.user.id, session.user.claims.name, session.user.roles == nil,
          auth.validate_session(session.token).valid, again.code, done.code, tokens.access_token, tokens.refresh_token }`,
      javascript: `const flow = await auth.oauthFlow("office");
        const answer = params.agree(flow.authorize_url);
        const code = async (work) => { try { await work(); } catch (e) { return e.code; } };
        const wrong = await code(() => auth.login({ code: answer.code, state: "other" }, "oauth2"));
        const session = await auth.login(answer, "oauth2");
        const again = await code(() => auth.login(answer, "oauth2"));
        const done = await code(() => flow.complete(answer.code, answer.state));
        const tokens = await auth.secureStore("oauth2/office/ada");
        return [flow.state === answer.state, wrong, session.user.id, session.user.claims.name, session.user.roles === undefined,
          (await auth.validateSession(session.token)).valid, again, done, tokens.access_token, tokens.refresh_token];`,
    };
    const params = { agree: new HostFunction("agree", ([url]) => server.agree(String(url))) };
    const may = (...scopes: string[]) => ({
      grants: [
        ...scopes.map((scope) => ({ capability: "auth", scope })),
        { capability: "network", scope: "127.0.0.1" },
      ],
    });
    const options = { params, storage, auth: oauthHost(key) };
    expect(await value(sources, { ...options, ...may("oauth", "login", "secrets") })).toEqual([
      true,
      "AUTH_FAILED",
      "office:ada",
      "Ada",
      true,
      true,
      "AUTH_FAILED",
      "INVALID_STATE",
      "the-access",
      "the-refresh",
    ]);
    expect(server.grants[0]).toMatchObject({ client_secret: "s3cret" });
    const folder = join(storage, "..");
    for (const name of await readdir(folder))
      expect((await readFile(join(folder, name))).includes("the-access")).toBe(false);

    // Each power is asked for; without a key nobody is sent to log in.
    const begin = { lua: `auth.oauth_flow("office")`, javascript: `await auth.oauthFlow("office")` };
    for (const grants of [may("login", "secrets").grants, [{ capability: "auth" }]])
      expect(await failure(begin, { ...options, grants })).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await failure(sources, { ...options, ...may("oauth", "secrets") })).toMatchObject({
      code: "PERMISSION_DENIED",
    });
    expect(await failure(begin, { storage, auth: oauthHost() })).toMatchObject({ code: "CONFIG_INVALID" });
    expect(await failure(begin)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("STD-34: secrets are ciphertext in the file, and there in the next run", async () => {
    const storage = await storageFile();
    const write = {
      lua: `auth.secure_store("api", { token = "very-secret" }) return auth.secure_store("none") == nil`,
      javascript: `await auth.secureStore("api", { token: "very-secret" }); return (await auth.secureStore("none")) == null;`,
    };
    const read = {
      lua: `return auth.secure_store("api").token`,
      javascript: `return (await auth.secureStore("api")).token`,
    };
    expect(await value(write, { storage })).toBe(true);
    expect(await value(read, { storage })).toBe("very-secret");
    const folder = join(storage, "..");
    for (const name of await readdir(folder))
      expect((await readFile(join(folder, name))).includes("very-secret")).toBe(false);
    expect(await failure(read, { storage, auth: createAuth({ key: new Uint8Array(32) }) })).toMatchObject({
      code: "IO_ERROR",
    });
    const { auth: _, ...without } = within({ storage });
    expect(await failureOf(read[language], without)).toMatchObject({ code: "CONFIG_INVALID" });
    const bad = { lua: "auth.secure_store('f', print)", javascript: "await auth.secureStore('f', parseInt)" };
    expect(await failure(bad)).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("STD-35: default deny; what the host denies no spell allows", async () => {
    const sources = {
      lua: `local before = auth.check_permission("ada", "doc:1", "read")
        local p = auth.create_policy({ { effect = "allow", subjects = { "ada", "role:editor" }, resources = { "doc:*" } } })
        local function ask(u, r, a) return auth.check_permission(u, r, a).allowed end
        return { before.allowed, before.reason, p.id, ask("ada", "doc:1", "read"), ask({ id = "bob", roles = { "editor" } }, "doc:1", "read"), ask("bob", "doc:1", "read"), ask("ada", "doc:1", "delete") }`,
      javascript: `const before = auth.checkPermission("ada", "doc:1", "read");
        const p = auth.createPolicy([{ effect: "allow", subjects: ["ada", "role:editor"], resources: ["doc:*"] }]);
        const ask = (u, r, a) => auth.checkPermission(u, r, a).allowed;
        return [before.allowed, before.reason, p.id, ask("ada", "doc:1", "read"), ask({ id: "bob", roles: ["editor"] }, "doc:1", "read"), ask("bob", "doc:1", "read"), ask("ada", "doc:1", "delete")];`,
    };
    expect(await value(sources)).toEqual([false, "no policy allows it", "policy-2", true, true, false, false]);
    const empty = { lua: "auth.create_policy({})", javascript: "auth.createPolicy([])" };
    expect(await failure(empty)).toMatchObject({ code: "VALIDATION_FAILED" });
    const odd = {
      lua: "auth.create_policy({ { effect = 'maybe' } })",
      javascript: "auth.createPolicy([{ effect: 'maybe' }])",
    };
    expect(await failure(odd)).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("STD-36: the audit trail goes on from run to run, whole", async () => {
    const storage = await storageFile();
    const sources = {
      lua: `return { auth.audit_log("a", { n = 1 }), auth.audit_log("b") }`,
      javascript: `return [await auth.auditLog("a", { n: 1 }), await auth.auditLog("b")];`,
    };
    expect(await value(sources, { storage })).toEqual(["audit-1", "audit-2"]);
    expect(await value(sources, { storage })).toEqual(["audit-3", "audit-4"]);
    using state = await openState({ file: storage, name: "llmspell.audit" });
    const trail = await createAuditTrail(state, { key: await host().keyFor("audit") });
    expect(trail.verify()).toEqual({ valid: true, entries: 4 });
    expect(trail.entries()[0]).toMatchObject({ action: "a", context: { data: { n: 1 }, run: expect.any(String) } });
    const bad = { lua: "auth.audit_log('a', { f = print })", javascript: "await auth.auditLog('a', { f: parseInt })" };
    expect(await failure(bad)).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it.each([
    ["login({}, 'basic')", "login"],
    ["refresh_token('x')", "login"],
    ["validate_session('x')", "login"],
    ["oauth_flow('https://a.example', { client_id = 'a', redirect_uri = 'https://a.example' })", "oauth"],
    ["generate_token({})", "tokens"],
    ["validate_token('x')", "tokens"],
    ["hash_password('x')", "passwords"],
    ["verify_password('x', 'y')", "passwords"],
    ["secure_store('x')", "secrets"],
    ["audit_log('x')", "audit"],
  ])("BR-12: %s needs the capability auth=%s", async (call, scope) => {
    const source = language === "lua" ? `auth.${call}` : `await auth.${call.replaceAll(" =", ":")}`;
    for (const given of [[], [{ capability: "auth", scope: "other" }]])
      expect(await failureOf(source, within({ grants: given }))).toMatchObject({ code: "PERMISSION_DENIED" });
    const { result } = await cast(source, within({ grants: [{ capability: "auth", scope }] }));
    const refused = result.audit.filter(
      ({ decision, capability }) => decision === "denied" && capability !== "network=a.example",
    );
    expect(refused).toEqual([]);
  });
});
