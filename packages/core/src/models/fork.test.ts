import { describe, expect, it } from "vitest";
import { generate } from "../generate.js";
import { createModels } from "./models.js";
import { createScriptedModel } from "./scripted.js";

const script = (...steps: string[]) => ({
  type: "custom" as const,
  create: () => createScriptedModel(steps),
  defaultModel: "m",
});

describe("a fork of models", () => {
  it("knows what its origin knows; what it changes stays in it", async () => {
    const models = createModels({
      config: { default: "offline:demo", catalog: [{ provider: "box", model: "big", contextWindow: 5 }] },
    });
    models.register("a", script("one", "two"));
    models.pools.add("pair", { members: ["a"] });
    const fork = models.fork();
    expect((await generate(fork, { prompt: "x", model: "a" })).content).toBe("one");
    expect((await generate(models, { prompt: "x", model: "a" })).content).toBe("two");
    expect(models.usage("a").requests).toBe(2);
    expect(fork.catalog.list()).toEqual(models.catalog.list());

    fork.register("b", script("own"));
    expect(fork.default().id).toBe("offline:demo");
    fork.setDefault("b");
    fork.remove("a");
    fork.pools.remove("pair");
    fork.catalog.add({ provider: "box", model: "small" });
    expect((await generate(fork, { prompt: "x" })).content).toBe("own");
    expect(models.list().map(({ name }) => name)).not.toContain("b");
    expect([models.default().id, models.resolve("a").id, models.pools.has("pair")]).toEqual([
      "offline:demo",
      "a:m",
      true,
    ]);
    expect(models.catalog.find("box:small")).toBeUndefined();
    expect(fork.fork().default().id).toBe("b:m");
    fork.setDefault(undefined);
    expect(fork.default().id).toBe("b:m");
  });

  it("says which variables a provider would read, without making it", () => {
    const models = createModels({ env: { OPENAI_API_KEY: "sk-0123456789" } });
    expect(models.check({ type: "openai", name: "mine" })).toMatchObject({
      configured: true,
      variables: ["OPENAI_API_KEY"],
    });
    expect(models.check({ type: "openai", name: "mine", apiKey: "k" }).variables).toEqual([]);
    expect(models.check({ type: "anthropic", name: "openai" }).variables).toContain("OPENAI_API_KEY");
    const headers = { authorization: { env: "MINE" } };
    expect(models.check({ type: "ollama", name: "box", headers })).toMatchObject({
      type: "openai-compatible",
      baseURL: "http://127.0.0.1:11434/v1",
      variables: ["MINE"],
    });
    expect(models.list().map(({ name }) => name)).not.toContain("mine");
    expect(() => models.check({ type: "opnai" })).toThrow("did you mean 'openai'");
  });
});
