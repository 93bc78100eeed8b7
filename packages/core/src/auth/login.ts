import { SpellError } from "@llmspell/errors";
import type { Clock } from "../clock.js";
import { sha256 } from "../hash.js";
import { slidingWindow } from "../hooks/rate-limiter.js";
import { authFailure } from "./failure.js";
import type { OAuthLogins } from "./oauth-login.js";
import { hashPassword, verifyPassword } from "./password.js";
import type { Session, Sessions, User } from "./sessions.js";
import { verifyToken, type VerifyOptions } from "./token.js";

export type Credentials = Readonly<Record<string, unknown>>;

/** What whoever asks for a login brings along. */
export interface LoginServices {
  /** The logins by OAuth that it has begun. */
  readonly oauth?: OAuthLogins;
}

/** Who the credentials belong to, or nothing. */
export type Authenticate = (credentials: Credentials, services?: LoginServices) => Promise<User | undefined>;

export interface LoginOptions {
  sessions: Sessions;
  /** How each scheme looks at credentials, e.g. `basic`. */
  schemes: Readonly<Record<string, Authenticate>>;
  /** Tries per scheme and name in a window; 5 in a minute by default. Of credentials without a name, twenty times as many. */
  limit?: { tries: number; windowMs: number };
  clock?: Clock;
}

/**
 * A function that logs somebody in. Tries are limited per scheme and name, and a failure does not
 * say whether the name or the secret was wrong.
 *
 * @throws SpellError from what it gives: `AUTH_FAILED`, `RATE_LIMITED` with `retryAfterMs`,
 *   `NOT_FOUND` for an unknown scheme.
 */
export function createLogin({ sessions, schemes, limit, clock }: LoginOptions) {
  const { tries = 5, windowMs = 60_000 } = limit ?? {};
  const timed = { windowMs, ...(clock === undefined ? {} : { clock }) };
  const named = slidingWindow({ limit: tries, ...timed });
  const nameless = slidingWindow({ limit: 20 * tries, ...timed });
  return async (scheme: string, credentials: Credentials, services?: LoginServices): Promise<Session> => {
    const authenticate = Object.hasOwn(schemes, scheme) ? schemes[scheme] : undefined;
    if (authenticate === undefined) {
      const known = Object.keys(schemes).join(", ") || "none";
      throw new SpellError("NOT_FOUND", `there is no authenticator for '${scheme.slice(0, 50)}' (known: ${known})`);
    }
    const name = credentials["username"] ?? credentials["client_id"];
    const { allowed, retryAfterMs } =
      typeof name === "string" ? named.take(`${scheme}\0${name}`) : nameless.take(scheme);
    if (!allowed) throw new SpellError("RATE_LIMITED", "too many tries to log in", { details: { retryAfterMs } });
    const user = await authenticate(credentials, services);
    if (user === undefined) throw authFailure("the credentials are not right");
    return await sessions.create(user);
  };
}

/** `{ username, password }` of users by name, with their password hashes. */
export function basicScheme(
  users: Readonly<Record<string, { readonly hash: string } & Omit<User, "id">>>,
): Authenticate {
  let nobody: Promise<string> | undefined;
  return async ({ username, password }) => {
    if (typeof username !== "string" || typeof password !== "string" || password === "") return undefined;
    const known = Object.hasOwn(users, username) ? users[username] : undefined;
    // A name that nobody has takes as long as one that somebody has.
    const hash = known?.hash ?? (await (nobody ??= hashPassword(crypto.randomUUID())));
    const isRight = await verifyPassword(password, hash);
    if (known === undefined || !isRight) return undefined;
    const { hash: _hash, ...fields } = known;
    return { ...fields, id: username };
  };
}

/** `{ token }`: a JSON Web Token whose `sub` is the user. */
export const bearerScheme =
  (options: VerifyOptions): Authenticate =>
  async ({ token }) => {
    if (typeof token !== "string") return undefined;
    try {
      const { claims } = await verifyToken(token, options);
      return typeof claims["sub"] === "string" ? { ...claims, id: claims["sub"] } : undefined;
    } catch (error) {
      if (error instanceof SpellError && (error.code === "AUTH_FAILED" || error.code === "INVALID_ARGUMENT"))
        return undefined;
      throw error;
    }
  };

/** `{ key }`: keys as hexadecimal SHA-256, with their users. A key is random, so that a fast hash is enough. */
export const apiKeyScheme =
  (keys: Readonly<Record<string, User>>): Authenticate =>
  async ({ key }) => {
    if (typeof key !== "string") return undefined;
    const hash = await sha256(key);
    return Object.hasOwn(keys, hash) ? keys[hash] : undefined;
  };
