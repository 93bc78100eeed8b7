import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { CONFIG_FILE, loadConfig, parseConfig } from "./config.js";

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "llmspell-config-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

const OFFICE = {
  issuer: "https://id.example.com",
  clientId: "me",
  clientSecret: { env: "OFFICE_SECRET" },
  redirectUri: "https://me.example.com/back",
};

describe("parseConfig", () => {
  it("reads every field", () => {
    const text = JSON.stringify({
      model: "mine:big",
      providers: { mine: { baseURL: "http://127.0.0.1:1/v1", apiKey: "k", headers: { a: "b" }, defaultModel: "big" } },
      grants: ["file.read=./data", "env"],
      limits: { time: "30s", fuel: 1e6 },
      settings: { region: "eu" },
      logins: { office: OFFICE },
    });
    expect(parseConfig(text, "c.json")).toEqual({
      models: {
        default: "mine:big",
        providers: {
          mine: { baseURL: "http://127.0.0.1:1/v1", apiKey: "k", headers: { a: "b" }, defaultModel: "big" },
        },
      },
      grants: [{ capability: "file.read", scope: "./data" }, { capability: "env" }],
      limits: { timeMs: 30_000, fuel: 1_000_000 },
      settings: { region: "eu" },
      logins: { office: OFFICE },
    });
  });

  it("needs none of them", () => {
    expect(parseConfig("{}", "c.json")).toEqual({
      models: { providers: {} },
      grants: [],
      limits: {},
      settings: {},
      logins: {},
    });
  });

  it.each([
    ["", /^c\.json: .*JSON/],
    ["{ model: 1 }", /^c\.json: .*JSON/],
    ["[]", "c.json: it must hold an object"],
    ["null", "c.json: it must hold an object"],
    ['{"modle": "x"}', "c.json: there is no field 'modle'; known: model, providers, pools, catalog, grants, limits"],
    ['{"model": 5}', "c.json: 'model' must be text such as 'openai:gpt-5'"],
    ['{"model": null}', "c.json: 'model' must be text"],
    ['{"pools": []}', "c.json: 'pools' must be an object of pools by name"],
    ['{"pools": {"main": {"members": []}}}', "c.json: pools.main: 'members' must be a list of 1 to 32 models"],
    ['{"catalog": {}}', "c.json: 'catalog' must be a list of models"],
    ['{"catalog": [{"provider": "p"}]}', "c.json: 'model' must be a text"],
    ['{"providers": []}', "c.json: 'providers' must be an object of providers by name"],
    [
      '{"providers": {"openai": {"apikey": "x"}}}',
      "c.json: providers.openai: there is no field 'apikey', did you mean 'apiKey'?",
    ],
    ['{"providers": {"openai": {"apiKey": 5}}}', "c.json: providers.openai: 'apiKey' must be a text"],
    ['{"providers": {"openai": "sk"}}', "c.json: providers.openai: it must be an object"],
    ['{"providers": {"x": {"type": "magic"}}}', "c.json: providers.x: 'type' must be one of"],
    ['{"providers": {"x": {"baseURL": "localhost"}}}', "c.json: providers.x: 'baseURL' must be an http or https URL"],
    ['{"providers": {"a b": {}}}', "c.json: providers.a b: a provider's name is"],
    ['{"settings": []}', "c.json: 'settings' must be an object of what spells may read"],
    ['{"logins": []}', "c.json: 'logins' must be an object of OAuth servers by name"],
    ['{"logins": {"office": {"clientID": "x"}}}', "c.json: logins.office: there is no field 'clientID', did you mean"],
    ['{"grants": "file"}', "c.json: 'grants' must be a list"],
    ['{"grants": ["disk"]}', "c.json: grants: there is no capability 'disk'"],
    ['{"grants": [5]}', "c.json: grants: there is no capability '5'"],
    ['{"limits": ["time"]}', "c.json: 'limits' must be an object"],
    ['{"limits": {"speed": 1}}', "c.json: limits: there is no limit 'speed'"],
    ['{"limits": {"time": "soon"}}', "c.json: limits: the limit 'time=soon' is not understood"],
    ['{"limits": {"time": null}}', "c.json: limits: the limit 'time=null' is not understood"],
  ])("refuses %s", (text, message) => {
    expect(() => parseConfig(text, "c.json")).toThrow(message);
    expect(() => parseConfig(text, "c.json")).toThrow(expect.objectContaining({ code: "CONFIG_INVALID" }));
  });

  it("repeats no key in an error", () => {
    for (const text of [
      '{"providers": {"openai": {"apiKey": "sk-secret", "x": 1}}}',
      '{"providers": {"x": {"baseURL": "http://u:sk-secret@h/"}}}',
    ]) {
      expect(() => parseConfig(text, "c.json")).toThrow(/^(?!.*sk-secret)/s);
    }
  });
});

describe("loadConfig", () => {
  it("is empty where there is nothing", async () => {
    expect(await loadConfig(await folder({}))).toMatchObject({ models: {}, grants: [], limits: {}, files: [] });
  });

  it("reads .env, and lets the environment win", async () => {
    const path = await folder({
      ".env": "LLMSPELL_TEST_A=file\nLLMSPELL_TEST_B='from file' # note\n",
      [CONFIG_FILE]: '{"model": "a:b"}',
    });
    vi.stubEnv("LLMSPELL_TEST_A", "environment");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { env, files, models } = await loadConfig(path);
    expect(env).toMatchObject({ LLMSPELL_TEST_A: "environment", LLMSPELL_TEST_B: "from file" });
    expect(files).toEqual([CONFIG_FILE, ".env"]);
    expect(models.default).toBe("a:b");
  });

  it("reads the file it is given, and wants it to be there", async () => {
    const path = await folder({ "other.json": '{"model": "c:d"}', [CONFIG_FILE]: "broken" });
    expect(await loadConfig(path, "other.json")).toMatchObject({ models: { default: "c:d" }, files: ["other.json"] });
    await expect(loadConfig(path, "missing.json")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: "missing.json cannot be read (ENOENT)",
    });
  });

  it("says so when the file cannot be read, without the host's path", async () => {
    const path = await folder({});
    await mkdir(join(path, CONFIG_FILE));
    await expect(loadConfig(path)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `${CONFIG_FILE} cannot be read (EISDIR)`,
    });
  });
});
