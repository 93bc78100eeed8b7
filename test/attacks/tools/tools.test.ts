import { createServer } from "node:http";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createFileTool, createHttpTool, createProcessTool, executeTool, type ToolContext } from "@llmspell/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ARGUMENTS, COMMAND_ATTACKS } from "./commands.js";
import { PATH_ATTACKS } from "./paths.js";
import { NAMES, URL_ATTACKS } from "./urls.js";

const context: ToolContext = { signal: new AbortController().signal };
let base: string;
let root: string;

beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), "llmspell-attack-")));
  root = path.join(base, "root");
  await mkdir(path.join(root, "inner"), { recursive: true });
  await writeFile(path.join(base, "secret.txt"), "secret");
});
afterEach(() => rm(base, { recursive: true, force: true }));

describe("SEC-6: path traversal", () => {
  const placed = (text: string): string => text.replaceAll("ROOT", root).replaceAll("BASE", base);

  it.each(PATH_ATTACKS)("$name", async ({ path: target, code, links = {} }) => {
    for (const [name, to] of Object.entries(links)) await symlink(placed(to), path.join(root, name));
    const tool = createFileTool({ root });
    const given = placed(target);
    const call = (operation: string, more: object = {}): Promise<unknown> =>
      executeTool(tool, { operation, path: given, ...more }, context);
    for (const operation of ["read", "stat", "list", "type", "chmod"]) {
      const error: unknown = await call(operation, { mode: "777" }).catch((reason: unknown) => reason);
      expect(error, `${operation}`).toMatchObject({ code });
      // Nothing of the host is told: only what the caller wrote itself.
      expect(JSON.stringify(error).replaceAll(JSON.stringify(given).slice(1, -1), "")).not.toContain(base);
    }
    // Writing may make a harmless file of an odd name, but below the root.
    const writes = [
      ["write", { content: "x" }],
      ["append", { content: "x" }],
      ["create", { content: "x" }],
      ["mkdir", {}],
      ["move", { to: "moved", overwrite: true }],
      ["copy", { to: "copied", overwrite: true }],
      ["rmdir", { recursive: true }],
      ["delete", {}],
    ] as const;
    for (const [operation, more] of writes) await call(operation, more).catch(() => {});
    await writeFile(path.join(root, "mine"), "mine");
    for (const operation of ["move", "copy"])
      await executeTool(tool, { operation, path: "mine", to: given || "x", overwrite: true }, context).catch(() => {});
    expect(await readdir(base)).toEqual(["root", "secret.txt"]);
    expect(await readFile(path.join(base, "secret.txt"), "utf8")).toBe("secret");
  });
});

describe("SEC-6: server-side request forgery", () => {
  let reached = 0;
  const inner = createServer((_request, response) => void response.end("inner"));
  // Stands for a public server, which redirects wherever it is told.
  let location = "";
  const outer = createServer((_request, response) => void response.writeHead(302, { location }).end());
  let [innerPort, outerPort] = [0, 0];
  const resolve = (name: string): Promise<{ address: string; family: number }[]> =>
    Promise.resolve(
      (NAMES[name.replace(/\.$/, "")] ?? ["93.184.216.34"]).map((address) => ({ address, family: isIP(address) })),
    );

  beforeAll(async () => {
    inner.on("connection", () => reached++);
    for (const server of [inner, outer]) await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    [innerPort, outerPort] = [inner, outer].map((server) => (server.address() as AddressInfo).port) as [number, number];
  });
  afterAll(async () => {
    for (const server of [inner, outer]) await new Promise((done) => server.close(done));
  });

  it.each(URL_ATTACKS)("$name", async ({ url, code }) => {
    await using tool = createHttpTool({ resolve, retry: { maxAttempts: 1 } });
    const target = url.replaceAll("PORT", String(innerPort));
    for (const method of ["GET", "POST"])
      await expect(executeTool(tool, { url: target, method }, context)).rejects.toMatchObject({ code });
    expect(reached).toBe(0);
  });

  // Only what can stand in a header; relative references would lead back to the server itself.
  const targets = URL_ATTACKS.filter(
    ({ url, code }) =>
      code === "PERMISSION_DENIED" && /^[\u0021-\u007e]+$/.test(url) && /^[a-z]+:(\/\/|[^/\d])/.test(url),
  );
  it.each(targets)("$name, as the target of a redirect", async ({ url }) => {
    // The server is found by a name, and its one address is allowed; the attack leads anywhere else.
    location = url.replaceAll("PORT", String(innerPort)).replaceAll("127.0.0.1", "127.0.0.2");
    const names = (name: string): ReturnType<typeof resolve> =>
      name === "public.test" ? Promise.resolve([{ address: "127.0.0.1", family: 4 }]) : resolve(name);
    await using tool = createHttpTool({
      resolve: names,
      policy: { addresses: ["127.0.0.1"], hosts: ["public.test"] },
      retry: { maxAttempts: 1 },
    });
    await expect(executeTool(tool, { url: `http://public.test:${outerPort}/` }, context)).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    expect(reached).toBe(0);
  });

  it("a name that changes between the check and the connection", async () => {
    let asked = 0;
    const rebinding = (): ReturnType<typeof resolve> =>
      Promise.resolve([{ address: asked++ === 0 ? "127.0.0.2" : "127.0.0.1", family: 4 }]);
    await using tool = createHttpTool({
      resolve: rebinding,
      policy: { addresses: ["127.0.0.2"] },
      retry: { maxAttempts: 1 },
    });
    const url = `http://rebind.test:${innerPort}/`;
    // The first answer is allowed, and it alone is connected to: nobody listens there.
    await expect(executeTool(tool, { url }, context)).rejects.toMatchObject({ code: "NETWORK_ERROR" });
    await expect(executeTool(tool, { url }, context)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect([asked, reached]).toEqual([2, 0]);
  });
});

describe("SEC-6: command injection", () => {
  beforeEach(async () => {
    await symlink("/", path.join(root, "out"));
    await writeFile(path.join(root, "tool"), "#!/bin/sh\ntouch pwned\n", { mode: 0o755 });
  });
  const nothingHappened = async (): Promise<void> => {
    expect((await readdir(root)).toSorted()).toEqual(["inner", "out", "tool"]);
    expect(await readdir(base)).toEqual(["root", "secret.txt"]);
  };
  const call = async (args: object): Promise<unknown> => {
    using tool = createProcessTool({ root, commands: ["echo", "./tool"] });
    return await executeTool(tool, args, context);
  };

  it.each(ARGUMENTS.map((argument) => ({ argument })))(
    "the argument $argument stays as it is",
    async ({ argument }) => {
      const result = await call({ operation: "execute", command: "echo", args: [argument], env: {} });
      expect(result).toMatchObject({ code: 0, stdout: `${argument}\n` });
      await nothingHappened();
    },
  );

  it.each(COMMAND_ATTACKS)("$name", async ({ args, code }) => {
    await expect(call(args)).rejects.toMatchObject({ code });
    await nothingHappened();
  });
});
