import { describe, expect, it, onTestFinished } from "vitest";
import { createHttpClient } from "../http/client.js";
import { serve } from "../testing/loopback.js";
import { createOAuthServer } from "../testing/oauth-server.js";
import { createAuth } from "./auth.js";
import { checkOAuthProvider, oauthProvider } from "./oauth-config.js";
import { createOAuthLogins, type OAuthProvider } from "./oauth-login.js";
import type { OAuthTokens } from "./oauth.js";

type Server = Awaited<ReturnType<typeof createOAuthServer>>;

async function setup(more: (server: Server) => Partial<OAuthProvider> = () => ({}), signs: "own" | "forged" = "own") {
  const server = await createOAuthServer({ signs });
  const http = createHttpClient({ policy: { addresses: ["127.0.0.1"] } });
  onTestFinished(async () => {
    await http[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
  const provider = { issuer: server.url, clientId: "me", redirectUri: "http://127.0.0.1/back", ...more(server) };
  const auth = createAuth({ oauth: { office: provider } });
  const kept = new Map<string, OAuthTokens>();
  const begun = () =>
    createOAuthLogins({
      providers: auth.oauth,
      fetch: async (url, init) => await http.fetch(url, init),
      keep: async (name, tokens) => void kept.set(name, tokens),
    });
  const oauth = begun();
  const agreed = async () => server.agree((await oauth.begin("office")).authorizeUrl);
  const login = async (credentials: Record<string, unknown>) => await auth.login("oauth2", credentials, { oauth });
  return { server, auth, oauth, kept, agreed, login, begun };
}

describe("a login by OAuth", () => {
  it("STD-36: ends in a session of whom the ID token names, and the tokens are kept", async () => {
    const { auth, kept, agreed, login, server } = await setup();
    const session = await login(await agreed());
    expect(session.user).toEqual({
      id: "office:ada",
      provider: "office",
      claims: expect.objectContaining({ sub: "ada", name: "Ada", iss: server.url, aud: "me" }),
    });
    expect((await auth.sessions.validate(session.token)).valid).toBe(true);
    expect([...kept]).toEqual([["oauth2/office/ada", expect.objectContaining({ accessToken: "the-access" })]]);
    expect(server.grants[0]).toMatchObject({ code_verifier: expect.stringMatching(/^.{43,}$/) });
  });

  it("STD-36: takes over no roles from a server, unless the host says so", async () => {
    const { agreed, login } = await setup(() => ({
      user: ({ sub, roles }) => ({ id: String(sub), roles: (roles as string[]).filter((role) => role === "editor") }),
    }));
    expect((await login(await agreed())).user).toEqual({ id: "ada", roles: [] });
  });

  it("asks a server without ID tokens who it is", async () => {
    const { agreed, login, kept } = await setup(({ url }) => ({ userEndpoint: `${url}/user` }));
    expect((await login(await agreed())).user).toEqual({
      id: "office:7",
      provider: "office",
      claims: { id: 7, login: "ada" },
    });
    expect([...kept.keys()]).toEqual(["oauth2/office/7"]);
  });

  it("STD-36: reads no more than a megabyte of what a server says", async () => {
    let sent = 0;
    await using endless = await serve((_request, response) => {
      response.setHeader("content-type", "application/json");
      const more = (): void => {
        while (!response.destroyed && response.write(" ".repeat(65_536))) sent += 65_536;
      };
      response.on("drain", more).on("error", () => {});
      more();
    });
    const refused = { code: "TOO_LARGE", message: "the answer is larger than 1048576 bytes" };
    for (const more of [{ userEndpoint: endless.url }, { tokenEndpoint: endless.url }]) {
      const { agreed, login } = await setup(({ url }) => ({ authorizationEndpoint: `${url}/authorize`, ...more }));
      await expect(login(await agreed())).rejects.toMatchObject(refused);
    }
    const { oauth } = await setup(() => ({ issuer: endless.url }));
    await expect(oauth.begin("office")).rejects.toMatchObject(refused);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it("STD-36: a state that began nowhere, in another run, or was used is refused, and no server asked", async () => {
    const { agreed, login, begun, server, auth } = await setup();
    const answer = await agreed();
    const refused = { code: "AUTH_FAILED", details: { reason: "state" } };
    await expect(login({ ...answer, state: "made-up" })).rejects.toMatchObject(refused);
    await expect(auth.login("oauth2", answer, { oauth: begun() })).rejects.toMatchObject(refused);
    expect(server.grants).toEqual([]);
    await login(answer);
    await expect(login(answer)).rejects.toMatchObject(refused);
    expect(server.grants).toHaveLength(1);
  });

  it("STD-36: a code of another login fails by PKCE, and ends this one", async () => {
    const { agreed, login, kept } = await setup();
    const [mine, stolen] = [await agreed(), await agreed()];
    await expect(login({ code: stolen.code, state: mine.state })).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: "the server refuses: invalid_grant",
    });
    await expect(login(mine)).rejects.toMatchObject({ details: { reason: "state" } });
    expect(kept.size).toBe(0);
  });

  it("STD-36: an ID token by another key than the server's is refused", async () => {
    const { agreed, login, kept } = await setup(() => ({}), "forged");
    await expect(login(await agreed())).rejects.toMatchObject({ code: "AUTH_FAILED", details: { reason: "answer" } });
    expect(kept.size).toBe(0);
  });

  it("says what is missing or was refused", async () => {
    const { agreed, login, oauth } = await setup();
    const { state } = await agreed();
    await expect(login({ code: "x" })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("'state'"),
    });
    await expect(login({ state })).rejects.toMatchObject({ message: expect.stringContaining("'code'") });
    await expect(login({ state, error: "access_denied" })).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: "the login was refused: access_denied",
    });
    const { state: next } = await agreed();
    await expect(login({ state: next, error: "<b>me</b>" })).rejects.toMatchObject({ details: { reason: "error" } });
    await expect(oauth.begin("home")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "there is no login at 'home' (known: office)",
    });
    await expect(createAuth().login("oauth2", {})).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("refuses whom the host does not know, and whom the server does not name", async () => {
    const stranger = await setup(() => ({ user: () => undefined }));
    await expect(stranger.login(await stranger.agreed())).rejects.toMatchObject({ code: "AUTH_FAILED" });
    expect(stranger.kept.size).toBe(0);
    const nameless = await setup(() => ({ scopes: ["read"] }));
    await expect(nameless.login(await nameless.agreed())).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: "the server does not say who it is",
    });
  });

  it("forgets the oldest of too many that are under way", async () => {
    const { agreed, login } = await setup();
    const first = await agreed();
    for (let i = 0; i < 100; i++) await agreed();
    await expect(login(first)).rejects.toMatchObject({ details: { reason: "state" } });
  });
});

