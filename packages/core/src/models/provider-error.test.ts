import { APICallError, TypeValidationError } from "@ai-sdk/provider";
import { describe, expect, it } from "vitest";
import { providerError } from "./provider-error.js";
import { createScriptedModel } from "./scripted.js";
import { keepSecrets } from "../secrets.js";

describe("providerError", () => {
  const model = createScriptedModel([]);
  const call = (statusCode: number, message: string, responseBody = "") =>
    new APICallError({
      message,
      url: "http://user:pw@h/x?key=1",
      requestBodyValues: { secret: "prompt" },
      statusCode,
      responseBody,
    });

  it("takes keys out of what a server says", async () => {
    keepSecrets(model, ["sk-abcdef123456", undefined, "short"]);
    const error = await providerError(call(401, "bad key sk-abcdef123456, short"), model, "request");
    expect(error.message).toBe("'scripted' refused the key (401): bad key [key], short");
    expect(error.cause).toBeUndefined();
  });

  it("leaves no part of a key, where a text is cut off or a key begins with another", async () => {
    keepSecrets(model, ["sk-abcdef123456", "sk-abcdef123456-and-more"]);
    const cut = await providerError(call(400, `${"x".repeat(490)} sk-abcdef123456`), model, "request");
    expect(cut.message).not.toContain("sk-");
    const longer = await providerError(call(400, "sk-abcdef123456-and-more"), model, "request");
    expect(longer.message).toBe("'scripted' refused the request (400): [key]");
  });

  it("does not retry an empty purse", async () => {
    const error = await providerError(
      call(429, "You exceeded your current quota", '{"error":{"code":"insufficient_quota"}}'),
      model,
      "request",
    );
    expect(error).toMatchObject({ code: "PROVIDER_RATE_LIMIT", details: { retryable: false } });
  });

  it("bounds and cleans the server's words", async () => {
    const error = await providerError(call(500, `\u001b[31m${"x".repeat(5000)}`), model, "request");
    expect(error.message.length).toBeLessThan(700);
    expect(error.message).not.toContain("\u001b");
  });

  it.each([
    ['{"error":"no such model here"}', "no such model here"],
    ['{"error":{"message":"too hot"}}', "too hot"],
    ['[{"error":{"message":"in a list"}}]', "in a list"],
    ['{"message":"forbidden by the proxy"}', "forbidden by the proxy"],
    ['{"detail":[{"loc":["body"],"msg":"field required"}]}', "field required"],
    ["upstream connect error", "upstream connect error"],
    ["<html><h1>Bad Gateway</h1></html>", "Status"],
    ['{"unknown":1}', "Status"],
    ["", "Status"],
  ])("says what a server says in its own way: %s", async (body, words) => {
    expect((await providerError(call(400, "Status", body), model, "request")).message).toBe(
      `'scripted' refused the request (400): ${words}`,
    );
  });

  it("tells an error in the place of an answer or a piece of it", async () => {
    const piece = new TypeValidationError({ value: { error: "boom" }, cause: new Error("a lot of schema") });
    const whole = new APICallError({
      message: "Invalid JSON response",
      url: "http://h/",
      requestBodyValues: {},
      statusCode: 200,
      responseBody: '{"error":{"message":"context window exceeded"}}',
      cause: piece,
    });
    expect(await providerError(whole, model, "request")).toMatchObject({
      code: "PROVIDER_CONTEXT_LENGTH",
      message: "'scripted' failed: context window exceeded",
    });
    expect(await providerError(piece, model, "answer")).toMatchObject({
      code: "PROVIDER_SERVER",
      message: "'scripted' failed: boom",
    });
  });

  it("understands an error event within a stream", async () => {
    expect(await providerError({ type: "overloaded_error", message: "Overloaded" }, model, "answer")).toMatchObject({
      code: "PROVIDER_SERVER",
      message: "'scripted' failed: Overloaded",
    });
    expect((await providerError({ type: "rate_limit_error", message: "slow down" }, model, "answer")).code).toBe(
      "PROVIDER_RATE_LIMIT",
    );
  });
});
