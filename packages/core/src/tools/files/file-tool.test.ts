import { execFileSync, fork } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { executeTool } from "../execute.js";
import { createFileTool } from "./file-tool.js";
import { SpellError } from "@llmspell/errors";
import type { Tool, ToolContext } from "../tool.js";

let base: string;
let root: string;
let tool: Tool;

beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), "llmspell-files-")));
  root = path.join(base, "root");
  await mkdir(root);
  await writeFile(path.join(base, "secret.txt"), "secret");
  tool = createFileTool({ root, maxReadBytes: 100 });
});
afterEach(() => rm(base, { recursive: true, force: true }));

const run = (operation: string, target: string, content?: string): Promise<unknown> =>
  executeTool(
    tool,
    { operation, path: target, ...(content === undefined ? {} : { content }) },
    { signal: new AbortController().signal },
  );

const call = (args: Record<string, unknown>, options?: Partial<ToolContext>): Promise<unknown> =>
  executeTool(tool, args, { signal: new AbortController().signal, ...options });

describe("file_operations", () => {
  it("writes, appends, reads, lists, checks and deletes", async () => {
    expect(await run("mkdir", "notes/deep")).toEqual({ path: "notes/deep" });
    expect(await run("write", "notes/a.txt", "Grüße")).toEqual({ path: "notes/a.txt", bytes: 7 });
    expect(await run("append", "notes/a.txt", "!")).toEqual({ path: "notes/a.txt", bytes: 1 });
    expect(await run("read", "./notes/../notes/a.txt")).toEqual({ path: "notes/a.txt", content: "Grüße!", bytes: 8 });
    expect(await run("write", "notes/a.txt", "hi")).toEqual({ path: "notes/a.txt", bytes: 2 });
    expect(await run("read", path.join(root, "notes/a.txt"))).toMatchObject({ content: "hi" });
    expect(await run("list", "notes")).toEqual({
      path: "notes",
      entries: [
        { name: "a.txt", type: "file" },
        { name: "deep", type: "directory" },
      ],
    });
    expect(await run("stat", "notes/a.txt")).toMatchObject({
      type: "file",
      bytes: 2,
      modified: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect([await run("exists", "notes"), await run("exists", "nope/x")]).toMatchObject([
      { exists: true },
      { exists: false },
    ]);
    await expect(run("delete", "notes")).rejects.toMatchObject({
      code: "IO_ERROR",
      message: "'notes' is a folder that is not empty",
    });
    await run("delete", "notes/a.txt");
    await run("delete", "notes/deep");
    expect(await run("list", ".")).toMatchObject({ entries: [{ name: "notes" }] });
  });

  it("asks for the power with the normalized path", () => {
    expect(tool.capabilities?.({ operation: "read", path: "a/../b.txt" })).toEqual([
      { capability: "file.read", scope: "b.txt" },
    ]);
    expect(tool.capabilities?.({ operation: "delete", path: path.join(root, "x") })).toEqual([
      { capability: "file.write", scope: "x" },
    ]);
  });

  it.each(["../secret.txt", "a/../../secret.txt", "/etc/passwd", "..", "../root-sibling"])(
    "refuses the path %s",
    async (target) => {
      for (const operation of ["read", "write", "append", "list", "exists", "stat", "mkdir", "delete"]) {
        await expect(run(operation, target, "x")).rejects.toMatchObject({
          code: "PERMISSION_DENIED",
          message: `'${target}' is outside the folder that may be used`,
        });
      }
      expect(await readFile(path.join(base, "secret.txt"), "utf8")).toBe("secret");
    },
  );

  it("refuses links that lead outside, to files and folders, existing or not", async () => {
    await symlink(path.join(base, "secret.txt"), path.join(root, "file"));
    await symlink(base, path.join(root, "folder"));
    await symlink(path.join(base, "new.txt"), path.join(root, "dangling"));
    for (const [operation, target] of [
      ["read", "file"],
      ["write", "file"],
      ["append", "file"],
      ["read", "folder/secret.txt"],
      ["write", "folder/new.txt"],
      ["list", "folder"],
      ["stat", "file"],
      ["exists", "folder/secret.txt"],
      ["mkdir", "folder/x"],
      ["delete", "folder/secret.txt"],
      ["write", "dangling"],
    ] as const) {
      await expect(run(operation, target, "x"), `${operation} ${target}`).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
      });
    }
    await expect(readFile(path.join(base, "new.txt"))).rejects.toMatchObject({ code: "ENOENT" });
    expect(await readFile(path.join(base, "secret.txt"), "utf8")).toBe("secret");
  });

  it("follows links that stay inside, and deletes a link, not its target", async () => {
    await run("write", "real.txt", "hello");
    await symlink("real.txt", path.join(root, "link"));
    expect(await run("read", "link")).toMatchObject({ content: "hello" });
    await run("delete", "link");
    expect(await run("read", "real.txt")).toMatchObject({ content: "hello" });
    await symlink(path.join(base, "secret.txt"), path.join(root, "out"));
    await run("delete", "out");
    expect(await readFile(path.join(base, "secret.txt"), "utf8")).toBe("secret");
  });

  it("asks again for the power when a link leads to another place below the root", async () => {
    await run("mkdir", "open");
    await run("write", "closed.txt", "kept");
    await symlink("../closed.txt", path.join(root, "open/link"));
    const asked: string[] = [];
    const authorize = ({ scope = "" }: { scope?: string }): void => {
      asked.push(scope);
      if (!scope.startsWith("open/")) throw new SpellError("PERMISSION_DENIED", "not granted");
    };
    const context = { signal: new AbortController().signal, authorize };
    const args = { path: "open/link", content: "changed" };
    for (const operation of ["read", "write"]) {
      await expect(executeTool(tool, { ...args, operation }, context)).rejects.toMatchObject({
        code: "PERMISSION_DENIED",
      });
    }
    expect(asked).toEqual(["open/link", "closed.txt", "open/link", "closed.txt"]);
    expect(await readFile(path.join(root, "closed.txt"), "utf8")).toBe("kept");
  });

  it("tells of errors without a host path", async () => {
    await run("write", "a.txt", "x");
    for (const [operation, target, code] of [
      ["read", "none.txt", "NOT_FOUND"],
      ["write", "none/a.txt", "NOT_FOUND"],
      ["read", "a.txt/b", "NOT_FOUND"],
      ["read", ".", "IO_ERROR"],
      ["list", "a.txt", "IO_ERROR"],
      ["mkdir", "a.txt", "ALREADY_EXISTS"],
      ["delete", ".", "PERMISSION_DENIED"],
      ["read", "a\0b", "INVALID_ARGUMENT"],
      ["read", "../x", "PERMISSION_DENIED"],
    ] as const) {
      const error: unknown = await run(operation, target, "x").catch((reason: unknown) => reason);
      expect(error, `${operation} ${target}`).toMatchObject({ code });
      expect(JSON.stringify(error)).not.toContain(base);
    }
    await expect(run("write", "b.txt")).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "writing 'b.txt' needs 'content'",
    });
  });

  it("caps what it reads and takes only text", async () => {
    await writeFile(path.join(root, "big"), "x".repeat(101));
    await writeFile(path.join(root, "fits"), "x".repeat(100));
    await writeFile(path.join(root, "binary"), Buffer.from([0xff, 0xfe, 0x00]));
    await expect(run("read", "big")).rejects.toMatchObject({
      code: "IO_ERROR",
      message: "'big' is larger than 100 bytes",
    });
    expect(await run("read", "fits")).toMatchObject({ bytes: 100 });
    await expect(run("read", "binary")).rejects.toMatchObject({
      code: "IO_ERROR",
      message: "'binary' is not a text file (UTF-8)",
    });
  });

  it.skipIf(process.platform === "win32")("is not held up by a pipe", async () => {
    execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", path.join(root, "pipe")]);
    await expect(run("read", "pipe")).rejects.toMatchObject({
      code: "IO_ERROR",
      message: "'pipe' is not a regular file",
    });
    await expect(run("write", "pipe", "x")).rejects.toMatchObject({ code: "IO_ERROR" });
  });

  it("needs its folder", async () => {
    await rm(root, { recursive: true });
    await expect(run("exists", "a")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: "the working folder does not exist",
    });
  });

  it("TOOL-9: copies and moves, and replaces only when told to", async () => {
    await run("write", "a.txt", "a");
    await run("write", "b.txt", "b");
    await run("mkdir", "folder");
    expect(await call({ operation: "copy", path: "a.txt", to: "folder/c.txt" })).toEqual({ path: "a.txt", bytes: 1 });
    expect(await readFile(path.join(root, "folder/c.txt"), "utf8")).toBe("a");
    for (const operation of ["copy", "move"]) {
      await expect(call({ operation, path: "a.txt", to: "b.txt" })).rejects.toMatchObject({
        code: "ALREADY_EXISTS",
        message: "'b.txt' already exists",
      });
      await expect(call({ operation, path: "a.txt" })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
      await expect(call({ operation, path: "a.txt", to: "../x" })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
      await expect(call({ operation, path: "none", to: "x" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    }
    await call({ operation: "copy", path: "a.txt", to: "b.txt", overwrite: true });
    expect(await run("read", "b.txt")).toMatchObject({ content: "a" });
    await expect(call({ operation: "copy", path: "a.txt", to: "a.txt", overwrite: true })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect(await run("read", "a.txt")).toMatchObject({ content: "a" });
    await call({ operation: "move", path: "a.txt", to: "d.txt" });
    await call({ operation: "move", path: "d.txt", to: "b.txt", overwrite: true });
    await call({ operation: "move", path: "folder", to: "other" });
    expect(await call({ operation: "list", path: ".", recursive: true })).toMatchObject({
      entries: [{ name: "b.txt" }, { name: "other" }, { name: "other/c.txt" }],
    });
    for (const [from, to, code] of [
      ["other", "other/inside", "IO_ERROR"],
      ["other", "b.txt", "ALREADY_EXISTS"],
      [".", "x", "PERMISSION_DENIED"],
    ] as const)
      await expect(call({ operation: "move", path: from, to }), `${from} ${to}`).rejects.toMatchObject({ code });
    const small = createFileTool({ root, maxCopyBytes: 0 });
    await expect(
      executeTool(small, { operation: "copy", path: "b.txt", to: "e" }, { signal: new AbortController().signal }),
    ).rejects.toMatchObject({ message: "'b.txt' is larger than 0 bytes" });
  });

  it("TOOL-9: asks for the powers over both ends", async () => {
    await run("write", "a.txt", "a");
    const asked: string[] = [];
    const authorize = ({ capability, scope }: { capability: string; scope?: string }): void =>
      void asked.push(`${capability} ${scope}`);
    await call({ operation: "copy", path: "a.txt", to: "x/../b.txt" }, { authorize });
    await call({ operation: "move", path: "b.txt", to: "c.txt" }, { authorize });
    expect(asked).toEqual(["file.read a.txt", "file.write b.txt", "file.write b.txt", "file.write c.txt"]);
  });

  it("TOOL-9: tells which of its paths is in the way, and what is no folder", async () => {
    await run("write", "file", "");
    for (const folder of ["from", "to"]) {
      await run("mkdir", folder);
      await run("write", `${folder}/x`, "");
    }
    await symlink("from", path.join(root, "link"));
    const move = (from: string, to: string) => call({ operation: "move", path: from, to, overwrite: true });
    for (const [work, message] of [
      [() => run("list", "file"), "'file' is not a folder"],
      [() => run("rmdir", "file"), "'file' is not a folder"],
      [() => call({ operation: "rmdir", path: "link", recursive: true }), "'link' is not a folder"],
      [() => move("from", "to"), "'to' is a folder that is not empty"],
      [() => move("file", "to"), "'to' is a folder"],
      [() => move("from", "file"), "'file' is not a folder"],
    ] as const)
      await expect(work()).rejects.toMatchObject({ code: "IO_ERROR", message });
    expect(await run("list", "link")).toMatchObject({ entries: [{ name: "x" }] });
  });

  it("TOOL-9: makes a folder that others make at the same time", async () => {
    await Promise.all(Array.from({ length: 20 }, () => run("mkdir", "p/q/r/s")));
    expect(await run("stat", "p/q/r/s")).toMatchObject({ type: "directory" });
    await run("write", "p/file", "");
    await expect(run("mkdir", "p/file")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    await symlink(base, path.join(root, "p/out"));
    await expect(run("mkdir", "p/out")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("TOOL-9: creates, makes and removes folders, binary content and modes", async () => {
    expect(await call({ operation: "create", path: "a", content: "AAH/", encoding: "base64" })).toEqual({
      path: "a",
      bytes: 3,
    });
    await expect(run("create", "a", "x")).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    for (const content of ["AAH/ and more!", "AAH/A", "A===="])
      await expect(call({ operation: "write", path: "a", content, encoding: "base64" })).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: "the 'content' for 'a' is not base64",
      });
    for (const content of ["AAH_", "AAH/\n", "AAH/AA==", "AAH/AA", ""])
      await call({ operation: "write", path: "b", content, encoding: "base64" });
    expect(await call({ operation: "read", path: "a", encoding: "base64" })).toMatchObject({ content: "AAH/" });
    await call({ operation: "chmod", path: "a", mode: "640" });
    expect((await stat(path.join(root, "a"))).mode & 0o777).toBe(0o640);
    expect(await run("stat", "a")).toMatchObject({ mode: "640", created: expect.stringMatching(/Z$/) });
    for (const mode of ["4755", "999", undefined])
      await expect(
        call({ operation: "chmod", path: "a", ...(mode === undefined ? {} : { mode }) }),
      ).rejects.toMatchObject({
        code: mode === undefined ? "INVALID_ARGUMENT" : "VALIDATION_FAILED",
      });
    await run("mkdir", "x/y/z");
    await run("mkdir", "x/y/z");
    await run("write", "x/y/z/f", "f");
    await expect(run("rmdir", "x")).rejects.toMatchObject({ code: "IO_ERROR" });
    await expect(call({ operation: "rmdir", path: ".", recursive: true })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    // What a link in it leads to stays.
    await symlink(base, path.join(root, "x/out"));
    await call({ operation: "rmdir", path: "x", recursive: true });
    expect(await run("exists", "x")).toMatchObject({ exists: false });
    expect(await readFile(path.join(base, "secret.txt"), "utf8")).toBe("secret");
    await run("mkdir", "empty");
    await run("rmdir", "empty");
    expect([await run("exists", "empty"), await run("exists", "a/b")]).toMatchObject([
      { exists: false },
      { exists: false },
    ]);
  });

  it("TOOL-9: bounds what it lists and removes", async () => {
    for (const name of ["a", "b", "c"]) await run("write", name, "");
    await run("mkdir", "d/e");
    const small = createFileTool({ root, maxEntries: 4 });
    const on = (args: object): Promise<unknown> => executeTool(small, args, { signal: new AbortController().signal });
    expect(await on({ operation: "list", path: "." })).toMatchObject({ entries: { length: 4 } });
    await expect(on({ operation: "list", path: ".", recursive: true })).rejects.toMatchObject({
      message: "'.' has more than 4 entries",
    });
    for (const name of ["1", "2", "3", "4"]) await run("write", `d/${name}`, "");
    await expect(on({ operation: "rmdir", path: "d", recursive: true })).rejects.toMatchObject({ code: "IO_ERROR" });
    expect(await run("exists", "d/1")).toMatchObject({ exists: true });
    await run("mkdir", "y");
    await symlink(`${"y/../".repeat(200)}a`, path.join(root, "long"));
    expect(await run("read", "long")).toMatchObject({ content: "" });
    for (const deep of ["y/".repeat(200), "z/".repeat(200)])
      await expect(run("mkdir", deep)).rejects.toMatchObject({
        message: expect.stringContaining("more than 128 folders"),
      });
    await run("mkdir", Array.from({ length: 70 }, () => "x").join("/"));
    for (const operation of ["list", "rmdir"])
      await expect(call({ operation, path: "x", recursive: true })).rejects.toMatchObject({
        message: "'x' has more than 64 folders within each other",
      });
  });

  it.each([
    ["a.json", '{"a":1}', { mime: "application/json", text: true }],
    ["plain", "Grüße", { mime: "text/plain", text: true }],
    ["picture.txt", "\x89PNG\r\n\x1a\n\0", { mime: "image/png", text: false }],
    ["book.epub", "PK\x03\x04\0", { mime: "application/epub+zip", text: false }],
    ["archive", "PK\x03\x04\0", { mime: "application/zip", text: false }],
    ["program.js", "\x7fELF\0", { mime: "application/x-elf", text: false }],
    ["noise", "\xff\0\x01", { mime: "application/octet-stream", text: false }],
  ])("TOOL-9: tells the type of %s", async (name, content, kind) => {
    await writeFile(path.join(root, name), content, kind.text ? "utf8" : "latin1");
    expect(await run("type", name)).toEqual({ path: name, ...kind });
  });

  it("follows absolute links and links with dots that stay inside, and ends circles", async () => {
    await run("mkdir", "a/b");
    await run("write", "a/f", "f");
    await symlink(path.join(root, "a"), path.join(root, "absolute"));
    await symlink("../../a/./b/../", path.join(root, "a/b/dots"));
    await symlink("circle", path.join(root, "circle"));
    await symlink("../../..", path.join(root, "a/b/up"));
    expect(await run("read", "absolute/f")).toMatchObject({ content: "f" });
    expect(await run("read", "absolute/b/dots/f")).toMatchObject({ content: "f" });
    for (const target of ["circle", "circle/x", "a/b/up/secret.txt"])
      await expect(run("read", target)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it.skipIf(process.platform !== "linux")(
    "TOOL-9: is not fooled by a folder that becomes a link meanwhile",
    async () => {
      await mkdir(path.join(base, "outside"));
      await writeFile(path.join(base, "outside/f"), "secret");
      await run("mkdir", "d");
      await run("write", "d/f", "inside");
      const swapper = path.join(base, "swap.cjs");
      await writeFile(
        swapper,
        `const fs = require("node:fs");
       process.chdir(${JSON.stringify(root)});
       process.send("ready");
       let on = true;
       process.on("message", () => { on = false; });
       (function swap() {
         for (let i = 0; i < 50; i++) {
           fs.renameSync("d", "d2"); fs.symlinkSync("../outside", "d");
           fs.unlinkSync("d"); fs.renameSync("d2", "d");
         }
         if (on) setImmediate(swap); else process.disconnect();
       })();`,
      );
      const child = fork(swapper);
      try {
        await new Promise((resolve) => child.once("message", resolve));
        const seen = new Set<unknown>();
        const calls = Array.from({ length: 100 }, (_, index) => [
          ["read", "d/f"],
          ["append", "d/f"],
          ["create", `d/n${index}`],
          ["delete", "d/g"],
        ]).flat();
        for (const [operation = "", target = ""] of calls) {
          seen.add(
            await run(operation, target, ".").then(
              (result) => (result as { content?: string }).content?.replace(/\.+$/, "") ?? "done",
              (error: { code: string }) => error.code,
            ),
          );
        }
        expect(
          [...seen].filter((what) => !["inside", "done", "NOT_FOUND", "PERMISSION_DENIED"].includes(String(what))),
        ).toEqual([]);
        expect(await readFile(path.join(base, "outside/f"), "utf8")).toBe("secret");
        expect(await readdir(path.join(base, "outside"))).toEqual(["f"]);
      } finally {
        const ended = new Promise((resolve) => child.once("exit", resolve));
        child.send("stop");
        await ended;
      }
    },
  );
});
