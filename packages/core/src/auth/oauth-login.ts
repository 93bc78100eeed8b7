import { SpellError } from "@llmspell/errors";
import { deadline, raceAbort } from "../abort.js";
import type { Clock } from "../clock.js";
import { isLoopback } from "../http/loopback.js";
import { defined, isRecord, tryParseJson } from "../json.js";
import { authFailure } from "./failure.js";
import type { Authenticate, Credentials } from "./login.js";
import { boundedFetch, startOAuth, type OAuthFlow, type OAuthOptions, type OAuthTokens } from "./oauth.js";
import type { User } from "./sessions.js";

/** A server at which people log in, and what the host has registered there. */
export interface OAuthProvider extends Omit<OAuthOptions, "fetch" | "insecure" | "clock" | "clientSecret"> {
  /** Or what gives it when somebody logs in. */
  clientSecret?: string | (() => string);
  /** Default: `openid`, which has the server say who somebody is; none when there is a {@link userEndpoint}. */
  scopes?: readonly string[];
  /** Asked with the access token when the server gives no ID token: JSON with a `sub` or an `id`. */
  userEndpoint?: string;
  /**
   * Who somebody is here, by what the server says of them; nothing refuses them. Default: a user
   * `<provider>:<subject>` with what was said as `claims`, and so without any roles.
   */
  user?(claims: Readonly<Record<string, unknown>>): User | undefined | Promise<User | undefined>;
}

export interface OAuthLoginsOptions {
  /** By name. */
  providers: Readonly<Record<string, OAuthProvider>>;
  /** How a server is asked, and whether by {@link OAuthLogins.finish}. */
  fetch: (url: string, init: RequestInit, finishing: boolean) => Promise<Response>;
  /** Keeps the tokens of somebody who has logged in, under `oauth2/<provider>/<subject>`. */
  keep(name: string, tokens: OAuthTokens): Promise<void>;
  clock?: Pick<Clock, "now">;
}

/** Logins by OAuth that are under way: only what began here can end here. */
export interface OAuthLogins {
  /** @throws SpellError `NOT_FOUND` for an unknown provider, and as {@link startOAuth} says. */
  begin(provider: string): Promise<OAuthFlow>;
  /**
   * Who it is that came back with `{ code, state, iss? }`, or with `{ error, state }`.
   *
   * @throws SpellError `INVALID_ARGUMENT`, `AUTH_FAILED`, `TIMEOUT`.
   */
  finish(credentials: Credentials): Promise<User | undefined>;
}

const MOST_PENDING = 100;
/** Milliseconds, as for every other request of a login. */
const USER_MS = 30_000;

interface Begun {
  readonly name: string;
  readonly provider: OAuthProvider;
  readonly flow: OAuthFlow;
  isFinishing: boolean;
}

export function createOAuthLogins({ providers, fetch, keep, clock }: OAuthLoginsOptions): OAuthLogins {
  const pending = new Map<string, Begun>();

  const whoIs = async (provider: OAuthProvider, tokens: OAuthTokens): Promise<Readonly<Record<string, unknown>>> => {
    if (tokens.claims !== undefined) return tokens.claims;
    const { userEndpoint } = provider;
    if (userEndpoint === undefined) throw nobody();
    const headers = { accept: "application/json", authorization: `Bearer ${tokens.accessToken}` };
    using limit = deadline("asking who it is", USER_MS);
    const ask = boundedFetch((url, init) => fetch(url, init, true));
    const asked = ask(userEndpoint, { headers, signal: limit.signal });
    const response = await raceAbort(asked, limit.signal);
    const said = tryParseJson(await raceAbort(response.text(), limit.signal))?.value;
    if (!response.ok || !isRecord(said)) throw nobody();
    return said;
  };

  return {
    async begin(name) {
      const provider = Object.hasOwn(providers, name) ? providers[name] : undefined;
      if (provider === undefined) {
        const known = Object.keys(providers).join(", ") || "none";
        throw new SpellError("NOT_FOUND", `there is no login at '${name.slice(0, 50)}' (known: ${known})`);
      }
      const { user: _, userEndpoint, clientSecret: secret, ...options } = provider;
      const clientSecret = typeof secret === "function" ? secret() : secret;
      const begun: Pick<Begun, "isFinishing"> = { isFinishing: false };
      const flow = await startOAuth({
        scopes: userEndpoint === undefined ? ["openid"] : [],
        insecure: isLoopback(options.tokenEndpoint ?? options.issuer),
        ...options,
        ...defined({ clientSecret, clock }),
        fetch: (url, init) => fetch(url, init, begun.isFinishing),
      });
      pending.set(flow.state, Object.assign(begun, { name, provider, flow }));
      for (const oldest of pending.keys()) {
        if (pending.size <= MOST_PENDING) break;
        pending.delete(oldest);
      }
      return flow;
    },
    async finish({ code, state, iss, error }) {
      if (typeof state !== "string") throw missing("state");
      const begun = pending.get(state);
      if (begun === undefined) throw authFailure("no login with this state is under way", { reason: "state" });
      if (typeof error !== "string" && (typeof code !== "string" || code === "")) throw missing("code");
      pending.delete(state);
      begun.isFinishing = true;
      const { name, provider, flow } = begun;
      if (typeof error === "string") {
        const reason = /^[a-z_]{1,50}$/.test(error) ? error : "error";
        throw authFailure(`the login was refused: ${reason}`, { reason });
      }
      const tokens = await flow.complete(String(code), state, typeof iss === "string" ? iss : undefined);
      const claims = await whoIs(provider, tokens);
      const subject = subjectOf(claims);
      const user = provider.user
        ? await provider.user(claims)
        : { id: `${name}:${subject}`, provider: name, claims: { ...claims } };
      if (user !== undefined) await keep(`oauth2/${name}/${subject}`, tokens);
      return user;
    },
  };
}

/** `{ code, state }` of a login that {@link OAuthLogins.begin} has begun. */
export const oauthScheme: Authenticate = async (credentials, { oauth } = {}) => {
  if (oauth === undefined) throw new SpellError("UNSUPPORTED", "nobody can have begun a login by OAuth here");
  return await oauth.finish(credentials);
};

const missing = (field: string): SpellError =>
  new SpellError("INVALID_ARGUMENT", `a login by OAuth needs the '${field}' that the user came back with`);

const nobody = (): SpellError => authFailure("the server does not say who it is", { reason: "user" });

function subjectOf(claims: Readonly<Record<string, unknown>>): string {
  const subject = claims["sub"] ?? claims["id"];
  const text = typeof subject === "number" ? String(subject) : subject;
  if (typeof text !== "string" || text === "" || text.length > 255) throw nobody();
  return text;
}
