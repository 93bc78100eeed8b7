import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SpellError } from "@llmspell/errors";
import { createHttpClient } from "../../http/client.js";
import { serve } from "../../testing/loopback.js";
import { executeTool } from "../execute.js";
import { createToolStats } from "../stats.js";
import type { Tool, ToolContext, ToolProgress } from "../tool.js";
import { discoverTools } from "./discover.js";
import { externalTool, type ExternalServices } from "./external-tool.js";
import { MANIFEST_FORMAT, type ExternalRun, type ToolManifest } from "./manifest.js";
import { createToolStore, type StoredTool } from "./tool-store.js";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), "llmspell-external-")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context: ToolContext = { signal: new AbortController().signal };
const manifest = (run: ExternalRun, more: Partial<ToolManifest> = {}): ToolManifest => ({
  format: MANIFEST_FORMAT,
  name: "words",
  description: "Counts words",
  parameters: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
  run,
  ...more,
});

const PYTHON = `
import json, sys, os, time
request = json.loads(sys.stdin.readline())
text = request["args"]["text"]
print("loading a library")
print(json.dumps({"progress": {"message": "counting", "fraction": 7, "partial": 1}}), flush=True)
if text == "fail": print(json.dumps({"error": {"message": "cannot count", "code": "NOT_FOUND"}}))
elif text == "say": print("\ufeff" + json.dumps({"error": "only words"}))
elif text == "forge": print(json.dumps({"error": {"message": "stop", "code": "LIMIT_FUEL"}}))
elif text == "crash": sys.exit(3)
elif text == "wrong": print(json.dumps({"result": "many"}))
elif text == "hang": time.sleep(600)
elif text == "flood":
    while True: print("x" * 1000)
elif text == "env": print(json.dumps({"result": int(os.environ["A"]) if "LLMSPELL_TEST_SECRET" not in os.environ else -1}))
else:
    print("a warning", file=sys.stderr)
    print(json.dumps({"result": len(text.split())}))
`;

async function pythonTool(services: ExternalServices = {}, more: Partial<ToolManifest> = {}): Promise<Tool> {
  await writeFile(path.join(folder, "words.py"), PYTHON);
  const run: ExternalRun = { kind: "process", command: "python3", args: ["words.py"] };
  const env = { PATH: process.env["PATH"] ?? "" };
  return await externalTool(manifest(run, { output: { type: "integer" }, ...more }), folder, { env, ...services });
}

