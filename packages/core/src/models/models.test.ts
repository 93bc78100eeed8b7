import { describe, expect, it } from "vitest";
import { createModels } from "./models.js";
import { createScriptedModel } from "./scripted.js";

const KEY = "sk-secret-0123456789";

describe("createModels", () => {
  it("falls back to the offline model and says why", () => {
    expect(createModels().default()).toEqual({
      id: "offline:demo",
      provider: "offline",
      model: "demo",
      offline: true,
      reason: "no provider is configured",
    });
    expect(createModels({ env: { OPENAI_API_KEY: "", LLMSPELL_MODEL: " " } }).resolve().offline).toBe(true);
  });

  it("takes the default from the configuration, then the environment, then the first configured provider", () => {
    const env = { ANTHROPIC_API_KEY: KEY, GEMINI_API_KEY: KEY, LLMSPELL_MODEL: "gemini:gemini-x" };
    expect(createModels({ env, config: { default: "anthropic:claude-x" } }).default()).toMatchObject({
      id: "anthropic:claude-x",
      reason: expect.stringContaining("configuration"),
    });
    expect(createModels({ env }).default()).toMatchObject({
      id: "google:gemini-x",
      reason: expect.stringContaining("LLMSPELL_MODEL"),
    });
    expect(createModels({ env: { ...env, LLMSPELL_MODEL: undefined } }).default()).toMatchObject({
      provider: "anthropic",
      offline: false,
    });
  });

  it("counts local servers only when somebody names them", () => {
    expect(createModels().default().provider).toBe("offline");
    expect(createModels({ config: { providers: { ollama: {} } } }).default()).toMatchObject({
      provider: "ollama",
      model: "llama3.2",
    });
    expect(createModels({ env: { OLLAMA_BASE_URL: "http://127.0.0.1:9/v1" } }).default().provider).toBe("ollama");
    expect(() => createModels().resolve("lmstudio:x")).toThrow("LMSTUDIO_BASE_URL");
  });

  it("splits only at a known provider", () => {
    const models = createModels({ config: { default: "ollama:llama3.2", providers: { ollama: {} } } });
    expect(models.resolve("llama3.2:1b").id).toBe("ollama:llama3.2:1b");
    expect(models.resolve("ollama:llama3.2:1b").model).toBe("llama3.2:1b");
    expect(models.resolve("ollama:llama3.2:1b", "ollama").model).toBe("llama3.2:1b");
    expect(models.resolve("llama3.2:1b", "ollama").model).toBe("llama3.2:1b");
    expect(models.resolve("ollama").model).toBe("llama3.2");
    expect(models.resolve(undefined, "ollama").model).toBe("llama3.2");
  });

  it("says what to set when a provider is not configured", () => {
    const models = createModels();
    const failure = {
      code: "PROVIDER_AUTH",
      message: "provider 'openai' has no key: set OPENAI_API_KEY or providers.openai.apiKey in llmspell.config.json",
    };
    expect(() => models.resolve("openai:gpt-4")).toThrow(expect.objectContaining(failure));
    expect(() => models.resolve("gpt-4", "openai")).toThrow(expect.objectContaining(failure));
    // A named model is never silently replaced by the stand-in.
    expect(() => models.resolve("gpt-4")).toThrow("no provider is configured that could run 'gpt-4'");
    expect(() => models.resolve("offline:gpt-4")).toThrow("only 'demo'");
    expect(() => models.resolve("x", "opnai")).toThrow(
      expect.objectContaining({ code: "NOT_FOUND", message: expect.stringContaining("did you mean 'openai'") }),
    );
  });

  it("lets the configuration win over the environment", () => {
    const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: "http://127.0.0.1:1/v1" };
    const info = (models: ReturnType<typeof createModels>) => models.list().find(({ name }) => name === "openai");
    expect(info(createModels({ env }))).toMatchObject({ configured: true, baseURL: "http://127.0.0.1:1/v1" });
    const providers = { openai: { baseURL: "http://127.0.0.1:2/v1", defaultModel: "m" } };
    expect(info(createModels({ env, config: { providers } }))).toMatchObject({
      baseURL: "http://127.0.0.1:2/v1",
      defaultModel: "m",
    });
  });

  it("never shows a key", async () => {
    const models = createModels({
      env: { OPENAI_API_KEY: KEY },
      config: { providers: { own: { baseURL: "http://127.0.0.1:1", apiKey: KEY, headers: { "x-secret": KEY } } } },
    });
    const loaded = await models.load(models.resolve("openai:gpt-4"));
    expect(
      `${JSON.stringify(models.list())}${JSON.stringify(models)}${JSON.stringify(loaded)}${JSON.stringify(models.resolve())}`,
    ).not.toContain(KEY);
  });

  it.each([
    [{ openai: { apikey: "x" } }, "there is no field 'apikey', did you mean 'apiKey'"],
    [{ mine: { type: "magic" } }, "'type' must be one of"],
    [{ mine: { type: "custom" } }, "needs a function 'create'"],
    [{ mine: { baseURL: "file:///etc/passwd" } }, "'baseURL' must be an http or https URL"],
    [{ mine: { baseURL: "http://user:pass@host/v1" } }, "must not hold a user name"],
    [{ "a:b": {} }, "a provider's name is"],
    [{ mine: null }, "it must be an object"],
  ])("refuses the configuration %j", (providers, message) => {
    expect(() => createModels({ config: { providers: providers as never } })).toThrow(
      expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) }),
    );
  });

  it.each([
    [null, "the configuration of models must be an object"],
    [{ providrs: {} }, "has no field 'providrs', did you mean 'providers'?"],
    [{ default: 5 }, "'default' must be a text"],
    [{ providers: [] }, "'providers' must be an object"],
    [{ pools: [] }, "'pools' must be an object"],
    [{ catalog: {} }, "'catalog' must be a list"],
  ])("refuses %j, also to import it", (config, message) => {
    const refusal = expect.objectContaining({ code: "CONFIG_INVALID", message: expect.stringContaining(message) });
    expect(() => createModels({ config: config as never })).toThrow(refusal);
    expect(() => createModels().importConfig(config as never)).toThrow(refusal);
  });

  it("registers, reconfigures, counts and removes providers", async () => {
    const models = createModels();
    models.register("script", {
      type: "custom",
      create: () => createScriptedModel([{ text: "hi", usage: { inputTokens: 3, outputTokens: 2 } }]),
      defaultModel: "one",
    });
    expect(() => models.register("script", {})).toThrow(expect.objectContaining({ code: "ALREADY_EXISTS" }));
    const ref = models.resolve("script:one");
    const model = await models.load(ref);
    expect(await models.load(ref)).toBe(model);
    await model.doGenerate({ prompt: [] });
    expect(models.usage("script")).toMatchObject({ requests: 1, failed: 0, inputTokens: 3, outputTokens: 2 });
    expect(models.usage()).toMatchObject({ requests: 1, failed: 0, inputTokens: 3, outputTokens: 2 });

    models.configure("openai", { apiKey: KEY });
    expect(models.resolve("openai:x").provider).toBe("openai");
    expect(models.remove("script")).toBe(true);
    expect(models.remove("offline")).toBe(false);
    expect(() => models.resolve("one", "script")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });
});
