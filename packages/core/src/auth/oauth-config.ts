import { SpellError } from "@llmspell/errors";
import { isLoopback } from "../http/loopback.js";
import { isRecord } from "../json.js";
import { isReference, setting, type Env, type Secret } from "../models/config.js";
import { didYouMean } from "../suggest.js";
import type { OAuthProvider } from "./oauth-login.js";

/** A server at which people log in, as data. */
export interface OAuthProviderConfig extends Omit<OAuthProvider, "clientSecret" | "user"> {
  clientSecret?: Secret;
}

const URLS = ["issuer", "authorizationEndpoint", "tokenEndpoint", "redirectUri", "userEndpoint"];
const FIELDS = [...URLS, "clientId", "clientSecret", "scopes", "timeoutMs"];

/** @throws SpellError `CONFIG_INVALID` naming the field. */
export function checkOAuthProvider(value: unknown): OAuthProviderConfig {
  if (!isRecord(value)) throw invalid("it must be an object");
  const { scopes, timeoutMs, clientSecret, ...texts } = value;
  for (const [field, text] of Object.entries(texts)) {
    if (!FIELDS.includes(field)) throw invalid(`there is no field '${field}'${didYouMean(field, FIELDS)}`);
    if (typeof text !== "string" || text === "") throw invalid(`'${field}' must be a text`);
    if (URLS.includes(field) && !isSafe(text)) throw invalid(`'${field}' must be an https URL, or one of this machine`);
  }
  for (const field of ["clientId", "redirectUri"])
    if (texts[field] === undefined) throw invalid(`it needs a '${field}'`);
  const { issuer, authorizationEndpoint, tokenEndpoint } = texts;
  if (issuer === undefined && (authorizationEndpoint === undefined || tokenEndpoint === undefined))
    throw invalid("it needs an 'issuer', or an 'authorizationEndpoint' and a 'tokenEndpoint'");
  if (clientSecret !== undefined && typeof clientSecret !== "string" && !isReference(clientSecret))
    throw invalid("'clientSecret' must be a text or {env: NAME}");
  if (scopes !== undefined && !(Array.isArray(scopes) && scopes.every((scope) => typeof scope === "string")))
    throw invalid("'scopes' must be a list of texts");
  if (timeoutMs !== undefined && !(typeof timeoutMs === "number" && timeoutMs > 0))
    throw invalid("'timeoutMs' must be a number above 0");
  return value as unknown as OAuthProviderConfig;
}

/** The same with its secret, which is only missed when somebody logs in; `name` says where, in the error. */
export function oauthProvider(name: string, { clientSecret, ...config }: OAuthProviderConfig, env: Env): OAuthProvider {
  if (clientSecret === undefined) return config;
  if (typeof clientSecret === "string") return { ...config, clientSecret };
  const read = (): string => {
    const secret = setting(env, clientSecret.env);
    if (secret !== undefined) return secret;
    throw invalid(`logins.${name}: set ${clientSecret.env}, to which 'clientSecret' refers`);
  };
  return { ...config, clientSecret: read };
}

const isSafe = (url: string): boolean => URL.canParse(url) && (new URL(url).protocol === "https:" || isLoopback(url));

const invalid = (problem: string): SpellError => new SpellError("CONFIG_INVALID", problem);
