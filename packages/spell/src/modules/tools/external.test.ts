import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { serve } from "../../../../core/src/testing/loopback.js";
import { both, engine, failureOf, valueOf } from "../../../../../test/support/spell.js";
import { EXAMPLE_RUN } from "../../../../../test/support/examples.js";
import { parseGrant } from "../../door/capabilities.js";
import type { SpellRun } from "../../run/run.js";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "llmspell-external-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const granted = (...grants: string[]): Partial<SpellRun> => ({ grants: grants.flatMap(parseGrant) });

const NODE = process.execPath;
const COUNT = `process.stdin.once("data", (line) => console.log(JSON.stringify({ result: JSON.parse(line).args.text.length })))`;
const TEXT = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
const SPEC = {
  kind: "process",
  name: "length",
  description: "How long a text is",
  command: NODE,
  args: ["-e", COUNT],
  parameters: TEXT,
};
const { kind, command, args, ...INFO } = SPEC;
const MANIFEST = { format: "llmspell-tool-1", ...INFO, category: "text", run: { kind, command, args } };

describe("tools.register_external", () => {
  const inLua =
    'local t = tools.register_external(params.spec) return { t:execute({ text = "abc" }), tools.exists("length"), tools.get_metrics("length").calls }';
  const inJs =
    'const t = await tools.registerExternal(params.spec); return [await t.execute({ text: "abc" }), tools.exists("length"), tools.getMetrics("length").calls]';

  it("TOOL-8: runs a program whose name is granted, with the checks of any tool", async () => {
    const options = { params: { spec: SPEC }, ...granted(`process=${NODE}`) };
    expect(await both(inLua, inJs, options)).toEqual([3, true, 1]);
    const wrong = "return tools.register_external(params.spec):execute({ text = 3 })";
    expect(await failureOf(wrong, options)).toMatchObject({ code: "VALIDATION_FAILED" });
    for (const grants of [granted(), granted("process=python3"), granted("network", "file", "spell")])
      expect(await failureOf(inLua, { ...options, ...grants })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { capability: "process", scope: NODE },
      });
  });

  it("TOOL-8: asks a server whose host is granted, and none that it redirects to otherwise", async () => {
    await using server = await serve(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      if (request.url === "/away")
        response.writeHead(307, { location: `http://localhost:${request.socket.localPort}/` }).end();
      else response.end(JSON.stringify((JSON.parse(body) as { text: string }).text.length));
    });
    const spec = { kind: "http", name: "length", description: "L", url: server.url, parameters: TEXT };
    const options = { params: { spec }, ...granted("network=127.0.0.1") };
    expect(await both(inLua, inJs, options)).toEqual([3, true, 1]);
    expect(await failureOf(inLua, { ...options, ...granted("network=example.com") })).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { capability: "network", scope: "127.0.0.1" },
    });
    const away = { ...options, params: { spec: { ...spec, url: `${server.url}/away` } } };
    expect(await failureOf(inLua, away)).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { capability: "network", scope: "localhost" },
    });
  });

  it("TOOL-8: runs a spell of the spell's folder, and hands parameters on as they are", async () => {
    const spec = { kind: "script", file: "lib/add.lua", name: "add", description: "Adds" };
    const options = { folder: EXAMPLE_RUN.folder as string, params: { spec }, ...granted("spell=lib") };
    expect(
      await both(
        "return tools.register_external(params.spec):execute({ a = 1, b = 2 })",
        "return (await tools.registerExternal(params.spec)).execute({ a: 1, b: 2 })",
        { ...options, engineFor: () => engine },
      ),
    ).toBe(3);
    const own = await folder();
    await writeFile(join(own, "echo.lua"), "return params.text");
    const echo = { folder: own, params: { spec: { ...spec, file: "echo.lua" } }, ...granted("spell") };
    expect(await valueOf("return tools.register_external(params.spec):execute({ text = '$x.y' })", echo)).toBe("$x.y");
    for (const grants of [granted(), granted("spell=other"), granted("module", "file")])
      expect(await failureOf("tools.register_external(params.spec)", { ...options, ...grants })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { capability: "spell", scope: "lib/add.lua" },
      });
    const none = { ...options, params: { spec: { ...spec, file: "lib/none.lua" } } };
    expect(await failureOf("tools.register_external(params.spec)", none)).toMatchObject({ code: "NOT_FOUND" });
  });

  it("TOOL-8: takes in the tools of an MCP server, each a power of its own", async () => {
    const file = fileURLToPath(new URL("../../../../core/src/testing/mcp-server.js", import.meta.url));
    const spec = { kind: "mcp", name: "calc", command: NODE, args: [file] };
    const options = { params: { spec }, ...granted(`process=${NODE}`, "mcp=calc/add") };
    const value = await both(
      `local all = tools.register_external(params.spec)
      local ok, e = pcall(tools.execute, "calc__say_hello", {})
      return { #all, tools.execute("calc__add", { a = 1, b = 2 }).sum, ok, e.details.grant }`,
      `const all = await tools.registerExternal(params.spec);
      const e = await tools.execute("calc__say_hello", {}).catch((e) => e);
      return [all.length, (await tools.execute("calc__add", { a: 1, b: 2 })).sum, e.code === undefined, e.details.grant];`,
      options,
    );
    expect(value).toMatchObject([7, 3, false, expect.stringMatching(/^--allow mcp=calc\//)]);
    for (const grants of [granted("mcp"), granted("process=cat", "mcp")])
      expect(await failureOf("tools.register_external(params.spec)", { ...options, ...grants })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { capability: "process", scope: NODE },
      });
    const web = { kind: "mcp", name: "web", url: "http://127.0.0.1:9/mcp" };
    expect(await failureOf("tools.register_external(params.spec)", { params: { spec: web } })).toMatchObject({
      details: { capability: "network", scope: "127.0.0.1" },
    });
    const named = { params: { spec: { ...spec, name: "a/b" } }, ...granted("process") };
    expect(await failureOf("tools.register_external(params.spec)", named)).toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  it("says what it cannot do, and what is missing", async () => {
    for (const unsupported of ["plugin", "grpc", "ffi"]) {
      const spec = { ...SPEC, kind: unsupported };
      const failure = await failureOf("tools.register_external(params.spec)", {
        params: { spec },
        ...granted("process"),
      });
      expect(failure).toMatchObject({ code: "UNSUPPORTED", message: expect.stringContaining("tool") });
    }
    for (const [more, message] of [
      [{ kind: "nonsense" }, "must be one of process"],
      [{ command: undefined }, "needs 'command'"],
      [{ kind: "http" }, "needs 'url'"],
      [{ env: { PATH: "/tmp" } }, "env"],
      [{ description: undefined }, "needs 'description'"],
      [{ kind: "http", url: "nonsense" }, "not a URL"],
    ] as const) {
      const spec = JSON.parse(JSON.stringify({ ...SPEC, ...more })) as never;
      const failure = await failureOf("tools.register_external(params.spec)", {
        params: { spec },
        ...granted("process", "network"),
      });
      expect([failure.code, failure.message]).toEqual([
        expect.stringMatching("INVALID_ARGUMENT|VALIDATION_FAILED"),
        expect.stringContaining(message),
      ]);
    }
    const twice = "tools.register_external(params.spec) tools.register_external(params.spec)";
    expect(await failureOf(twice, { params: { spec: SPEC }, ...granted("process") })).toMatchObject({
      code: "ALREADY_EXISTS",
    });
  });
});

describe("tools.discover", () => {
  async function place(): Promise<{ root: string; warnings: string[]; options: Partial<SpellRun> }> {
    const root = await folder();
    await mkdir(join(root, "own"));
    const put = (name: string, content: unknown): Promise<void> =>
      writeFile(join(root, "own", `${name}.tool.json`), JSON.stringify(content));
    await put("length", MANIFEST);
    await put("other", { ...MANIFEST, name: "other", category: "other" });
    await put("poisoned", { ...MANIFEST, name: "poisoned", run: { ...MANIFEST.run, env: { PATH: root } } });
    await put("foreign", { ...MANIFEST, name: "foreign", run: { kind: "process", command: "cat" } });
    await writeFile(join(root, "own", "broken.tool.json"), "{");
    const warnings: string[] = [];
    return { root, warnings, options: { root, onLog: (_level, message) => void warnings.push(message) } };
  }

  it("TOOL-5: registers what the run may use, and tells the rest", async () => {
    const { warnings, options } = await place();
    const value = await both(
      'local all = tools.discover{ dir = "own", category = "text" } return { #all, all[1].name, tools.execute("length", { text = "ab" }), tools.exists("other"), tools.exists("foreign") }',
      'const all = await tools.discover({ dir: "own", category: "text" }); return [all.length, all[0].name, await tools.execute("length", { text: "ab" }), tools.exists("other"), tools.exists("foreign")]',
      { ...options, ...granted("file.read=own", `process=${NODE}`) },
    );
    expect(value).toEqual([1, "length", 2, false, false]);
    const text = warnings.join("\n");
    for (const part of ["own/broken.tool.json", "is not JSON", "'PATH' may not be set", "'foreign'", "process=cat"])
      expect(text).toContain(part);
    expect(text).not.toContain(String(options.root));
  });

  it("needs the folder, or the variable, and never leaves the working directory by itself", async () => {
    const { root, options, warnings } = await place();
    for (const grants of [granted(), granted("file.read=other"), granted("file.write", "env")])
      expect(await failureOf('tools.discover{ dir = "own" }', { ...options, ...grants })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { capability: "file.read", scope: "own" },
      });
    expect(await failureOf("tools.discover()", { ...options, ...granted("env=HOME") })).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { capability: "env", scope: "LLMSPELL_TOOLS" },
    });
    const outer = await folder();
    await writeFile(join(outer, "length.tool.json"), JSON.stringify(MANIFEST));
    await symlink(outer, join(root, "link"));
    for (const dir of ["link", "..", outer]) {
      const asked = { ...options, params: { dir }, ...granted("file.read", "process") };
      expect([dir, await valueOf("return #tools.discover{ dir = params.dir }", asked)]).toEqual([dir, 0]);
    }
    expect(warnings.filter((text) => text.includes("outside the folder"))).toHaveLength(3);
    process.env["LLMSPELL_TEST_TOOLS"] = outer;
    onTestFinished(() => void delete process.env["LLMSPELL_TEST_TOOLS"]);
    const byVariable =
      'tools.discover{ env = "LLMSPELL_TEST_TOOLS" } return tools.execute("length", { text = "abcd" })';
    expect(await valueOf(byVariable, { ...options, ...granted("env=LLMSPELL_TEST_TOOLS", "process") })).toBe(4);
  });
});

