import { isSpellError, type SpellError } from "@llmspell/errors";
import { describe, expect, it, onTestFinished } from "vitest";
import { callModel, createModels, type Models } from "../../index.js";
import { startWireServer, type WireKind, type WireServer, type WireServerOptions } from "./server.js";
import type { Reply } from "./types.js";
import { Random } from "../../../../../test/support/random.js";

const KINDS: readonly WireKind[] = ["openai", "anthropic", "google", "ollama", "openai-compatible"];
const ASK = { messages: [{ role: "user" as const, content: "Say something" }] };

async function connect(kind: WireKind, options: WireServerOptions): Promise<{ server: WireServer; models: Models }> {
  const server = await startWireServer(kind, options);
  onTestFinished(() => server.close());
  const provider = { baseURL: server.url, apiKey: "sk-test-0123456789", defaultModel: "test-1" };
  return { server, models: createModels({ config: { default: kind, providers: { [kind]: provider } } }) };
}

const FAILURES: readonly Reply[] = [
  { status: 500 },
  { status: 503 },
  { status: 429, headers: { "retry-after-ms": "1" } },
  { status: 400, text: "bad" },
  { status: 403 },
  { text: "one two three four", dieAfterChunks: 0 },
  { body: "<nothing>" },
];

describe.each(KINDS)("%s", (kind) => {
  it.each([1, 2, 3])(
    "PROV-12, PROD-3: a random mix of failures, seed %d: each call ends once, counters are the server's",
    async (seed) => {
      const random = new Random(seed);
      const told = { answers: 0, input: 0, output: 0 };
      const stops = new Map<string, AbortController>();
      const attempts = new Map<string, number>();
      const { server, models } = await connect(kind, {
        respond(request) {
          const content = request.messages[0]?.text ?? "";
          const attempt = (attempts.get(content) ?? 0) + 1;
          attempts.set(content, attempt);
          // By the call, not by the order of arrival, which nobody knows.
          const random = new Random(seed * 10_000 + Number(content.slice(5)) * 10 + attempt);
          const dice = random.fraction();
          const own = stops.get(content);
          if (own !== undefined) {
            own.abort();
            return new Promise(() => {});
          }
          if (dice < 0.4) return FAILURES[Math.floor(random.fraction() * FAILURES.length)] ?? {};
          // A stream that is cut tells no usage; in one piece it always ends.
          if (dice < 0.5 && request.stream) return { text: "one two three four five six", endAfterChunks: 4 };
          const usage = {
            input: 1 + Math.floor(random.fraction() * 100),
            output: 1 + Math.floor(random.fraction() * 50),
          };
          told.answers++;
          told.input += usage.input;
          told.output += usage.output;
          return { text: "one two three", usage };
        },
      });
      const model = await models.load(models.resolve());
      const ends: string[] = [];
      const call = async (n: number): Promise<void> => {
        const stop = new AbortController();
        const content = `call ${n}`;
        if (random.fraction() < 0.15) stops.set(content, stop);
        const heard: string[] = [];
        const onPart = (part: { type: string; text?: string }): void => void heard.push(part.text ?? "");
        await callModel(
          model,
          { messages: [{ role: "user", content }] },
          {
            signal: stop.signal,
            retry: { maxAttempts: 3, initialDelayMs: 1, maxDelayMs: 2 },
            ...(random.fraction() < 0.5 ? { onPart } : {}),
          },
        ).then(
          (answer) => ends.push(answer.text),
          (error: unknown) => {
            expect(isSpellError(error)).toBe(true);
            ends.push((error as SpellError).code);
          },
        );
      };
      for (let group = 0; group < 8; group++)
        await Promise.all(Array.from({ length: 10 }, (_, n) => call(group * 10 + n)));

      expect(ends).toHaveLength(80);
      const answered = ends.filter((end) => end === "one two three").length;
      expect(answered).toBe(told.answers);
      expect(ends.filter((end) => end === "CANCELLED")).toHaveLength(stops.size);
      expect(models.usage(kind)).toEqual({
        requests: server.requests.length,
        failed: server.requests.length - answered,
        inputTokens: told.input,
        outputTokens: told.output,
        cachedInputTokens: 0,
        reasoningTokens: 0,
      });
      expect(models.usage()).toEqual(models.usage(kind));
      // The run is a mix: none of the outcomes is missing.
      expect(new Set(ends).size).toBeGreaterThanOrEqual(5);
    },
  );
});

describe("quotas", () => {
  it("PROV-12: are read from OpenAI's headers, of answers and of refusals", async () => {
    const headers = {
      "x-ratelimit-limit-requests": "5000",
      "x-ratelimit-remaining-requests": "4999",
      "x-ratelimit-reset-requests": "12ms",
      "x-ratelimit-limit-tokens": "160000",
      "x-ratelimit-remaining-tokens": "159976",
      "x-ratelimit-reset-tokens": "6m0s",
    };
    const empty = { ...headers, "x-ratelimit-remaining-requests": "0", "retry-after": "20" };
    const { models } = await connect("openai", {
      respond: () => [{ text: "ok", headers }, { status: 429, headers: empty }, { text: "no word of quotas" }],
    });
    expect(models.rateLimits("openai")).toBeUndefined();
    const model = await models.load(models.resolve());
    const before = Date.now();
    await callModel(model, ASK);
    const first = models.rateLimits("openai");
    const at = first?.at ?? 0;
    expect(at).toBeGreaterThanOrEqual(before);
    expect(first).toEqual({
      at,
      requests: { limit: 5000, remaining: 4999, resetsAt: at + 12 },
      tokens: { limit: 160_000, remaining: 159_976, resetsAt: at + 360_000 },
    });
    await expect(callModel(model, ASK, { retry: { maxAttempts: 1 } })).rejects.toMatchObject({
      code: "PROVIDER_RATE_LIMIT",
    });
    const second = models.rateLimits("openai");
    expect(second).toMatchObject({ requests: { remaining: 0 }, retryAt: (second?.at ?? 0) + 20_000 });
    await callModel(model, ASK);
    expect(models.rateLimits("openai")).toEqual(second);
    expect(() => models.rateLimits("opnai")).toThrow("did you mean 'openai'");
  });

  it("PROV-12: are read from Anthropic's headers", async () => {
    const { models } = await connect("anthropic", {
      respond: () => ({
        text: "ok",
        headers: {
          "anthropic-ratelimit-requests-limit": "50",
          "anthropic-ratelimit-requests-remaining": "49",
          "anthropic-ratelimit-requests-reset": "2027-01-01T00:00:01Z",
          "anthropic-ratelimit-input-tokens-limit": "30000",
          "anthropic-ratelimit-input-tokens-remaining": "29000",
          "anthropic-ratelimit-input-tokens-reset": "2027-01-01T00:01:00Z",
          "anthropic-ratelimit-output-tokens-limit": "8000",
        },
      }),
    });
    const model = await models.load(models.resolve());
    await callModel(model, ASK, { onPart: () => {} });
    expect(models.rateLimits("anthropic")).toMatchObject({
      requests: { limit: 50, remaining: 49, resetsAt: Date.UTC(2027, 0, 1, 0, 0, 1) },
      inputTokens: { limit: 30_000, remaining: 29_000, resetsAt: Date.UTC(2027, 0, 1, 0, 1) },
      outputTokens: { limit: 8000 },
    });
  });
});
