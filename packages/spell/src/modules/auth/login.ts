import type { Session } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import { authOf } from "../../run/auth.js";
import { toScript } from "../shapes.js";
import { oauthLoginsOf } from "./oauth.js";

const scriptSession = ({ id, user, token, refreshToken, expiresAt }: Session): ScriptObject => ({
  id,
  user: toScript(user),
  token,
  refresh_token: refreshToken,
  expires_at: expiresAt,
});

const TOKEN = 'auth.generate_token({ sub = "ada" })';

export const loginFunctions = {
  login: awaitable({
    doc: "Logs somebody in by a scheme of the host (basic, bearer, api_key, oauth2, …). Tries are limited; a failure does not say what was wrong. By oauth2 it takes the {code, state} that somebody came back with from a flow which `auth.oauth_flow` has begun in this run, and keeps the tokens with the secrets, as oauth2/<provider>/<subject>.",
    needs: { auth: { exactly: "login" } },
    mayNeed: { network: "the host of the provider, by oauth2" },
    params: { credentials: t.table, scheme: t.string },
    result: "Session",
    example: `return auth.login({ token = ${TOKEN} }, "bearer").user.id`,
    async call(run, { credentials, scheme }) {
      return scriptSession(await authOf(run).login(scheme, credentials, { oauth: oauthLoginsOf(run) }));
    },
  }),
  refresh_token: awaitable({
    doc: "A session with new tokens for its refresh token, which is used up. One that is used twice ends the session.",
    needs: { auth: { exactly: "login" } },
    params: { refresh_token: t.string },
    result: "Session",
    example: `local session = auth.login({ token = ${TOKEN} }, "bearer")\nreturn auth.refresh_token(session.refresh_token).user.id`,
    async call(run, { refresh_token: token }) {
      return scriptSession(await authOf(run).sessions.refresh(token));
    },
  }),
  validate_session: awaitable({
    doc: "Whether a session, given whole, by its id or by its token, is still good.",
    needs: { auth: { exactly: "login" } },
    params: { session: t.union(t.string, t.table) },
    result: "{valid: boolean, user?: table, expires_at?: number}",
    example: `local session = auth.login({ token = ${TOKEN} }, "bearer")\nreturn auth.validate_session(session).valid`,
    async call(run, { session }) {
      const token = typeof session === "string" ? session : session["token"];
      if (typeof token !== "string")
        throw new SpellError("INVALID_ARGUMENT", "auth.validate_session: session has no 'token'");
      const { valid, user, expiresAt } = await authOf(run).sessions.validate(token);
      return {
        valid,
        ...(user === undefined ? {} : { user: toScript(user) }),
        ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
      };
    },
  }),
} as const;
