import { SpellError } from "@llmspell/errors";
import type * as OpenIdClient from "openid-client";
import type { Configuration } from "openid-client";
import { systemClock, type Clock } from "../clock.js";
import { limitedBody } from "../http/limited-body.js";
import { defined } from "../json.js";
import { authFailure } from "./failure.js";

export interface OAuthOptions {
  /** Of the server, which says where its endpoints are (RFC 8414 or OpenID Connect Discovery). Or both endpoints. */
  issuer?: string;
  authorizationEndpoint?: string;
  tokenEndpoint?: string;
  clientId: string;
  clientSecret?: string;
  redirectUri: string;
  scopes?: readonly string[];
  /** Milliseconds from the start until it must be complete; 10 minutes by default. */
  timeoutMs?: number;
  /** How the server is asked; under the policy of an HTTP client. No more than 1 MiB of an answer is read. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Allows `http`, for a server on this machine. */
  insecure?: boolean;
  clock?: Pick<Clock, "now">;
}

export interface OAuthTokens {
  accessToken: string;
  refreshToken?: string;
  idToken?: string;
  /** What the ID token says: issuer, audience and time checked, and the signature of a server that names its keys. */
  claims?: Record<string, unknown>;
  scope?: string;
  /** Milliseconds since 1970. */
  expiresAt?: number;
}

export interface OAuthFlow {
  /** Where the user is to be sent. */
  readonly authorizeUrl: string;
  readonly state: string;
  /** Once: the code, the state and, where the server gives it, the `iss` that the user came back with (RFC 9207). @throws SpellError `AUTH_FAILED`, `TIMEOUT`, `INVALID_STATE`. */
  complete(code: string, state: string, issuer?: string): Promise<OAuthTokens>;
}

/**
 * Begins an authorization code flow with PKCE (RFC 6749 section 4.1, RFC 7636).
 *
 * @throws SpellError `INVALID_ARGUMENT`, `NETWORK_ERROR`, `AUTH_FAILED`.
 */
export async function startOAuth(options: OAuthOptions): Promise<OAuthFlow> {
  const { redirectUri, scopes = [], timeoutMs = 600_000, clock = systemClock } = options;
  const client = await import("openid-client");
  const config = await configuration(client, options);
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const isOpenId = scopes.includes("openid");
  // Not only what came over TLS from the right server: signed by it, where it says with which keys.
  if (isOpenId && config.serverMetadata().jwks_uri !== undefined) client.enableNonRepudiationChecks(config);
  if (config.serverMetadata().authorization_endpoint === undefined)
    throw authFailure("the server does not say where users log in", { reason: "answer" });
  const nonce = isOpenId ? client.randomNonce() : undefined;
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    ...(nonce === undefined ? {} : { nonce }),
  });
  const until = clock.now() + timeoutMs;
  let isOver = false;

  return {
    authorizeUrl: url.href,
    state,
    async complete(code, given, issuer) {
      if (isOver) throw new SpellError("INVALID_STATE", "this authorization was completed already");
      if (given !== state) throw authFailure("the state is not the one of this authorization", { reason: "state" });
      isOver = true;
      if (clock.now() >= until) throw new SpellError("TIMEOUT", "the authorization took too long");
      const back = new URL(redirectUri);
      back.searchParams.set("code", code);
      back.searchParams.set("state", given);
      if (issuer !== undefined) back.searchParams.set("iss", issuer);
      const tokens = await client
        .authorizationCodeGrant(config, back, {
          pkceCodeVerifier: verifier,
          expectedState: state,
          ...(nonce === undefined ? {} : { expectedNonce: nonce, idTokenExpected: true }),
        })
        .catch((error: unknown) => {
          throw refused(error);
        });
      const seconds = tokens.expiresIn();
      const claims = tokens.claims();
      return {
        accessToken: tokens.access_token,
        ...defined({
          refreshToken: tokens.refresh_token,
          idToken: tokens.id_token,
          scope: tokens.scope,
          claims: claims === undefined ? undefined : { ...claims },
          expiresAt: seconds === undefined ? undefined : clock.now() + seconds * 1000,
        }),
      };
    },
  };
}

/** Bytes of an answer: keys, tokens and what is said of somebody are far less. */
const MOST_BYTES = 1024 * 1024;

/** `fetch`, of whose answers no more than a megabyte is read. */
export function boundedFetch(fetch: OAuthOptions["fetch"]): OAuthOptions["fetch"] {
  return async (url, init) => limitedBody(await fetch(url, init), MOST_BYTES, "whole");
}

async function configuration(
  client: typeof OpenIdClient,
  { issuer, authorizationEndpoint, tokenEndpoint, clientId, clientSecret, redirectUri, insecure, fetch }: OAuthOptions,
): Promise<Configuration> {
  for (const [name, text] of Object.entries(defined({ issuer, authorizationEndpoint, tokenEndpoint, redirectUri }))) {
    if (!URL.canParse(text)) throw new SpellError("INVALID_ARGUMENT", `'${name}' is not a URL`);
    const { protocol } = new URL(text);
    // What a user is sent back to may be an application.
    const isFit = name === "redirectUri" || protocol === "https:" || (protocol === "http:" && insecure === true);
    if (!isFit) throw new SpellError("INVALID_ARGUMENT", `'${name}' is not a URL with https`);
  }
  const customFetch = boundedFetch(fetch) as unknown as NonNullable<Configuration[typeof client.customFetch]>;
  const authentication = clientSecret === undefined ? client.None() : client.ClientSecretPost(clientSecret);
  if (authorizationEndpoint !== undefined && tokenEndpoint !== undefined) {
    const server = {
      issuer: issuer ?? new URL(tokenEndpoint).origin,
      authorization_endpoint: authorizationEndpoint,
      token_endpoint: tokenEndpoint,
    };
    const config = new client.Configuration(server, clientId, undefined, authentication);
    config[client.customFetch] = customFetch;
    if (insecure === true) client.allowInsecureRequests(config);
    return config;
  }
  if (issuer === undefined)
    throw new SpellError(
      "INVALID_ARGUMENT",
      "an authorization needs an 'issuer', or an 'authorizationEndpoint' and a 'tokenEndpoint'",
    );
  return await client
    .discovery(new URL(issuer), clientId, undefined, authentication, {
      [client.customFetch]: customFetch,
      ...(insecure === true ? { execute: [client.allowInsecureRequests] } : {}),
    })
    .catch((error: unknown) => {
      throw refused(error);
    });
}

/** Errors of the library in our words; its own may hold parts of requests. */
function refused(error: unknown): SpellError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof SpellError) return cause;
  const said = error instanceof Error && "error" in error && typeof error.error === "string" ? error.error : undefined;
  const isCode = said !== undefined && /^[a-z_]{1,50}$/.test(said);
  return authFailure(isCode ? `the server refuses: ${said}` : "the answer of the server is not right", {
    reason: isCode ? said : "answer",
  });
}
