import { createHash, randomBytes } from "node:crypto";
import { SignJWT, exportJWK, generateKeyPair } from "jose";
import { serve, type Loopback } from "./loopback.js";

interface OAuthServer extends Loopback {
  /** What a user does who agrees: the code and the state that the redirect has. */
  agree(authorizeUrl: string): { code: string; state: string };
  /** Requests of tokens. */
  readonly grants: readonly Record<string, string>[];
}

interface Code {
  readonly challenge: string;
  readonly redirect: string;
  readonly client: string;
  readonly scopes: readonly string[];
  readonly nonce: string | undefined;
}

/**
 * An authorization server on 127.0.0.1 that insists on PKCE (S256) and takes each code once. With
 * the scope `openid` it says by an ID token that it is `ada`, at `/user` that it is number 7.
 *
 * @param signs `forged` signs ID tokens by another key than the server names.
 */
export async function createOAuthServer({ signs = "own" }: { signs?: "own" | "forged" } = {}): Promise<OAuthServer> {
  const codes = new Map<string, Code>();
  const [own, other] = await Promise.all([generateKeyPair("RS256"), generateKeyPair("RS256")]);
  const jwk = { ...(await exportJWK(own.publicKey)), kid: "one", alg: "RS256", use: "sig" };
  const idToken = async ({ client, nonce }: Code): Promise<string> =>
    await new SignJWT({ name: "Ada", roles: ["admin"], ...(nonce === undefined ? {} : { nonce }) })
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .setIssuer(loopback.url)
      .setAudience(client)
      .setSubject("ada")
      .setIssuedAt()
      .setExpirationTime("1m")
      .sign(signs === "own" ? own.privateKey : other.privateKey);
  const grants: Record<string, string>[] = [];
  const loopback = await serve((request, response) => {
    const json = (status: number, body: object): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    if (request.url?.startsWith("/.well-known/") === true) {
      json(200, {
        issuer: loopback.url,
        authorization_endpoint: `${loopback.url}/authorize`,
        token_endpoint: `${loopback.url}/token`,
        jwks_uri: `${loopback.url}/keys`,
        id_token_signing_alg_values_supported: ["RS256"],
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
      });
      return;
    }
    if (request.url === "/keys") {
      json(200, { keys: [jwk] });
      return;
    }
    if (request.url === "/user") {
      if (request.headers.authorization === "Bearer the-access") json(200, { id: 7, login: "ada" });
      else json(401, {});
      return;
    }
    let body = "";
    request.on("data", (part: Buffer) => (body += String(part)));
    request.on("end", async () => {
      const form = Object.fromEntries(new URLSearchParams(body));
      grants.push(form);
      const known = codes.get(form["code"] ?? "");
      codes.delete(form["code"] ?? "");
      const challenge = createHash("sha256")
        .update(form["code_verifier"] ?? "")
        .digest("base64url");
      const isRight =
        known?.challenge === challenge && known.redirect === form["redirect_uri"] && known.client === form["client_id"];
      if (request.url === "/token" && isRight)
        json(200, {
          ...(known.scopes.includes("openid") ? { id_token: await idToken(known) } : {}),
          access_token: "the-access",
          refresh_token: "the-refresh",
          token_type: "Bearer",
          expires_in: 60,
          scope: "read",
        });
      else json(400, { error: "invalid_grant", error_description: "the code is <secret>" });
    });
  });
  return {
    ...loopback,
    grants,
    agree(authorizeUrl) {
      const query = new URL(authorizeUrl).searchParams;
      const code = randomBytes(8).toString("hex");
      codes.set(code, {
        challenge: query.get("code_challenge_method") === "S256" ? (query.get("code_challenge") ?? "") : "",
        redirect: query.get("redirect_uri") ?? "",
        client: query.get("client_id") ?? "",
        scopes: (query.get("scope") ?? "").split(" "),
        nonce: query.get("nonce") ?? undefined,
      });
      return { code, state: query.get("state") ?? "" };
    },
  };
}
