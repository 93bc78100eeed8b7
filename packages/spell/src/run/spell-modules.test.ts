import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cast, failureOf, valueOf } from "../../../../test/support/spell.js";
import { parseGrant } from "../door/capabilities.js";
import { MAX_SOURCE_BYTES } from "../manifest/source.js";
import { modulePaths } from "./spell-modules.js";

const FILES: Readonly<Record<string, string>> = {
  "spell/util.lua": "return { name = 'util', from = ... }",
  "spell/lib/deep.lua": 'local util = require("../util") return "deep " .. util.name',
  "spell/lib/init.lua": "return 'lib itself'",
  "spell/lib/sibling.lua": 'local deep = require("./deep") return deep',
  "spell/lib/escape.lua": 'return (require("../../secret"))',
  "spell/broken.lua": "local x\nlocal y = x.z\n",
  "spell/data.txt": "return 'not a module'",
  "spell/.hidden/a.lua": "return 'hidden'",
  "spell/.a.lua": "return 'hidden'",
  "spell/large.lua": "--".padEnd(MAX_SOURCE_BYTES + 1, "x"),
  "spell/folder.lua/x": "",
  "secret.lua": "return 'secret'",
  "outside/x.lua": "return 'secret'",
};

let base: string;
let folder: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "llmspell-modules-"));
  folder = join(base, "spell");
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(base, name)), { recursive: true });
    await writeFile(join(base, name), text);
  }
  await symlink("../secret.lua", join(folder, "leak.lua"));
  await symlink("../outside", join(folder, "leaks"));
  await symlink("data.txt", join(folder, "text.lua"));
  await symlink(".a.lua", join(folder, "revealed.lua"));
  await symlink("util.lua", join(folder, "alias.lua"));
  await symlink("loop.lua", join(folder, "loop.lua"));
  execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", join(folder, "pipe.lua")]);
});
afterAll(() => rm(base, { recursive: true, force: true }));

const ALL = parseGrant("module");
const withModules = (grants = ALL) => ({ folder, grants });

describe("a spell's own modules", () => {
  it.each([
    ["./util", "util"],
    ["util", "util"],
    ["./util.lua", "util"],
    ["util.lua", "util"],
    ["./lib/../util", "util"],
    ["./alias", "util"],
  ])("require(%j) is a file of its folder", async (name, found) => {
    expect(await valueOf(`return require("${name}").name`, withModules())).toBe(found);
  });

  it.each(["lib.deep", "lib/deep", "./lib/deep", "./lib/sibling"])(
    "require(%j) is one of a folder below",
    async (name) => {
      expect(await valueOf(`return require("${name}")`, withModules())).toBe("deep util");
    },
  );

  it("may be a folder with an init file", async () => {
    expect(await valueOf('return require("lib")', withModules())).toBe("lib itself");
  });

  it("are one module, by whatever name and through whatever link they are reached", async () => {
    const source = 'local a = require("util") return { a == require("./util.lua"), a == require("./alias"), a.from }';
    expect(await valueOf(source, withModules())).toEqual([true, true, "util.lua"]);
  });

  it("do not hide the script API", async () => {
    await writeFile(join(folder, "agent.lua"), "return 'mine'");
    expect(await valueOf('return { require("agent") == agent, require("./agent") }', withModules())).toEqual([
      true,
      "mine",
    ]);
  });

  it("tell their errors in their own lines", async () => {
    expect(await failureOf('\nlocal b = require("./broken")', withModules())).toMatchObject({
      code: "SCRIPT_ERROR",
      details: { file: "broken.lua", line: 2, sourceLine: "local y = x.z" },
    });
  });

  it("are written down in the audit log", async () => {
    const { result } = await cast('require("./util") pcall(require, "lib.none")', withModules());
    expect(result.audit).toMatchObject([
      { function: "require", capability: "module=util.lua", decision: "allowed" },
      { function: "require", capability: "module=lib/none.lua", decision: "allowed" },
      { function: "require", capability: "module=lib/none/init.lua", decision: "allowed" },
      { function: "[require]", decision: "denied", code: "NOT_FOUND", file: "test.lua", line: 1 },
    ]);
  });
});

