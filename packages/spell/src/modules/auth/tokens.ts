import { defined, decodeToken, hashPassword, signToken, verifyPassword, verifyToken, type Token } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { isSpellError, SpellError } from "@llmspell/errors";
import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import { authOf } from "../../run/auth.js";
import { toScript } from "../shapes.js";

const algorithm = t.oneOf("HS256", "HS384", "HS512");
const names = { iss: t.optional(t.string), aud: t.optional(t.string) };

const verification = t.object(
  { key: t.union(t.string, t.table), algs: t.optional(t.list(t.string)), ...names },
  "JwtVerification",
);

const wanted = ({ iss, aud }: { iss?: string | undefined; aud?: string | undefined }) =>
  defined({ issuer: iss, audience: aud });

const scriptToken = ({ header, claims, verified }: Token): ScriptObject => ({
  header: toScript(header),
  claims: toScript(claims),
  verified,
});

/** The error of a token that is not right; others are none of the token. */
function refusal(error: unknown): SpellError {
  if (isSpellError(error) && (error.code === "AUTH_FAILED" || error.code === "INVALID_ARGUMENT")) return error;
  throw error;
}

export const tokenFunctions = {
  jwt_decode: awaitable({
    doc: 'What a JSON Web Token says; only with a key (a secret, a public key in PEM or a JWK) is it verified. The key decides which algorithms are possible; "none" never is.',
    params: { token: t.string, verify: t.optional(t.union(t.boolean, verification)) },
    result: "{header: table, claims: table, verified: boolean}",
    example: 'local token = auth.generate_token({ sub = "ada" })\nreturn auth.jwt_decode(token).claims.sub',
    async call(_, { token, verify }) {
      if (verify === true) throw new SpellError("INVALID_ARGUMENT", "auth.jwt_decode: verify must have a 'key'");
      if (verify === undefined || verify === false) return scriptToken(await decodeToken(token));
      const { key, algs, ...rest } = verify;
      return scriptToken(
        await verifyToken(token, { key, ...wanted(rest), ...(algs === undefined ? {} : { algorithms: algs }) }),
      );
    },
  }),
  generate_token: awaitable({
    doc: "A token that is signed with the key of the host, good for `ttl` (1h).",
    needs: { auth: { exactly: "tokens" } },
    params: {
      claims: t.table,
      opts: t.optional(t.object({ ttl: t.optional(t.duration), alg: t.optional(algorithm) }, "TokenOptions")),
    },
    result: "string",
    aliases: ["utils.auth_generate_token"],
    example: 'return auth.generate_token({ sub = "ada" }, { ttl = "5m" })',
    async call(run, { claims, opts: { ttl, alg } = {} }) {
      return await signToken(claims, {
        key: await authOf(run).keyFor("tokens"),
        ...defined({ ttlMs: ttl, algorithm: alg }),
      });
    },
  }),
  validate_token: awaitable({
    doc: "Whether a token was signed with the key of the host, and is still good.",
    needs: { auth: { exactly: "tokens" } },
    params: {
      token: t.string,
      opts: t.optional(t.object({ alg: t.optional(algorithm), ...names }, "TokenChecks")),
    },
    result: "{valid: boolean, claims?: table, error?: string}",
    aliases: ["utils.auth_validate_token"],
    example: 'return auth.validate_token(auth.generate_token({ sub = "ada" })).valid',
    async call(run, { token, opts: { alg, ...rest } = {} }) {
      const key = await authOf(run).keyFor("tokens");
      try {
        const algorithms = alg === undefined ? {} : { algorithms: [alg] };
        const { claims } = await verifyToken(token, { key, ...wanted(rest), ...algorithms });
        return { valid: true, claims: toScript(claims) };
      } catch (error) {
        return { valid: false, error: refusal(error).message };
      }
    },
  }),
  hash_password: awaitable({
    doc: "A slow, salted hash (scrypt) that says how it was made.",
    needs: { auth: { exactly: "passwords" } },
    params: { password: t.string },
    result: "string",
    aliases: ["utils.auth_hash_password"],
    example: 'return auth.hash_password("correct horse")',
    async call(_, { password }) {
      return await hashPassword(password);
    },
  }),
  verify_password: awaitable({
    doc: "Whether it is the password of a hash, in constant time.",
    needs: { auth: { exactly: "passwords" } },
    params: { password: t.string, hash: t.string },
    result: "boolean",
    aliases: ["utils.auth_verify_password"],
    example: 'return auth.verify_password("correct horse", auth.hash_password("correct horse"))',
    async call(_, { password, hash }) {
      return await verifyPassword(password, hash);
    },
  }),
} as const;