describe("a server for logins in a configuration", () => {
  const config = { issuer: "https://id.example.com", clientId: "me", redirectUri: "https://me.example.com/back" };

  it("has its secret from the environment, when it is needed", async () => {
    const given = checkOAuthProvider({
      ...config,
      clientSecret: { env: "OFFICE_SECRET" },
      scopes: ["openid", "email"],
    });
    const { clientSecret, ...rest } = oauthProvider("office", given, { OFFICE_SECRET: "s" });
    expect([rest, (clientSecret as () => string)()]).toEqual([{ ...config, scopes: ["openid", "email"] }, "s"]);
    expect(oauthProvider("office", checkOAuthProvider({ ...config, clientSecret: "t" }), {}).clientSecret).toBe("t");
    expect(oauthProvider("office", checkOAuthProvider(config), {})).toEqual(config);
    const logins = createOAuthLogins({
      providers: { office: oauthProvider("office", given, {}) },
      fetch: async () => new Response(),
      keep: async () => {},
    });
    await expect(logins.begin("office")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: "logins.office: set OFFICE_SECRET, to which 'clientSecret' refers",
    });
  });

  it.each([
    [3, "it must be an object"],
    [{ ...config, clientID: "me" }, "there is no field 'clientID'"],
    [{ ...config, clientId: 3 }, "'clientId' must be a text"],
    [{ ...config, issuer: "http://id.example.com" }, "'issuer' must be an https URL"],
    [{ ...config, userEndpoint: "nowhere" }, "'userEndpoint' must be an https URL"],
    [{ issuer: config.issuer, clientId: "me" }, "it needs a 'redirectUri'"],
    [{ clientId: "me", redirectUri: config.redirectUri }, "it needs an 'issuer'"],
    [{ ...config, clientSecret: 3 }, "'clientSecret' must be a text or {env: NAME}"],
    [{ ...config, scopes: "openid" }, "'scopes' must be a list of texts"],
    [{ ...config, timeoutMs: 0 }, "'timeoutMs' must be a number above 0"],
  ])("%j: %s", (value, problem) => {
    expect(() => checkOAuthProvider(value)).toThrow(problem);
  });
});
