import { describe, expect, it } from "vitest";
import { parseGrant, type Grant } from "../door/capabilities.js";
import { declaredGrants, parseManifest, type Manifest } from "./manifest.js";

const WHOLE = `
name: forecast
description: Tells the weather
version: 1.2
params:
  city: { type: string, description: Where }
  days: { type: integer, default: "3" }
  note: { required: false }
  plain:
capabilities:
  - file.read=./data
  - model
limits:
  time: 30s
  fuel: 1e9
  memory: 32MB
`;

describe("parseManifest", () => {
  it("reads every field", async () => {
    expect(await parseManifest(WHOLE, "spell.yaml")).toEqual({
      name: "forecast",
      description: "Tells the weather",
      version: "1.2",
      params: {
        city: { type: "string", required: true, description: "Where" },
        days: { type: "integer", required: false, default: 3 },
        note: { type: "string", required: false },
        plain: { type: "string", required: true },
      },
      capabilities: [{ capability: "file.read", scope: "./data" }, { capability: "model" }],
      limits: { timeMs: 30_000, fuel: 1e9, memoryBytes: 32 * 1024 ** 2 },
    });
  });

  it.each(["", "# only a comment", "---\n", "~"])("takes %j for an empty manifest", async (text) => {
    expect(await parseManifest(text, "x")).toEqual({});
  });

  it("knows empty lists from absent ones", async () => {
    expect(await parseManifest("params:\ncapabilities:\nlimits:", "x")).toEqual({
      params: {},
      capabilities: [],
      limits: {},
    });
  });

  it.each([
    ["- a", "the manifest must be a table of fields"],
    ["just text", "the manifest must be a table of fields"],
    ["nam: x", "the manifest has no field 'nam'; known: name, description, version, params, capabilities, limits"],
    ["name: [x]", "'name' must be text"],
    ["description: {a: 1}", "'description' must be text"],
    ["params: [city]", "'params' must be a table of fields"],
    ["params: {a b: {}}", "'a b' cannot be the name of a parameter"],
    ["params: {__proto__: {type: string}}", "'__proto__' cannot be the name of a parameter"],
    ["params: {city: string}", "parameter 'city' must be a table of fields"],
    [
      "params: {city: {typ: string}}",
      "parameter 'city' has no field 'typ'; known: type, description, default, required",
    ],
    [
      "params: {city: {type: text}}",
      "parameter 'city': 'type' must be one of string, number, integer, boolean, list, table",
    ],
    ["params: {city: {required: maybe}}", "parameter 'city': 'required' must be true or false"],
    ["params: {days: {type: integer, default: x}}", "the default of parameter 'days' must be an integer, not 'x'"],
    ["capabilities: model", "'capabilities' must be a list"],
    ["capabilities: [disk]", "capabilities: there is no capability 'disk'"],
    ["capabilities: ['file=']", "capabilities: the scope of 'file=' is empty"],
    ["limits: [time]", "'limits' must be a table of fields"],
    ["limits: {speed: 1}", "limits: there is no limit 'speed'; known: fuel, memory, time"],
    ["limits: {time: soon}", "limits: the limit 'time=soon' is not understood; write it like time=30s"],
  ])("refuses %s", async (text, problem) => {
    const failed = parseManifest(text, "spell.yaml");
    await expect(failed).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`spell.yaml: ${problem}`),
    });
  });

  it.each([
    ["a: {b", "broken braces"],
    ["name: a\nname: b", "a field twice"],
    ["\tname: x", "a tab as indent"],
    ["name: *nothing", "an alias of nothing"],
    ["--- a\n--- b", "two documents"],
  ])("refuses the YAML %j (%s), naming the place in one line", async (text) => {
    const failed = parseManifest(text, "hello.lua (its first comment)");
    await expect(failed).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/^hello\.lua \(its first comment\): [^\n]+$/),
    });
  });

  it("refuses a bomb of aliases", async () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array.from({ length: 10 }, () => `*l${i}`).join(", ")}]`,
    );
    const bomb = `l0: &l0 [${"x, ".repeat(9)}x]\n${levels.join("\n")}`;
    await expect(parseManifest(bomb, "x")).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/alias/i),
    });
  });

  it("gives the objects that it makes no foreign prototype", async () => {
    await expect(parseManifest("__proto__: {polluted: true}", "x")).rejects.toThrow("has no field '__proto__'");
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe("declaredGrants", () => {
  const grants = (...texts: string[]): Grant[] => texts.flatMap(parseGrant);
  const declares = (...texts: string[]): Manifest => ({ capabilities: grants(...texts) });

  it("passes everything on for a spell that declares nothing", () => {
    expect(declaredGrants({}, grants("env"), grants("network=a"))).toEqual(grants("network=a", "env"));
  });

  it.each<[string, string[], string[], string[]]>([
    ["the declared is wider", ["file.read"], ["file.read=data"], ["file.read=data"]],
    ["the granted is wider", ["file.read=data"], ["file.read"], ["file.read=data"]],
    ["both have the same scope", ["file.read=data"], ["file.read=data"], ["file.read=data"]],
    ["the granted is above the declared", ["file.read=data/in"], ["file.read=data"], ["file.read=data/in"]],
    ["the granted is below the declared", ["file.read=data"], ["file.read=data/in"], ["file.read=data/in"]],
    ["a name is matched by a pattern", ["network=*.example.com"], ["network=a.example.com"], ["network=a.example.com"]],
    ["one grant meets two declarations", ["env=A", "env=B"], ["env"], ["env=A", "env=B"]],
    ["nothing is asked", ["file.read"], [], []],
  ])("keeps the narrower scope when %s", (_, declared, asked, expected) => {
    expect(declaredGrants(declares(...declared), grants(...asked), [])).toEqual(grants(...expected));
  });

  it.each<[string[], string, string]>([
    [[], "env", "the spell does not declare the capability 'env'; it declares none"],
    [
      ["file.read=data"],
      "file.read=secrets",
      "the spell does not declare the capability 'file.read=secrets'; it declares file.read=data",
    ],
    [["file.read=data"], "file.read=data/../secrets", "the spell does not declare"],
    [["file.read=out"], "file.read=outside", "the spell does not declare"],
    [["file.read"], "file.write", "the spell does not declare the capability 'file.write'"],
  ])("a spell that declares %j refuses --allow %s", (declared, asked, message) => {
    expect(() => declaredGrants(declares(...declared), grants(asked), [])).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(message) }),
    );
  });

  it("drops standing grants that are not declared, and narrows the others", () => {
    expect(declaredGrants(declares("file.read=data"), [], grants("file", "env"))).toEqual(grants("file.read=data"));
  });
});
