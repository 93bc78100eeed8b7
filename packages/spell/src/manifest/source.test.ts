import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { headerManifest, readSpell } from "./source.js";

async function folder(files: Readonly<Record<string, string>>): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "llmspell-source-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return path;
}

describe("headerManifest", () => {
  it.each([
    [
      "line comments",
      "-- @spell\n-- name: x\n-- params:\n--   a: {type: string}\nreturn 1",
      "name: x\nparams:\n  a: {type: string}",
    ],
    ["line comments without a space", "--@spell\n--name: x\nreturn 1", "name: x"],
    ["a block", "--[[ @spell\nname: x\n]]\nreturn 1", "name: x\n"],
    ["a block with the marker at once", "--[[@spell\nname: x]]", "name: x"],
    ["a block that never ends", "--[[ @spell\nname: x", "name: x"],
    ["nothing but the marker", "-- @spell", ""],
    ["a byte order mark", "\uFEFF-- @spell\n-- name: x\n", "name: x"],
    ["a shebang", "#!/usr/bin/env llmspell\n-- @spell\n-- name: x\n", "name: x"],
    ["a byte order mark before a shebang", "\uFEFF#!/usr/bin/env llmspell\n-- @spell\n-- name: x\n", "name: x"],
    ["empty lines first", "\n\n  -- @spell\n-- name: x\n", "name: x"],
  ])("finds %s", (_, text, yaml) => {
    expect(headerManifest(text, ".lua")).toBe(yaml);
  });

  it("takes Windows line ends", () => {
    expect(headerManifest("-- @spell\r\n-- name: x\r\nreturn 1", ".lua")).toBe("name: x");
    expect(headerManifest("--[[ @spell\r\nname: x\r\n]]", ".lua")).toBe("name: x\n");
    expect(headerManifest("#!/usr/bin/env llmspell\r\n-- @spell\r\n-- name: x", ".lua")).toBe("name: x");
  });

  it.each([
    ["a comment that says something else", "-- hello\n-- @spell\n-- name: x"],
    ["a marker with more behind it", "-- @spell of mine\n-- name: x"],
    ["code first", "local a = 1\n-- @spell\n-- name: x"],
    ["nothing", ""],
    ["a string that looks like one", 'print("-- @spell")'],
  ])("finds none in %s", (_, text) => {
    expect(headerManifest(text, ".lua")).toBeUndefined();
  });

  it("knows no comments of an unknown language", () => {
    expect(headerManifest("-- @spell\n-- name: x", ".txt")).toBeUndefined();
  });
});

describe("readSpell", () => {
  it("reads a file, with or without its extension", async () => {
    const dir = await folder({ "a.lua": "return 1" });
    const expected = { text: "return 1", name: "a.lua", folder: dir, extension: ".lua", manifest: {} };
    expect(await readSpell(join(dir, "a.lua"), [".lua"])).toEqual(expected);
    expect(await readSpell(join(dir, "a"), [".lua"])).toEqual(expected);
  });

  it("reads the main file of a folder", async () => {
    const dir = await folder({ "app/main.lua": "return 2" });
    expect(await readSpell(join(dir, "app"), [".lua"])).toMatchObject({ text: "return 2", name: "main.lua" });
  });

  it("takes the manifest from spell.yaml beside it, unless the file has its own", async () => {
    const dir = await folder({
      "spell.yaml": "name: beside",
      "a.lua": "return 1",
      "b.lua": "-- @spell\n-- name: own\n",
    });
    expect((await readSpell(join(dir, "a.lua"), [".lua"])).manifest).toEqual({ name: "beside" });
    expect((await readSpell(join(dir, "b.lua"), [".lua"])).manifest).toEqual({ name: "own" });
  });

  it("says in which of the two the manifest is wrong", async () => {
    const dir = await folder({ "spell.yaml": "nam: x", "a.lua": "return 1", "b.lua": "-- @spell\n-- nam: x" });
    await expect(readSpell(join(dir, "a.lua"), [".lua"])).rejects.toThrow(
      /^spell\.yaml: the manifest has no field 'nam'/,
    );
    await expect(readSpell(join(dir, "b.lua"), [".lua"])).rejects.toThrow(
      /^b\.lua \(its first comment\): the manifest has no field 'nam'/,
    );
  });

  it("refuses what is no spell", async () => {
    const dir = await folder({ "a.txt": "x", "empty/x.txt": "", "big.lua": "" });
    await truncate(join(dir, "big.lua"), 4 * 1024 * 1024 + 1);
    await expect(readSpell(join(dir, "none.lua"), [".lua"])).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(readSpell(join(dir, "empty"), [".lua"])).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(readSpell(join(dir, "a.txt"), [".lua"])).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("no engine runs '.txt' files"),
    });
    await expect(readSpell(join(dir, "big.lua"), [".lua"])).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("larger than a spell may be"),
    });
  });
});