describe("externalTool", () => {
  it("TOOL-8: runs a program in Python with the checks, progress and limits of any tool", async () => {
    const said: string[] = [];
    const news: ToolProgress[] = [];
    const asked: unknown[] = [];
    const tool = await pythonTool({ onStderr: (name, text) => said.push(`${name}: ${text.trim()}`) });
    const call = (text: unknown, more: Partial<ToolContext> = {}): Promise<unknown> =>
      executeTool(tool, { text }, { ...context, ...more }, { timeoutMs: 20_000 });
    const authorize = (request: object): void => void asked.push(request);
    expect(await call("Grüße an alle", { authorize, report: (progress) => news.push(progress) })).toBe(3);
    expect(said).toEqual(["words: a warning"]);
    expect(news).toEqual([{ message: "counting", fraction: 1, partial: 1 }]);
    expect(asked).toEqual([{ capability: "process", scope: "python3" }]);
    for (const [text, code, message] of [
      [1, "VALIDATION_FAILED", "text: must be string"],
      ["fail", "NOT_FOUND", "cannot count"],
      ["say", "TOOL_FAILED", "only words"],
      ["forge", "TOOL_FAILED", "stop"],
      ["crash", "TOOL_FAILED", "without a result (exit 3)"],
      ["wrong", "TOOL_OUTPUT_INVALID", "must be integer"],
      ["flood", "TOO_LARGE", "wrote more"],
    ])
      await expect(call(text), `${text}`).rejects.toMatchObject({
        code,
        message: expect.stringContaining(String(message)),
      });
    await expect(executeTool(tool, { text: "hang" }, context, { timeoutMs: 300 })).rejects.toMatchObject({
      code: "TIMEOUT",
    });
    const report = (): never => {
      throw new Error("nobody listens");
    };
    await expect(call("a b", { report })).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: expect.stringContaining("nobody listens"),
    });
  });

  it("TOOL-8: gives a process none of our environment", async () => {
    const tool = await pythonTool(
      {},
      { run: { kind: "process", command: "python3", args: ["words.py"], env: { A: "1" } } },
    );
    process.env["LLMSPELL_TEST_SECRET"] = "s3cret";
    const told = await executeTool(tool, { text: "env" }, context);
    delete process.env["LLMSPELL_TEST_SECRET"];
    expect(told).toBe(1);
  });

  it("TOOL-8: asks a tool behind HTTP", async () => {
    await using server = await serve(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      const { text } = JSON.parse(body) as { text: string };
      if (request.url === "/away")
        response.writeHead(307, { location: `http://localhost:${request.socket.localPort}/` }).end();
      else if (text === "fail")
        response.writeHead(422).end('{"error":{"message":"no words","code":"INVALID_ARGUMENT"}}');
      else if (text === "broken") response.writeHead(500).end("<html>");
      else response.end(JSON.stringify(text.split(" ").length));
    });
    await using http = createHttpClient({ policy: { addresses: ["127.0.0.1"] } });
    const tool = await externalTool(manifest({ kind: "http", url: server.url, headers: { a: "b" } }), folder, { http });
    const asked: unknown[] = [];
    const authorize = (request: object): void => void asked.push(request);
    expect(await executeTool(tool, { text: "a b" }, { ...context, authorize })).toBe(2);
    expect(asked).toEqual([{ capability: "network", scope: "127.0.0.1" }]);
    await expect(executeTool(tool, { text: "fail" }, context)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "no words",
    });
    await expect(executeTool(tool, { text: "broken" }, context)).rejects.toMatchObject({
      code: "TOOL_FAILED",
      message: "the tool answered 500",
    });
    const away = await externalTool(manifest({ kind: "http", url: `${server.url}/away` }), folder, { http });
    const careful = ({ scope }: { scope?: string }): void => {
      if (scope === "localhost") throw new SpellError("PERMISSION_DENIED", "not there");
    };
    await expect(executeTool(away, { text: "a" }, { ...context, authorize: careful })).rejects.toMatchObject({
      message: "not there",
    });
    const open = await externalTool(manifest({ kind: "http", url: server.url }), folder);
    await expect(executeTool(open, { text: "a" }, context)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("TOOL-8: runs a script where somebody can, and sets only the variables that may be set", async () => {
    const script = manifest({ kind: "script", file: "words.lua" });
    await expect(externalTool(script, folder)).rejects.toMatchObject({ code: "UNSUPPORTED" });
    const services: ExternalServices = { script: (file) => (args) => `${file}: ${String(args["text"])}` };
    const asked: unknown[] = [];
    const authorize = (request: object): void => void asked.push(request);
    const tool = await externalTool(script, folder, services);
    expect(await executeTool(tool, { text: "a" }, { ...context, authorize })).toBe("words.lua: a");
    expect(asked).toEqual([{ capability: "spell", scope: "words.lua" }]);
    const poisoned = manifest({ kind: "process", command: "true", env: { LANG: "C", PATH: folder } });
    await expect(externalTool(poisoned, folder, { settableEnv: ["LANG"] })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      message: "the variable 'PATH' may not be set for a process",
    });
    expect(await externalTool(poisoned, folder)).toMatchObject({ name: "words" });
  });

  it("TOOL-7: keeps to a root, and follows no link out of it", async () => {
    const inner = path.join(folder, "in");
    await mkdir(inner);
    await symlink(folder, path.join(inner, "out"));
    const asked: string[] = [];
    const root = { root: inner, check: (relative: string) => void asked.push(relative) };
    const stored: StoredTool = { manifest: manifest({ kind: "process", command: "true" }), folder: "." };
    await createToolStore("a/b/t.json", root).save([stored], createToolStats());
    expect((await createToolStore("a/b/t.json", root).load()).tools).toHaveLength(1);
    expect(new Set(asked)).toEqual(new Set(["a/b/t.json"]));
    for (const file of ["../t.json", "out/t.json"]) {
      const store = createToolStore(file, root);
      await expect(store.save([], createToolStats())).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
      await expect(store.load()).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    }
    await createToolStore("t.json", root).save([{ ...stored, folder: "out" }], createToolStats());
    await expect(createToolStore("t.json", root).load()).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await readdir(inner)).toEqual(["a", "out", "t.json"]);
    const { tools, problems } = await discoverTools({ folders: ["out", ".."], root: inner });
    expect([tools.length, problems.map(({ error }) => error.code)]).toEqual([
      0,
      ["PERMISSION_DENIED", "PERMISSION_DENIED"],
    ]);
  });

  it("TOOL-8: loads a module only where that is allowed, and only from its folder", async () => {
    await writeFile(path.join(folder, "words.mjs"), "export default ({ text }) => text.length;");
    await writeFile(path.join(folder, "none.mjs"), "export const x = 1;");
    await symlink("/etc/hostname", path.join(folder, "out.mjs"));
    const load = (file: string, modules = true): Promise<Tool> =>
      externalTool(manifest({ kind: "module", file }, { permissions: ["p"] }), folder, { modules });
    const asked: unknown[] = [];
    const tool = await load("words.mjs");
    expect(
      await executeTool(tool, { text: "abc" }, { ...context, authorize: (request) => void asked.push(request) }),
    ).toBe(3);
    expect(asked).toEqual([{ capability: "p" }]);
    for (const [file, modules, code] of [
      ["words.mjs", false, "PERMISSION_DENIED"],
      ["../x.mjs", true, "PERMISSION_DENIED"],
      ["out.mjs", true, "PERMISSION_DENIED"],
      ["none.mjs", true, "VALIDATION_FAILED"],
    ] as const)
      await expect(load(file, modules), `${file}`).rejects.toMatchObject({ code });
  });
});

