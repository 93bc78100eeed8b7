import type { LanguageModelV3, LanguageModelV3CallOptions, LanguageModelV3GenerateResult } from "@ai-sdk/provider";
import { SpellError } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { noCounts, providerModel, type AnswerLimits } from "./provider-model.js";
import { createScriptedModel } from "./scripted.js";

const PROMPT: LanguageModelV3CallOptions["prompt"] = [{ role: "user", content: [{ type: "text", text: "Hello" }] }];

type Generate = (options: LanguageModelV3CallOptions) => PromiseLike<LanguageModelV3GenerateResult>;

function modelOf(doGenerate: Generate, limits: Partial<AnswerLimits> = {}): { model: LanguageModelV3; used: unknown } {
  const used = noCounts();
  const raw = { ...createScriptedModel(["Hi"]), provider: "mine", modelId: "m", doGenerate } as LanguageModelV3;
  return {
    model: providerModel(raw, "mine", used, { answerMs: 600_000, idleMs: 600_000, maxBytes: 1e6, ...limits }),
    used,
  };
}

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

describe("a call of a provider's model", () => {
  it("that throws instead of rejecting is a failed call, and leaves no timer", async () => {
    const before = timers();
    const { model, used } = modelOf(() => {
      throw new Error("at once");
    });
    await expect(model.doGenerate({ prompt: PROMPT })).rejects.toThrow("at once");
    expect(used).toMatchObject({ requests: 1, failed: 1 });
    expect(timers()).toBe(before);
  });

  it("ends with its signal although the provider does not look at it", async () => {
    const { model, used } = modelOf(() => new Promise(() => {}));
    const stop = new AbortController();
    const answer = model.doGenerate({ prompt: PROMPT, abortSignal: stop.signal });
    stop.abort(new SpellError("TIMEOUT", "enough"));
    await expect(answer).rejects.toMatchObject({ code: "TIMEOUT", message: "enough" });
    expect(used).toMatchObject({ requests: 1, failed: 1 });
  });

  it("does not ask the provider when its signal has ended before", async () => {
    let asked = 0;
    const { model } = modelOf(() => {
      asked++;
      return new Promise(() => {});
    });
    await expect(model.doGenerate({ prompt: PROMPT, abortSignal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(asked).toBe(0);
  });

  it.each(["before", "after"])("ends the provider's request, whose signal was looked at %s the end", async (when) => {
    const seen: LanguageModelV3CallOptions[] = [];
    const looked: unknown[] = [];
    const { model } = modelOf(
      (options) => {
        looked.push(when === "before" ? options.abortSignal?.aborted : false);
        seen.push(options);
        return new Promise(() => {});
      },
      { answerMs: 20 },
    );
    await expect(model.doGenerate({ prompt: PROMPT })).rejects.toMatchObject({ code: "PROVIDER_TIMEOUT" });
    expect(looked).toEqual([false]);
    expect(seen[0]?.abortSignal?.reason).toMatchObject({ code: "PROVIDER_TIMEOUT" });
  });

  it("gives the provider all else that it was asked with", async () => {
    const seen: LanguageModelV3CallOptions[] = [];
    const { model } = modelOf((options) => {
      seen.push({ ...options });
      return createScriptedModel(["Hi"]).doGenerate(options);
    });
    await model.doGenerate({ prompt: PROMPT, temperature: 0.5, abortSignal: new AbortController().signal });
    expect(seen[0]).toMatchObject({ prompt: PROMPT, temperature: 0.5, abortSignal: { aborted: false } });
  });
});
