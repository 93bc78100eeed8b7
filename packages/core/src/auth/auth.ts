import type { Clock } from "../clock.js";
import { deriveKey, type KeyUse } from "./keys.js";
import {
  bearerScheme,
  createLogin,
  type Authenticate,
  type Credentials,
  type LoginOptions,
  type LoginServices,
} from "./login.js";
import { oauthScheme, type OAuthProvider } from "./oauth-login.js";
import type { PolicyRule } from "./policies.js";
import { createSessions, type Session, type SessionOptions, type Sessions } from "./sessions.js";

export interface AuthOptions {
  /** At least 32 bytes; what tokens, secrets and the audit trail are secured with. Default: one that is made now, and gone with the process. */
  key?: Uint8Array;
  /** How credentials are looked at, by scheme. `bearer` takes tokens that are signed by the key. */
  schemes?: Readonly<Record<string, Authenticate>>;
  /** Servers at which people may log in by the scheme `oauth2`, by name. */
  oauth?: Readonly<Record<string, OAuthProvider>>;
  session?: Omit<SessionOptions, "clock">;
  limit?: NonNullable<LoginOptions["limit"]>;
  /** Rules that hold for everybody. */
  rules?: readonly PolicyRule[];
  clock?: Clock;
}

/** What a program that runs spells has one of: its key, its users, their sessions. */
export interface Auth {
  /** Whether the key will be there tomorrow. */
  readonly hasOwnKey: boolean;
  readonly sessions: Sessions;
  readonly rules: readonly PolicyRule[];
  readonly oauth: Readonly<Record<string, OAuthProvider>>;
  /** @throws SpellError `CONFIG_INVALID` for a key that is too short. */
  keyFor(use: KeyUse): Promise<Uint8Array>;
  /** @throws SpellError as {@link createLogin} says. */
  login(scheme: string, credentials: Credentials, services?: LoginServices): Promise<Session>;
}

/**
 * @example
 * const auth = createAuth({ key, schemes: { basic: basicScheme({ ada: { hash } }) } });
 * await runSpell({ ...spell, auth });
 */
export function createAuth(options: AuthOptions = {}): Auth {
  const { key, schemes = {}, oauth = {}, session, limit, rules = [], clock } = options;
  const hostKey = key ?? crypto.getRandomValues(new Uint8Array(32));
  const timed = clock === undefined ? {} : { clock };
  const sessions = createSessions({ ...session, ...timed });
  const keyFor = async (use: KeyUse): Promise<Uint8Array> => await deriveKey(hostKey, use);
  const bearer: Authenticate = async (credentials) =>
    await bearerScheme({ key: await keyFor("tokens"), ...timed })(credentials);
  const login = createLogin({
    sessions,
    schemes: { bearer, ...(Object.keys(oauth).length === 0 ? {} : { oauth2: oauthScheme }), ...schemes },
    ...timed,
    ...(limit === undefined ? {} : { limit }),
  });
  return { hasOwnKey: key !== undefined, sessions, rules, oauth, keyFor, login };
}
