import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openConfinedLines } from "./log-file.js";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "lines-"));
});
afterEach(() => rm(root, { recursive: true }));

describe("openConfinedLines", () => {
  it("STD-44: writes and turns over below the root", async () => {
    await mkdir(path.join(root, "logs"));
    const lines = await openConfinedLines(root, "logs/a.log", { maxBytes: 8, maxFiles: 2 });
    for (const line of ["one", "two", "three", "four"]) lines.append(line);
    await lines.close();
    expect(await readFile(path.join(root, "logs/a.log"), "utf8")).toBe("four\n");
    expect(await readFile(path.join(root, "logs/a.log.1"), "utf8")).toBe("three\n");
    expect(await readFile(path.join(root, "logs/a.log.2"), "utf8")).toBe("one\ntwo\n");
  });

  it("leaves the root neither by dots nor by links", async () => {
    await symlink(tmpdir(), path.join(root, "out"));
    await symlink(path.join(tmpdir(), "nowhere"), path.join(root, "link.log"));
    await expect(openConfinedLines(root, "../a.log")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(openConfinedLines(root, "out/a.log")).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(openConfinedLines(root, "link.log")).rejects.toMatchObject({ code: "IO_ERROR" });
    await expect(openConfinedLines(root, "none/a.log")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
