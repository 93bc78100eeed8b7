import { describe, expect, it } from "vitest";
import { CAPABILITIES, covers, formatGrant, Grants, parseGrant } from "./capabilities.js";

describe("parseGrant", () => {
  it.each([
    ["model", [{ capability: "model" }]],
    ["file.read=./data", [{ capability: "file.read", scope: "./data" }]],
    ["file", [{ capability: "file.read" }, { capability: "file.write" }]],
    [
      "file=out",
      [
        { capability: "file.read", scope: "out" },
        { capability: "file.write", scope: "out" },
      ],
    ],
    [" env = HOME ", [{ capability: "env", scope: "HOME" }]],
    ["network=a=b", [{ capability: "network", scope: "a=b" }]],
  ])("reads '%s'", (text, grants) => {
    expect(parseGrant(text)).toEqual(grants);
  });

  it.each([
    ["", "there is no capability ''"],
    ["fil", "there is no capability 'fil'"],
    ["file.", "there is no capability 'file.'"],
    ["toString", "there is no capability 'toString'"],
    ["=x", "there is no capability ''"],
    ["file=", "the scope of 'file=' is empty"],
    ["file.read= ", "the scope of 'file.read=' is empty"],
  ])("refuses '%s'", (text, message) => {
    expect(() => parseGrant(text)).toThrow(message);
  });

  it("lists what is known when it refuses", () => {
    expect(() => parseGrant("disk")).toThrow(Object.keys(CAPABILITIES).join(", "));
  });

  it.each(["model", "file.write=out/a.txt"])("writes '%s' as it was read", (text) => {
    expect(parseGrant(text).map(formatGrant)).toEqual([text]);
  });
});

describe("covers", () => {
  it.each([
    ["out", "out", true],
    ["out", "out/a.txt", true],
    ["out/", "out/b/c", true],
    ["./out", "out/a", true],
    ["out", "outside", false],
    ["out", "out/../secrets", false],
    ["out", "../out/a", false],
    ["out", "..", false],
    ["out", ".", false],
    ["out/a", "out", false],
    [".", "anything/at/all", true],
    [".", "../up", false],
    [".", "/etc/passwd", false],
    ["out", "/out/a", false],
    ["..", "../x", false],
    ["out/../..", "out", false],
  ])("file scope %s and path %s: %s", (scope, path, allowed) => {
    expect(covers({ capability: "file.read", scope }, "file.read", path)).toBe(allowed);
  });

  it.each([
    ["openai:*", "openai:gpt-5", true],
    ["openai:*", "openai", false],
    ["openai:*", "xopenai:gpt-5", false],
    ["*", "anything", true],
    ["*.example.com", "a.example.com", true],
    ["*.example.com", "example.com", false],
    ["*.example.com", "example.com.evil.org", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "acb", false],
    ["exact", "exact", true],
    ["exact", "exactly", false],
    ["a.c", "abc", false],
  ])("pattern %s and name %s: %s", (scope, name, allowed) => {
    expect(covers({ capability: "network", scope }, "network", name)).toBe(allowed);
  });

  it("allows everything without a scope, and no unscoped request with one", () => {
    expect(covers({ capability: "network" }, "network", "any.host")).toBe(true);
    expect(covers({ capability: "network" }, "network", undefined)).toBe(true);
    expect(covers({ capability: "network", scope: "*" }, "network", undefined)).toBe(false);
  });

  it("never lets one capability stand for another", () => {
    expect(covers({ capability: "file.read" }, "file.write", "a")).toBe(false);
  });

  it("answers a hostile pattern, which would keep a backtracking matcher busy for ever", () => {
    const scope = `${"a*".repeat(2_000)}b`;
    expect(covers({ capability: "model", scope }, "model", "a".repeat(100_000))).toBe(false);
    expect(covers({ capability: "model", scope }, "model", `${"a".repeat(100_000)}b`)).toBe(true);
  });
});

describe("Grants", () => {
  it("says what to grant when it refuses", () => {
    const grants = new Grants([{ capability: "file.read", scope: "data" }]);
    expect(() => grants.require("file.read", "data/a")).not.toThrow();
    expect(() => grants.require("file.read", "secrets")).toThrow(
      expect.objectContaining({
        code: "PERMISSION_DENIED",
        message: "this spell was not granted 'file.read=secrets'",
        details: { capability: "file.read", scope: "secrets", grant: "--allow file.read=secrets" },
      }),
    );
    expect(() => grants.require("process")).toThrow(
      expect.objectContaining({ details: { capability: "process", grant: "--allow process" } }),
    );
  });
});
