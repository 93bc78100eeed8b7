import { SpellError } from "@llmspell/errors";
import { limitedBody } from "../http/limited-body.js";

export interface ProviderFetchOptions {
  /** For messages. */
  provider: string;
  model: string;
  /** Bytes that an answer may have, after decompression. */
  maxBytes: number;
  /** Told of the headers of every answer, whatever its status. */
  heard: (headers: Headers) => void;
}

/** The `fetch` that requests to a provider go through: no redirects, no pages, no endless bodies. */
export function providerFetch({ provider, model, maxBytes, heard }: ProviderFetchOptions): typeof fetch {
  const refuse = (code: "PROVIDER_NOT_FOUND" | "PROVIDER_SERVER", what: string, status: number): SpellError =>
    new SpellError(code, `'${provider}' ${what}: check its baseURL`, {
      details: { provider, model, status, retryable: false },
    });
  return async (input, init) => {
    const response = await fetch(input, { ...init, redirect: "manual" });
    heard(response.headers);
    const { status } = response;
    const drop = (): void => void response.body?.cancel().catch(() => {});
    // Only `Authorization` is dropped by fetch when a redirect leads to another
    // host; other key headers would go along. No provider redirects.
    if (status >= 300 && status < 400) {
      drop();
      throw refuse("PROVIDER_NOT_FOUND", `sends requests to another address (${status})`, status);
    }
    if (response.ok && response.headers.get("content-type")?.startsWith("text/html") === true) {
      drop();
      throw refuse("PROVIDER_SERVER", "sent an answer that cannot be read, a web page", status);
    }
    return limitedBody(response, maxBytes, "whole");
  };
}
