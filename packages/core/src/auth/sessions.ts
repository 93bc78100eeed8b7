import { systemClock, type Clock } from "../clock.js";
import { sha256 } from "../hash.js";
import { authFailure } from "./failure.js";

/** Who somebody is. */
export interface User {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** A session as whoever logs in gets it, once. */
export interface Session {
  readonly id: string;
  readonly user: User;
  readonly token: string;
  readonly refreshToken: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface SessionState {
  readonly valid: boolean;
  readonly user?: User;
  readonly expiresAt?: number;
}

export interface SessionOptions {
  /** Milliseconds that a token is good for; 15 minutes by default. */
  ttlMs?: number;
  /** Milliseconds from the login until a session cannot be refreshed any more; 30 days by default. */
  refreshMs?: number;
  clock?: Pick<Clock, "now">;
}

export interface Sessions {
  create(user: User): Promise<Session>;
  /** By its id or its token. */
  validate(idOrToken: string): Promise<SessionState>;
  /**
   * New tokens for old ones. A refresh token that is used a second time was stolen by somebody: it
   * ends the session for everybody (RFC 9700, section 4.14.2).
   *
   * @throws SpellError `AUTH_FAILED`.
   */
  refresh(refreshToken: string): Promise<Session>;
  /** Whether there was such a session. */
  revoke(id: string): boolean;
}

interface Kept {
  readonly id: string;
  readonly user: User;
  readonly until: number;
  readonly token: string;
  readonly refresh: string;
  readonly expiresAt: number;
}

const MOST = 10_000;
const MOST_USED = 50_000;

/** Sessions in memory. Of tokens only hashes are kept. */
export function createSessions(options: SessionOptions = {}): Sessions {
  const { ttlMs = 15 * 60_000, refreshMs = 30 * 86_400_000, clock = systemClock } = options;
  const sessions = new Map<string, Kept>();
  const byHash = new Map<string, string>();
  /** Refresh tokens that were used, and the session that they were of. */
  const used = new Map<string, string>();

  const revoke = (id: string): boolean => {
    const kept = sessions.get(id);
    if (kept === undefined) return false;
    byHash.delete(kept.token);
    byHash.delete(kept.refresh);
    return sessions.delete(id);
  };
  /** Kept at once, so that nothing comes between a check and what it allows. */
  const begin = ({ token, refreshToken, hash, refresh }: Fresh, id: string, user: User, until: number): Session => {
    const expiresAt = Math.min(clock.now() + ttlMs, until);
    sessions.set(id, { id, user, until, token: hash, refresh, expiresAt });
    byHash.set(hash, id);
    byHash.set(refresh, id);
    for (const oldest of sessions.keys()) {
      if (sessions.size <= MOST) break;
      revoke(oldest);
    }
    return { id, user, token, refreshToken, expiresAt };
  };

  return {
    create: async (user) => begin(await freshTokens(), crypto.randomUUID(), user, clock.now() + refreshMs),
    async validate(idOrToken) {
      const hash = await sha256(idOrToken);
      const kept = sessions.get(idOrToken) ?? sessions.get(byHash.get(hash) ?? "");
      // A refresh token is no token.
      if (kept === undefined || kept.refresh === hash || kept.expiresAt <= clock.now()) return { valid: false };
      return { valid: true, user: kept.user, expiresAt: kept.expiresAt };
    },
    async refresh(refreshToken) {
      const [hash, fresh] = await Promise.all([sha256(refreshToken), freshTokens()]);
      const stolen = used.get(hash);
      if (stolen !== undefined) revoke(stolen);
      const kept = sessions.get(byHash.get(hash) ?? "");
      if (kept === undefined || kept.refresh !== hash || kept.until <= clock.now())
        throw authFailure("the refresh token is not right");
      revoke(kept.id);
      used.set(hash, kept.id);
      for (const oldest of used.keys()) {
        if (used.size <= MOST_USED) break;
        used.delete(oldest);
      }
      return begin(fresh, kept.id, kept.user, kept.until);
    },
    revoke,
  };
}

/** New tokens and their hashes. */
interface Fresh {
  readonly token: string;
  readonly refreshToken: string;
  readonly hash: string;
  readonly refresh: string;
}

async function freshTokens(): Promise<Fresh> {
  const [token, refreshToken] = [randomText(), randomText()];
  const [hash, refresh] = await Promise.all([sha256(token), sha256(refreshToken)]);
  return { token, refreshToken, hash, refresh };
}

const randomText = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
