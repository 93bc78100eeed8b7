import { createOAuthLogins, defined, isLoopback, startOAuth, type OAuthFlow, type OAuthTokens } from "@llmspell/core";
import { HostFunction, Pending, type ScriptObject, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import { authOf } from "../../run/auth.js";
import type { RunContext } from "../../run/context.js";
import { askServer } from "../../run/network.js";
import { perRun } from "../../run/per-run.js";
import { toScript } from "../shapes.js";
import { secretsOf } from "./secrets.js";

const FLOW = "auth.oauth_flow";

const config = t.object(
  {
    client_id: t.string,
    client_secret: t.optional(t.string),
    redirect_uri: t.string,
    scopes: t.optional(t.list(t.string)),
    authorization_endpoint: t.optional(t.string),
    token_endpoint: t.optional(t.string),
    timeout: t.optional(t.duration),
  },
  "OAuthConfig",
);

const scriptTokens = (tokens: OAuthTokens): ScriptObject => ({
  access_token: tokens.accessToken,
  refresh_token: tokens.refreshToken ?? null,
  id_token: tokens.idToken ?? null,
  claims: toScript(tokens.claims),
  scope: tokens.scope ?? null,
  expires_at: tokens.expiresAt ?? null,
});

function textArgument(args: readonly ScriptValue[], index: number, name: string): string {
  const value = args[index];
  if (typeof value === "string") return value;
  throw new SpellError("INVALID_ARGUMENT", `complete: ${name} must be text`);
}

export const oauthFunctions = {
  oauth_flow: awaitable({
    doc: "Begins an authorization code flow with PKCE: at a server that is named by its URL, with a config; or at one where the host lets people log in, by its name. `complete(code, state)` gives the tokens, once, for what the user came back with; `auth.login` by the scheme `oauth2` gives a session instead.",
    needs: { auth: { exactly: "oauth" } },
    mayNeed: { network: "the host of the provider" },
    params: { provider: t.string, config: t.optional(config) },
    result: "{authorize_url: string, state: string, complete: function}",
    example:
      'local flow = auth.oauth_flow("https://id.example.com", {\n  client_id = "me", redirect_uri = "https://me.example.com/back",\n  authorization_endpoint = "https://id.example.com/authorize", token_endpoint = "https://id.example.com/token",\n})\nreturn flow.authorize_url',
    async call(run, { provider, config: given }) {
      const flow = given === undefined ? await beginLogin(run, provider) : await startFlow(run, provider, given);
      const complete = new HostFunction("complete", (args) => {
        const [code, state] = [textArgument(args, 0, "code"), textArgument(args, 1, "state")];
        const issuer = typeof args[2] === "string" ? args[2] : undefined;
        return new Pending(flow.complete(code, state, issuer).then(scriptTokens));
      });
      return { authorize_url: flow.authorizeUrl, state: flow.state, complete };
    },
  }),
} as const;

async function startFlow(
  run: RunContext,
  provider: string,
  given: ReturnType<typeof config.check>,
): Promise<OAuthFlow> {
  const { client_id, client_secret, redirect_uri, scopes, authorization_endpoint, token_endpoint, timeout } = given;
  return await startOAuth({
    issuer: provider,
    clientId: client_id,
    redirectUri: redirect_uri,
    insecure: isLoopback(token_endpoint ?? provider),
    fetch: async (url, init) => await askServer(run, FLOW, url, init),
    ...defined({
      clientSecret: client_secret,
      scopes,
      authorizationEndpoint: authorization_endpoint,
      tokenEndpoint: token_endpoint,
      timeoutMs: timeout,
    }),
  });
}

/** The tokens of those who log in are kept with the secrets: that there can be some is known before they leave. */
async function beginLogin(run: RunContext, provider: string): Promise<OAuthFlow> {
  await secretsOf(run, FLOW);
  return await oauthLoginsOf(run).begin(provider);
}

/** The logins by OAuth that a run has begun. */
export const oauthLoginsOf = perRun((run) =>
  createOAuthLogins({
    providers: authOf(run).oauth,
    fetch: async (url, init, finishing) => await askServer(run, finishing ? "auth.login" : FLOW, url, init),
    async keep(name, tokens) {
      (await secretsOf(run, "auth.login")).set(name, scriptTokens(tokens));
    },
  }),
);