describe("tools.save and tools.load", () => {
  const power = ["file", `process=${NODE}`];

  it("TOOL-7: the next run has the tools, and goes on counting", async () => {
    for (const more of ["", ', { encoding = "binary" }']) {
      const root = await folder();
      const options = { root, params: { spec: SPEC }, ...granted(...power) };
      await valueOf(
        `tools.register_external(params.spec):execute({ text = "abc" }) tools.save("kept/tools.json"${more})`,
        options,
      );
      expect(await readFile(join(root, "kept/tools.json"), "utf8")).not.toContain(root);
      const value = await both(
        'local n = tools.load("kept/tools.json").loaded return { n, tools.execute("length", { text = "ab" }), tools.get_metrics("length").calls }',
        'const n = (await tools.load("kept/tools.json")).loaded; return [n, await tools.execute("length", { text: "ab" }), tools.getMetrics("length").calls]',
        options,
      );
      expect(value).toEqual([1, 2, 2]);
      const warnings: string[] = [];
      const mayNot = { ...options, ...granted("file"), onLog: (_: string, text: string) => void warnings.push(text) };
      expect(await valueOf('return tools.load("kept/tools.json").loaded', mayNot)).toBe(0);
      expect(warnings.join()).toContain("the tool 'length'");
    }
  });

  it("needs the file, and follows no link out of the working directory", async () => {
    const root = await folder();
    for (const [call, capability] of [
      ["tools.save()", "file.write"],
      ["tools.load()", "file.read"],
    ] as const) {
      for (const grants of [granted(), granted(`${capability}=other`), granted("process")])
        expect(await failureOf(call, { root, ...grants })).toMatchObject({
          code: "PERMISSION_DENIED",
          details: { capability, scope: "tools.json" },
        });
    }
    const outer = await folder();
    await writeFile(join(outer, "x.json"), "precious");
    await symlink(outer, join(root, "link"));
    await symlink(join(outer, "x.json"), join(root, "x.json"));
    const options = { root, ...granted("file") };
    for (const call of [
      'tools.save("link/x.json")',
      'tools.load("link/x.json")',
      'tools.load("x.json")',
      'tools.save("../x.json")',
    ])
      expect([call, (await failureOf(call, options)).code]).toEqual([call, "PERMISSION_DENIED"]);
    await valueOf('tools.save("x.json")', options);
    expect(await readFile(join(outer, "x.json"), "utf8")).toBe("precious");
    await mkdir(join(root, "in"));
    await symlink(join(root, "in"), join(root, "short"));
    expect(await failureOf('tools.save("short/x.json")', { root, ...granted("file=short") })).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { scope: "in/x.json" },
    });
    await writeFile(join(root, "wrong.json"), "{}");
    expect(await failureOf('tools.load("wrong.json")', options)).toMatchObject({ code: "VALIDATION_FAILED" });
  });
});
