import { createHash, randomBytes } from "node:crypto";
import { serve, type Loopback } from "./loopback.js";

interface OAuthServer extends Loopback {
  /** What a user does who agrees: the code and the state that the redirect has. */
  agree(authorizeUrl: string): { code: string; state: string };
  /** Requests of tokens. */
  readonly grants: readonly Record<string, string>[];
}

/** An authorization server on 127.0.0.1 that insists on PKCE (S256) and takes each code once. */
export async function createOAuthServer(): Promise<OAuthServer> {
  const codes = new Map<string, { challenge: string; redirect: string; client: string }>();
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
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
      });
      return;
    }
    let body = "";
    request.on("data", (part: Buffer) => (body += String(part)));
    request.on("end", () => {
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
      });
      return { code, state: query.get("state") ?? "" };
    },
  };
}
