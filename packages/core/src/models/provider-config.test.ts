import { describe, expect, it } from "vitest";
import { generate } from "../generate.js";
import { startWireServer } from "../testing/wire/server.js";
import type { NewProvider } from "./config.js";
import { createModels } from "./models.js";
import { createScriptedModel } from "./scripted.js";

const KEY = "sk-secret-0123456789";

describe("providers from data", () => {
  it("PROV-2: JSON gives a provider that works; an unknown type lists the known ones", async () => {
    const server = await startWireServer("openai", { respond: () => ({ text: "hello" }), key: KEY });
    try {
      const models = createModels({ env: { MY_KEY: KEY } });
      const json = JSON.stringify({ type: "openai", baseURL: server.url, apiKey: { env: "MY_KEY" }, name: "mine" });
      expect(models.create(json)).toMatchObject({ name: "mine", type: "openai", configured: true });
      expect((await generate(models, { prompt: "hi", model: "mine:gpt-5" })).content).toBe("hello");
      // Without a name it is the built-in one, which then is taken.
      expect(models.create({ type: "openai", apiKey: KEY, baseURL: server.url }).name).toBe("openai");
      expect((await generate(models, { prompt: "hi", model: "openai:gpt-5" })).content).toBe("hello");
      expect(() => models.create({ type: "openai", apiKey: KEY })).toThrow(
        expect.objectContaining({ code: "ALREADY_EXISTS" }),
      );
    } finally {
      await server.close();
    }
    expect(() => createModels().create('{"type": "opnai"}')).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message:
          "providers.opnai: 'type' must be one of openai, anthropic, google, openai-compatible, offline, did you mean 'openai'?",
      }),
    );
  });

  it.each([
    ["{", "SYNTAX_ERROR", "JSON"],
    ["[]", "CONFIG_INVALID", "a provider must be an object"],
    ["{}", "CONFIG_INVALID", "'type' of a provider must be a text"],
    ['{"type":"openai","name":1}', "CONFIG_INVALID", "'name' of a provider must be a text"],
    ['{"type":"openai","apiKey":7}', "CONFIG_INVALID", "'apiKey' must be a text or {env: NAME}"],
    ['{"type":"openai","headers":{"a":{"env":1}}}', "CONFIG_INVALID", "'headers' must be texts or {env: NAME}"],
    ['{"type":"openai","options":{"x":1}}', "CONFIG_INVALID", "there is no option 'x'"],
    ['{"type":"openai","options":[]}', "CONFIG_INVALID", "'options' must be an object"],
    ['{"type":"openai","baseURL":"http://x/v1?key=1"}', "CONFIG_INVALID", "'baseURL' must not have a query"],
    ['{"type":"openai","name":"pool"}', "ALREADY_EXISTS", "there already is a pool named 'pool'"],
  ])("refuses %s", (json, code, message) => {
    expect(() => createModels().create(json)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it("says which variable a reference needs", () => {
    const models = createModels({ config: { providers: { mine: { type: "openai", apiKey: { env: "MY_KEY" } } } } });
    expect(() => models.resolve("mine:x")).toThrow(
      "provider 'mine' has no key: set MY_KEY, to which providers.mine refers",
    );
  });
});

describe("provider types of the host", () => {
  it("PROV-3: a type that is registered at run time is created by name and is discovered", async () => {
    const models = createModels({ env: { ACME_KEY: KEY } });
    const seen: unknown[] = [];
    models.types.define("acme", {
      description: "Acme's models",
      needsKey: true,
      keyEnv: ["ACME_KEY"],
      baseURL: "https://acme.example/v1",
      capabilities: ["chat", "vision"],
      options: { region: { description: "Where it runs" }, token: { secret: true } },
      create(settings) {
        seen.push(settings);
        return (modelId) => createScriptedModel([`I am ${modelId}`], { modelId });
      },
    });
    expect(models.types.discover().find(({ type }) => type === "acme")).toEqual({
      type: "acme",
      description: "Acme's models",
      keyEnv: ["ACME_KEY"],
      capabilities: ["chat", "vision"],
      providers: [],
      fields: expect.arrayContaining([
        expect.objectContaining({ name: "apiKey", secret: true, required: false }),
        expect.objectContaining({ name: "baseURL", default: "https://acme.example/v1" }),
        expect.objectContaining({ name: "options.region", description: "Where it runs", secret: false }),
        expect.objectContaining({ name: "options.token", secret: true }),
      ]),
    });
    expect(models.create({ type: "acme", options: { region: "eu", token: "tok-12345678" } })).toMatchObject({
      name: "acme",
      configured: true,
      capabilities: ["chat", "vision"],
    });
    expect((await generate(models, { prompt: "hi", model: "acme:big" })).content).toBe("I am big");
    expect(seen).toMatchObject([{ apiKey: KEY, baseURL: "https://acme.example/v1", options: { region: "eu" } }]);
    expect(() => models.types.define("acme", { create: () => () => createScriptedModel([]) })).toThrow("already is");
    expect(() => models.types.define("Not ok", { create: () => () => createScriptedModel([]) })).toThrow(
      "small letter",
    );
    expect(() => models.types.define("none", {} as never)).toThrow("needs a function 'create'");
    expect(() => models.create({ type: "acme", name: "b", options: { regin: "eu" } })).toThrow("did you mean 'region'");
  });

  it("PROV-3: a type can have embedding models", async () => {
    const models = createModels();
    models.types.define("vec", {
      create: () => (modelId) => createScriptedModel([], { modelId }),
      createEmbeddings: () => (modelId) => ({
        specificationVersion: "v3",
        provider: "vec",
        modelId,
        maxEmbeddingsPerCall: 10,
        supportsParallelCalls: false,
        doEmbed: async ({ values }) => ({ embeddings: values.map(() => [1, 2]), warnings: [] }),
      }),
    });
    models.create({ type: "vec", embeddingModel: "small" });
    expect(models.embeddings.resolve().id).toBe("vec:small");
    const model = await models.embeddings.load(models.embeddings.resolve("vec"));
    expect(model.provider).toBe("vec");
  });

  it("PROV-14: each built-in type has a template", () => {
    const templates = createModels().types.discover();
    expect(templates.map(({ type }) => type)).toEqual([
      "openai",
      "anthropic",
      "google",
      "openai-compatible",
      "offline",
    ]);
    const [openai] = templates;
    expect(openai).toMatchObject({ keyEnv: ["OPENAI_API_KEY"], providers: ["openai"] });
    const required = templates.flatMap(({ type, fields }) =>
      fields.filter((field) => field.required).map(({ name }) => `${type}.${name}`),
    );
    expect(required).toEqual(["openai-compatible.baseURL"]);
    // A template is enough to write a configuration that is accepted.
    for (const { type, fields } of templates) {
      const config = Object.fromEntries(
        fields
          .filter(({ name }) => name === "baseURL" || name === "apiKey")
          .map(({ name, default: standard }) => [
            name,
            standard ?? (name === "apiKey" ? KEY : "http://127.0.0.1:1/v1"),
          ]),
      );
      if (type === "offline") continue;
      const created = createModels().create({ type, name: "mine", ...config });
      expect(created).toMatchObject({ type, configured: true });
    }
  });
});

describe("export and import", () => {
  const providers: Record<string, NewProvider> = {
    mine: {
      type: "openai-compatible",
      baseURL: "http://127.0.0.1:9/v1",
      apiKey: KEY,
      headers: { "x-team": "team-secret-1", "x-ref": { env: "TEAM_REF" } },
      defaultModel: "big",
      embeddingModel: "vec",
      limits: { idleMs: 1000 },
    },
    anthropic: { type: "anthropic", apiKey: { env: "WORK_KEY" } },
  };
  const env = { OPENAI_API_KEY: `${KEY}-env`, WORK_KEY: `${KEY}-work`, TEAM_REF: "team-ref-secret" };

  it("PROV-14: the exported configuration has no secret and makes the same providers again", async () => {
    const models = createModels({ env, config: { providers, default: "mine:big" } });
    models.register("script", { type: "custom", create: () => createScriptedModel([]) });
    models.pools.add("main", { members: ["mine:big", { model: "openai:gpt-5", weight: 2 }], strategy: "weighted" });
    const exported = models.exportConfig();
    const text = JSON.stringify(exported);
    for (const secret of [KEY, "team-secret-1", "team-ref-secret"]) expect(text).not.toContain(secret);
    expect(exported.secrets).toEqual([
      { provider: "mine", field: "apiKey", env: "MINE_API_KEY" },
      { provider: "mine", field: "headers.x-team", env: "MINE_HEADERS_X_TEAM" },
    ]);
    expect(exported.skipped).toEqual(["script"]);
    expect(exported.config.providers?.["mine"]).toMatchObject({ limits: { idleMs: 1000 } });
    expect(exported.config.providers?.["openai"]).toMatchObject({ apiKey: { env: "OPENAI_API_KEY" } });

    const there = { ...env, MINE_API_KEY: KEY, MINE_HEADERS_X_TEAM: "team-secret-1" };
    const config = JSON.parse(JSON.stringify(exported.config)) as typeof exported.config;
    const known = (list: ReturnType<typeof models.list>) =>
      list
        .filter(({ configured, name }) => configured && name !== "script")
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const again = createModels({ env: there, config });
    expect(known(again.list())).toEqual(known(models.list()));
    expect(again.default().id).toBe("mine:big");
    expect(again.exportConfig().config).toEqual(exported.config);

    const imported = createModels({ env: there });
    expect(imported.importConfig(config).map(({ name }) => name)).toEqual(["mine", "anthropic", "openai"]);
    expect(known(imported.list())).toEqual(known(models.list()));
    expect(imported.default().id).toBe("mine:big");
    expect(imported.pools.get("main").config.strategy).toBe("weighted");
    // Without the variables it says what to set.
    expect(
      createModels({ config })
        .list()
        .find(({ name }) => name === "mine")?.missing,
    ).toContain("set MINE_API_KEY and MINE_HEADERS_X_TEAM and TEAM_REF");
  });

  it("PROV-14: secret options are not exported, others are", () => {
    const models = createModels();
    const create = () => (): ReturnType<typeof createScriptedModel> => createScriptedModel([]);
    models.types.define("acme", { options: { region: {}, token: { secret: true } }, create });
    models.create({ type: "acme", options: { region: "eu-west-1", token: "tok-12345678" } });
    expect(models.exportConfig().config.providers).toEqual({
      acme: { type: "acme", options: { region: "eu-west-1", token: { env: "ACME_OPTIONS_TOKEN" } } },
    });
  });

  it("PROV-14: an import is all or nothing", () => {
    const models = createModels();
    const wrong = { mine: { baseURL: "http://127.0.0.1:9/v1" }, bad: { type: "magic" } };
    expect(() => models.importConfig({ providers: wrong })).toThrow("providers.bad");
    expect(() => models.importConfig({ providers: { mine: wrong.mine }, pools: { p: { members: [] } } })).toThrow(
      "pools.p",
    );
    expect(() => models.importConfig({ providers: { mine: wrong.mine }, catalog: [{} as never] })).toThrow(
      "'provider'",
    );
    expect(models.list().some(({ name }) => name === "mine")).toBe(false);
    expect(models.pools.list()).toEqual([]);
  });
});