describe("what is no module of the spell", () => {
  it.each([
    "missing",
    "./data",
    "./data.txt",
    "./text",
    "./.a",
    "./.hidden/a",
    ".hidden.a",
    "./revealed",
    "./folder.lua/x",
    "./util.lua/x",
    "lib\\\\deep",
    "util\\0",
    "./util\\n",
    ".",
    "..",
    "./",
    "lib..deep.x",
  ])("require(%j) finds nothing", async (name) => {
    expect(await failureOf(`local m = require("${name}")`, withModules())).toMatchObject({ code: "NOT_FOUND" });
  });

  it.each([
    "../secret",
    "./../secret",
    "../spell/util",
    "./lib/../../secret",
    "/etc/passwd",
    "/etc/x.lua",
    "./leak",
    "./leaks/x",
    "leaks.x",
    "lib.escape",
  ])("require(%j) leads out of the folder", async (name) => {
    const error = await failureOf(`local m = require("${name}")`, withModules());
    expect(error).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(error.message).not.toContain(base);
  });

  it("is not reached by a chunk that claims to be elsewhere", async () => {
    for (const from of ["../../x.lua", "/etc/x.lua", `${base}/x.lua`, "outside/../../x.lua"]) {
      const source = `local f = load('local m = require("./secret") return m', "@${from}") return f()`;
      expect((await failureOf(source, withModules())).code).toMatch(/^(PERMISSION_DENIED|NOT_FOUND)$/);
    }
  });

  it.each([
    ["large", "IO_ERROR", `'large.lua' is larger than ${MAX_SOURCE_BYTES} bytes`],
    ["pipe", "IO_ERROR", "'pipe.lua' is not a regular file"],
    ["folder", "IO_ERROR", "'folder.lua'"],
    ["loop", "PERMISSION_DENIED", "'loop.lua'"],
  ])("%s.lua is refused without reading it", async (name, code, message) => {
    const error = await failureOf(`local m = require("./${name}")`, withModules());
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(JSON.stringify(error)).not.toContain(base);
  });
});

describe("the capability 'module'", () => {
  it("opens a part of the folder, also to links", async () => {
    const grants = parseGrant("module=lib");
    expect(await valueOf('return require("lib.init")', withModules(grants))).toBe("lib itself");
    for (const name of ["./util", "lib.deep"]) {
      expect(await failureOf(`local m = require("${name}")`, withModules(grants))).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { capability: "module", grant: "--allow module=util.lua" },
      });
    }
    expect(await failureOf('local m = require("./alias")', withModules(parseGrant("module=alias.lua")))).toMatchObject({
      details: { scope: "util.lua" },
    });
  });

  it("is not there by itself, and does not tell what exists", async () => {
    for (const name of ["util", "missing"]) {
      expect(await failureOf(`local m = require("${name}")`, { folder })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { grant: `--allow module=${name}.lua` },
      });
    }
    expect(await failureOf('local m = require("util")', { grants: ALL })).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("modules that the host gives", () => {
  const modules = { greet: "return function(who) return 'Hello, ' .. who end", "lib.x": "return (...)" };

  it("are found by exactly their names, without a grant or a folder", async () => {
    expect(await valueOf('return { require("greet")("Ada"), require("lib.x") }', { modules })).toEqual([
      "Hello, Ada",
      "lib.x",
    ]);
    for (const name of ["lib", "x", "./greet", "toString", "__proto__"]) {
      expect(await failureOf(`local m = require("${name}")`, { modules })).toMatchObject({ code: "NOT_FOUND" });
    }
  });

  it("come before the folder's", async () => {
    expect(await valueOf('return require("util")', { ...withModules(), modules: { util: "return 'given'" } })).toBe(
      "given",
    );
  });
});

it("a warning of a spell is a line of its log", async () => {
  const logs: unknown[] = [];
  await valueOf('\nwarn("deprecated: ", "old")', { onLog: (...line) => logs.push(line) });
  expect(logs).toEqual([["warn", "deprecated: old", { category: "deprecated", file: "test.lua", line: 2 }]]);
});

describe("modulePaths", () => {
  it.each<[string, string, string[]]>([
    ["./a", "lib/x.lua", ["lib/a.lua", "lib/a/init.lua"]],
    ["../a", "lib/x.lua", ["a.lua", "a/init.lua"]],
    ["a.b", "lib/x.lua", ["a/b.lua", "a/b/init.lua"]],
    ["a.lua", "lib/x.lua", ["a.lua"]],
    ["./a", "", ["a.lua", "a/init.lua"]],
    [".a", "", []],
    ["a/.b/c", "", []],
  ])("%j in %j", (name, from, paths) => {
    expect(modulePaths(name, from, [".lua"])).toEqual(paths);
  });
});
