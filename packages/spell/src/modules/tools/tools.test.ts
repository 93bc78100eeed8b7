import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { cast, failureOf, valueOf } from "../../../../../test/support/spell.js";
import { parseGrant } from "../../door/capabilities.js";

const DOUBLE = `tools.define("double", "Doubles", { type = "object", properties = { n = { type = "number" } }, required = { "n" } }, function(args) return args.n * 2 end)\n`;

describe("tools.define and execute", () => {
  it("takes four arguments or one table, with old names", async () => {
    const source = `${DOUBLE}
      tools.register({ name = "b", description = "B", schema = { type = "object" }, func = function() return "b" end, category = "misc", tags = { "x" } })
      local h = tool.define({ name = "c", description = "C", execute = function() return "c" end })
      return { tools.execute("double", { n = 4 }), tools.execute_tool("b", {}), h:execute(), tools.get_info("b") }`;
    expect(await valueOf(source)).toEqual([
      8,
      "b",
      "c",
      { name: "b", description: "B", parameters: { type: "object" }, category: "misc", tags: ["x"] },
    ]);
  });

  it("checks the arguments before the function runs", async () => {
    const { result, printed } =
      await cast(`tools.define("t", "d", { type = "object", properties = { n = { type = "number" } } }, function() print("ran") end)
      tools.execute("t", { n = "x" })`);
    expect(result).toMatchObject({
      ok: false,
      error: { code: "VALIDATION_FAILED", message: "invalid arguments for tool 't': n: must be number" },
    });
    expect(printed).toBe("");
  });

  it("tells empty lists from empty tables in a schema", async () => {
    const schema = "{ type = 'object', properties = { o = { type = 'object', properties = {} } }, required = {} }";
    expect(
      await valueOf(
        `tools.define("t", "d", ${schema}, function() return "ok" end) return { tools.execute("t", {}), tools.get_schema("t") }`,
      ),
    ).toEqual(["ok", { type: "object", properties: { o: { type: "object", properties: {} } }, required: [] }]);
  });

  it("gives back whatever Lua can return", async () => {
    const source = `local values = { math.maxinteger, "\\xff", { 1, 2 }, { a = { b = false } }, 1.5 }
      local same = {}
      for i, v in ipairs(values) do
        local name = "t" .. i
        tools.define(name, "d", {}, function() return v end)
        local back = tools.execute(name, {})
        same[i] = type(v) == "table" and data.to_json(back) == data.to_json(v) or back == v
      end
      tools.define("none", "d", {}, function() end)
      same[6] = tools.execute("none", {}) == nil
      return same`;
    expect(await valueOf(source)).toEqual([true, true, true, true, true, true]);
  });

  it("ends with the error of the function, with TIMEOUT, and says which tool is missing", async () => {
    expect(
      await failureOf("tools.define('t', 'd', {}, function() error('bad luck') end) tools.execute('t', {})"),
    ).toMatchObject({ code: "SCRIPT_ERROR", message: "bad luck" });
    expect(
      await failureOf(
        "tools.define('t', 'd', {}, function() sleep('1h') end) tools.execute('t', {}, { timeout = 20 })",
      ),
    ).toMatchObject({
      code: "TIMEOUT",
      message: "tool 't' did not finish within 20 ms",
    });
    expect(await failureOf("tools.execute('file_operation', {})")).toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("file_operations"),
    });
    expect(await failureOf("tools.define('t', 'd')")).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "tool 't' needs a function 'execute'",
    });
    expect(await failureOf(`${DOUBLE}${DOUBLE}`)).toMatchObject({ code: "ALREADY_EXISTS" });
  });
});

describe("the other functions of tools", () => {
  it("execute_safe makes a result of a failure", async () => {
    const source = `${DOUBLE}local good, bad = tools.execute_safe("double", { n = 1 }), tools.execute_safe("double", {})
      return { good.success, good.result, bad.success, bad.error.code, good.duration_ms >= 0 }`;
    expect(await valueOf(source)).toEqual([true, 2, false, "VALIDATION_FAILED", true]);
  });

  it("validate says every problem without running the tool", async () => {
    expect(
      await valueOf(
        `${DOUBLE}return { tools.validate("double", { n = 1 }).valid, tools.validate_params("double", { n = "x" }) }`,
      ),
    ).toMatchObject([true, { valid: false, errors: [{ message: expect.stringContaining("number") }] }]);
  });

  it("find, list and remove", async () => {
    const source = `local h = ${DOUBLE}
      local before = #tools.list()
      return { tools.get("double") == h, tools.get("nope") == nil, tools.exists("double"), before, tools.unregister("double"), tools.unregister("double"), #tools.list() }`;
    expect(await valueOf(source)).toEqual([true, true, true, 8, true, false, 7]);
  });
});

describe("file_operations", () => {
  async function root(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "llmspell-files-"));
    onTestFinished(() => rm(path, { recursive: true, force: true }));
    await writeFile(join(path, "a.txt"), "hello");
    return path;
  }
  const run = (operation: string, path: string, more = ""): string =>
    `return tools.execute("file_operations", { operation = "${operation}", path = "${path}" ${more} })`;

  it("does nothing without a grant", async () => {
    const folder = await root();
    for (const operation of ["read", "list", "exists", "stat"]) {
      expect(await failureOf(run(operation, "a.txt"), { root: folder })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { grant: "--allow file.read=a.txt" },
      });
    }
    for (const operation of ["write", "append", "mkdir", "delete"]) {
      expect(await failureOf(run(operation, "a.txt", ", content = 'x'"), { root: folder })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { grant: "--allow file.write=a.txt" },
      });
    }
    expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("hello");
  });

  it("reads and writes within its grant", async () => {
    const options = { root: await root(), grants: parseGrant("file") };
    expect(await valueOf(run("read", "a.txt"), options)).toEqual({ path: "a.txt", content: "hello", bytes: 5 });
    expect(await valueOf(run("write", "b.txt", ", content = 'new'"), options)).toMatchObject({ bytes: 3 });
    expect(await readFile(join(options.root, "b.txt"), "utf8")).toBe("new");
    expect(await valueOf(run("list", "."), options)).toMatchObject({ entries: [{ name: "a.txt" }, { name: "b.txt" }] });
  });

  it("keeps to the scope of its grant, whatever the path looks like", async () => {
    const options = { root: await root(), grants: parseGrant("file.write=out") };
    await valueOf(run("mkdir", "out"), options);
    await valueOf(run("write", "out/x.txt", ", content = 'x'"), options);
    for (const path of ["outside.txt", "out/../a.txt", "./a.txt", "out/x/../../a.txt"]) {
      expect(await failureOf(run("write", path, ", content = 'x'"), options)).toMatchObject({
        code: "PERMISSION_DENIED",
      });
    }
    expect(await failureOf(run("read", "out/x.txt"), options)).toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("never leaves the folder, with any grant, and shows nothing of the host", async () => {
    const options = { root: await root(), grants: parseGrant("file") };
    for (const path of ["../x", "/etc/passwd", "a/../../x"]) {
      const failure = await failureOf(run("read", path), options);
      expect(failure).toMatchObject({ code: "PERMISSION_DENIED" });
      expect(JSON.stringify(failure)).not.toContain(options.root);
    }
    const missing = await failureOf(run("read", "nope.txt"), options);
    expect(missing).toMatchObject({ code: "NOT_FOUND" });
    expect(JSON.stringify(missing)).not.toContain(options.root);
  });
});
