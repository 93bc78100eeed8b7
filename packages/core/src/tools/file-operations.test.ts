import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { executeTool } from "./execute.js";
import { createFileTool } from "./file-operations.js";
import { SpellError } from "@llmspell/errors";
import type { Tool } from "./tool.js";

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
      ["list", "a.txt", "NOT_FOUND"],
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
});