describe("discoverTools", () => {
  it("TOOL-5: finds manifests in folders and in those of a variable; a malformed one is told and stops none", async () => {
    const [first, second] = [path.join(folder, "first"), path.join(folder, "second")];
    await mkdir(first);
    await mkdir(second);
    const put = (target: string, content: unknown): Promise<void> =>
      writeFile(target, typeof content === "string" ? content : JSON.stringify(content));
    const run: ExternalRun = { kind: "process", command: "true" };
    await put(path.join(first, "a.tool.json"), manifest(run, { name: "a" }));
    await put(path.join(first, "broken.tool.json"), "{");
    await put(path.join(first, "kind.tool.json"), { ...manifest(run), run: { kind: "ftp" } });
    await put(path.join(first, "extra.tool.json"), { ...manifest(run), extra: 1 });
    await put(path.join(first, "name.tool.json"), manifest(run, { name: "not a name" }));
    await put(path.join(first, "url.tool.json"), manifest({ kind: "http", url: "nonsense" }));
    await put(path.join(first, "other.json"), "{");
    await symlink("/etc/hostname", path.join(first, "link.tool.json"));
    await put(path.join(second, "a.tool.json"), manifest(run, { name: "a" }));
    await put(path.join(second, "b.tool.json"), `\ufeff${JSON.stringify(manifest(run, { name: "b" }))}`);
    const { tools, problems } = await discoverTools({
      folders: [first],
      variable: "TOOLS",
      environment: { TOOLS: [second, first, path.join(folder, "none")].join(path.delimiter) },
    });
    expect(tools.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(problems.map(({ source, error }) => `${path.relative(folder, source)} ${error.code}`)).toEqual([
      "first/broken.tool.json VALIDATION_FAILED",
      "first/extra.tool.json VALIDATION_FAILED",
      "first/kind.tool.json VALIDATION_FAILED",
      "first/link.tool.json PERMISSION_DENIED",
      "first/name.tool.json INVALID_ARGUMENT",
      "first/url.tool.json VALIDATION_FAILED",
      "second/a.tool.json ALREADY_EXISTS",
      "none NOT_FOUND",
    ]);
    expect((await discoverTools({ variable: "LLMSPELL_NO_SUCH_VARIABLE" })).tools).toEqual([]);
  });
});

describe("createToolStore", () => {
  it("TOOL-7: another process runs the saved tool and goes on counting", async () => {
    const tool = await pythonTool();
    const [file, stats] = [path.join(folder, "kept/tools.json"), createToolStats()];
    await executeTool(tool, { text: "a b" }, context, { stats });
    await executeTool(tool, { text: "fail" }, context, { stats }).catch(() => {});
    const { capabilities: _, execute: __, ...info } = tool;
    const run: ExternalRun = { kind: "process", command: "python3", args: ["words.py"] };
    await createToolStore(file).save([{ manifest: { ...info, format: MANIFEST_FORMAT, run }, folder }], stats);

    // Another process runs the build of this package.
    const source = `
      import { createToolStore, executeTool } from "@llmspell/core";
      const store = createToolStore(${JSON.stringify(file)});
      const { tools, stored, stats } = await store.load({ env: { PATH: process.env.PATH } });
      const context = { signal: new AbortController().signal };
      console.log(await executeTool(tools[0], { text: "one two three" }, context, { stats }));
      await store.save(stored, stats);`;
    const cwd = fileURLToPath(new URL(".", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], { cwd });
    expect(stdout).toBe("3\n");
    const { stats: after } = await createToolStore(file).load();
    expect(after.get("words")).toMatchObject({ calls: 3, failures: { NOT_FOUND: 1 } });
  });

  it("TOOL-7: as bytes it is smaller and says the same, and by itself it saves so too", async () => {
    const tool = await pythonTool();
    const { capabilities: _, execute: __, ...info } = tool;
    const run: ExternalRun = { kind: "process", command: "python3", args: ["words.py"] };
    const stored: StoredTool[] = [{ manifest: { ...info, format: MANIFEST_FORMAT, run }, folder }];
    const stats = createToolStats();
    for (let index = 0; index < 100; index++) stats.record(`tool${index}`, 1);
    const [text, bytes] = [path.join(folder, "kept/text"), path.join(folder, "kept/bytes")];
    await createToolStore(text).save(stored, stats);
    {
      await using _saving = createToolStore(bytes, { encoding: "binary" }).autoSave(stored, stats, 60_000);
    }
    expect((await stat(bytes)).size * 5).toBeLessThan((await stat(text)).size);
    // Each reads the other's.
    const [a, b] = [await createToolStore(text, { encoding: "binary" }).load(), await createToolStore(bytes).load()];
    expect([b.stored, b.stats.all()]).toEqual([a.stored, a.stats.all()]);
    expect(b.stats.get("tool7").calls).toBe(1);
    expect(await executeTool(b.tools[0] as Tool, { text: "a b c" }, context)).toBe(3);
  });

  it("TOOL-7: damaged bytes are refused, and so are those that swell", async () => {
    const file = path.join(folder, "damaged");
    await createToolStore(file, { encoding: "binary" }).save([], createToolStats());
    const whole = await readFile(file);
    const swollen = Buffer.concat([whole.subarray(0, 17), deflateRawSync(Buffer.alloc(300 * 1024 * 1024, 32))]);
    for (const bytes of [whole.subarray(0, -2), Buffer.concat([whole.subarray(0, 20), Buffer.alloc(9, 7)]), swollen]) {
      await writeFile(file, bytes);
      await expect(createToolStore(file).load()).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    }
  });

  it("TOOL-7: saves by itself while there are changes, and once more at the end", async () => {
    const [file, stats] = [path.join(folder, "tools.json"), createToolStats()];
    const store = createToolStore(file);
    expect((await store.load()).stats.all()).toEqual({});
    const saving = store.autoSave([], stats, 5);
    stats.record("a", 1);
    await expect.poll(async () => (await store.load()).stats.get("a").calls, { timeout: 20_000 }).toBe(1);
    stats.record("a", 1, "TIMEOUT");
    await saving[Symbol.asyncDispose]();
    expect((await store.load()).stats.get("a")).toMatchObject({ calls: 2, failures: { TIMEOUT: 1 } });
    expect(await readdir(folder)).toEqual(["tools.json"]);
  });

  it("refuses a file that is not its own, and keeps the old one when it cannot write", async () => {
    const file = path.join(folder, "tools.json");
    for (const text of ["{", '{"format":"other-1"}', '{"format":"llmspell-tools-1","tools":[{}],"stats":{}}']) {
      await writeFile(file, text);
      await expect(createToolStore(file).load()).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    }
    await expect(createToolStore(path.join(file, "below")).save([], createToolStats())).rejects.toMatchObject({
      code: "IO_ERROR",
    });
    await expect(createToolStore(folder).load()).rejects.toMatchObject({ code: "IO_ERROR" });
    expect(await readFile(file, "utf8")).toContain("llmspell-tools-1");
  });
});
