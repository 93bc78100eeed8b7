import {
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  existsSync,
  mkdirSync,
  realpathSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { executeTool } from "../execute.js";
import type { ToolContext } from "../tool.js";
import { createProcessTool, type ProcessToolOptions } from "./process-tool.js";

const node = process.execPath;
let root: string;
let close: (() => void)[] = [];

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), "llmspell-process-")));
});
afterEach(() => {
  for (const end of close) end();
  close = [];
  rmSync(root, { recursive: true, force: true });
});

function start(options: Partial<ProcessToolOptions> = {}) {
  const tool = createProcessTool({ root, commands: [node, "sh", "sleep", "./here"], ...options });
  close.push(() => tool[Symbol.dispose]());
  return (args: object, context: Partial<ToolContext> = {}): Promise<Record<string, unknown>> =>
    executeTool(tool, args, { signal: new AbortController().signal, ...context }) as Promise<Record<string, unknown>>;
}

const script = (source: string): object => ({ operation: "execute", command: node, args: ["-e", source] });
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has reaped yet is no longer alive.
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
const pidIn = (file: string): number => Number(readFileSync(path.join(root, file), "utf8"));

describe("process", () => {
  it("TOOL-14: runs a program with its arguments as they are", async () => {
    const call = start();
    const hostile = [
      "$(touch pwned)",
      "`touch pwned`",
      "; touch pwned",
      "| touch pwned",
      "a b",
      "*",
      "--",
      "\n",
      "'\"",
    ];
    const result = await call({
      operation: "execute",
      command: node,
      args: ["-e", "process.stdout.write(JSON.stringify(process.argv.slice(1)))", "--", ...hostile],
    });
    expect(result).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(JSON.parse(String(result["stdout"]))).toEqual(hostile);
    expect(existsSync(path.join(root, "pwned"))).toBe(false);
    expect(await call({ ...script("console.error('e'); process.exit(3)") })).toMatchObject({ code: 3, stderr: "e\n" });
    expect(await call({ ...script("process.stdin.pipe(process.stdout)"), stdin: "Grüße" })).toMatchObject({
      stdout: "Grüße",
    });
  });

  it("TOOL-14: gives it only the environment it was given", async () => {
    process.env["LLMSPELL_TEST_SECRET"] = "s3cret";
    const call = start({ env: { PATH: "/usr/bin:/bin", A: "1" }, settableEnv: ["B"] });
    const { stdout } = await call({ ...script("console.log(JSON.stringify(process.env))"), env: { B: "2" } });
    delete process.env["LLMSPELL_TEST_SECRET"];
    expect(JSON.parse(String(stdout))).toEqual({ PATH: "/usr/bin:/bin", A: "1", B: "2" });
    for (const env of [{ LD_PRELOAD: "x" }, { PATH: "." }])
      await expect(call({ ...script("1"), env })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
  });

  it("TOOL-14: starts it below the working folder only", async () => {
    const call = start();
    mkdirSync(path.join(root, "below"));
    symlinkSync("/", path.join(root, "out"));
    const where = async (cwd: string): Promise<unknown> =>
      (await call({ ...script("console.log(process.cwd())"), cwd }))["stdout"];
    expect(await where("below")).toBe(`${path.join(root, "below")}\n`);
    for (const cwd of ["..", "/", "out", "below/../../x"])
      await expect(where(cwd)).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    await expect(where("none")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("TOOL-14: a timeout kills it and all that it started", async () => {
    const call = start({ timeoutMs: 60_000 });
    const source = `
      const { spawn } = require("node:child_process");
      const child = spawn("sleep", ["600"], { stdio: "inherit" });
      require("node:fs").writeFileSync("pids", String(child.pid));
      process.on("SIGTERM", () => {});
      setInterval(() => {}, 1000);`;
    const controller = new AbortController();
    const run = call({ ...script(source) }, { signal: controller.signal });
    run.catch(() => {});
    await expect.poll(() => existsSync(path.join(root, "pids")) && pidIn("pids") > 0, { timeout: 20_000 }).toBe(true);
    expect(isAlive(pidIn("pids"))).toBe(true);
    controller.abort();
    await expect(run).rejects.toMatchObject({ code: "CANCELLED" });
    await expect.poll(() => isAlive(pidIn("pids")), { timeout: 20_000 }).toBe(false);
    await expect(call({ operation: "execute", command: "sleep", args: ["600"], timeoutMs: 20 })).rejects.toMatchObject({
      code: "TIMEOUT",
      message: "'sleep' did not finish within 20 ms",
    });
  });

  it("does not wait for what a program leaves behind", async () => {
    const call = start({ shell: true });
    const { stdout } = await call({ operation: "shell", script: "sleep 600 & echo $! > left; echo done" });
    expect(stdout).toBe("done\n");
    await expect.poll(() => isAlive(pidIn("left")), { timeout: 20_000 }).toBe(false);
    // This one leaves the group, and holds the pipe.
    await call({ operation: "shell", script: "setsid sleep 600 & echo $! > away" });
    try {
      process.kill(pidIn("away"), "SIGKILL");
    } catch {
      // It had no time to leave the group.
    }
  });

  it("TOOL-14: bounds its output", async () => {
    const call = start({ maxOutputBytes: 1000 });
    expect((await call(script("process.stdout.write('x'.repeat(1000))")))["stdout"]).toHaveLength(1000);
    for (const stream of ["stdout", "stderr"])
      await expect(
        call(script(`setInterval(() => process.${stream}.write("x".repeat(100)), 1)`)),
      ).rejects.toMatchObject({
        code: "TOO_LARGE",
        details: { stream },
      });
  });

  it("TOOL-14: runs a shell only where that was granted, and only listed programs", async () => {
    const call = start();
    await expect(call({ operation: "shell", script: "echo 1" })).rejects.toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await start({ shell: true })({ operation: "shell", script: "echo $((1+1)) | cat" })).toMatchObject({
      stdout: "2\n",
    });
    for (const [command, code] of [
      ["cat", "PERMISSION_DENIED"],
      ["/bin/cat", "PERMISSION_DENIED"],
      ["./here", "INVALID_ARGUMENT"],
    ])
      await expect(call({ operation: "execute", command })).rejects.toMatchObject({ code });
    const all = start({ commands: ["*"] });
    await expect(all({ operation: "execute", command: "no-such-program" })).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
    writeFileSync(path.join(root, "plain"), "x");
    await expect(all({ operation: "execute", command: path.join(root, "plain") })).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });
    await expect(all({ operation: "execute", command: "echo", args: ["a\0b"] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    await expect(all({ operation: "execute", command: "echo", args: ["x".repeat(3_000_000)] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    for (const args of [{ operation: "execute" }, { operation: "shell" }, { operation: "kill" }])
      await expect(all(args)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  it("TOOL-14: asks for the power by command", async () => {
    const asked: unknown[] = [];
    const authorize = (request: object): void => void asked.push(request);
    const call = start({ shell: true });
    await call(script("1"), { authorize });
    await call({ operation: "shell", script: "true" }, { authorize });
    expect(asked).toEqual([{ capability: "process", scope: node }, { capability: "process" }]);
    const { id } = await call({ ...script("1"), operation: "spawn" });
    for (const operation of ["status", "kill"]) await call({ operation, id, command: "true" }, { authorize });
    expect(asked.slice(2)).toEqual([
      { capability: "process", scope: node },
      { capability: "process", scope: node },
    ]);
  });

  it("TOOL-14: says which way a program cannot be started", async () => {
    const call = start({ commands: ["*"] });
    writeFileSync(path.join(root, "file"), "");
    for (const [args, code, message] of [
      [{ args: ["a\0b"] }, "INVALID_ARGUMENT", "characters that are not allowed"],
      [{ args: ["x".repeat(500_000)] }, "INVALID_ARGUMENT", "are too long"],
      [{ cwd: "file" }, "NOT_FOUND", "no such folder"],
      [{ command: root }, "PERMISSION_DENIED", "may not be run"],
      [{ command: "no-such-program" }, "NOT_FOUND", "there is no program 'no-such-program'"],
    ] as const)
      await expect(call({ operation: "execute", command: "echo", ...args })).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
  });

  it("TOOL-14: ends nothing in the place of a process that has ended", async () => {
    const call = start();
    const { id } = await call({ ...script(""), operation: "spawn" });
    await expect.poll(() => call({ operation: "status", id }), { timeout: 20_000 }).toMatchObject({ running: false });
    const kill = vi.spyOn(process, "kill");
    try {
      expect(await call({ operation: "kill", id })).toMatchObject({ running: false, code: 0 });
      expect(kill).not.toHaveBeenCalled();
    } finally {
      kill.mockRestore();
    }
  });

  it("TOOL-14: runs in the background until it ends, is killed, or the tool is closed", async () => {
    const call = start({ maxBackground: 2 });
    const spawn = { ...script("console.log('up'); setInterval(() => {}, 1000)"), operation: "spawn" };
    const { id, pid } = await call(spawn);
    await expect
      .poll(async () => (await call({ operation: "status", id }))["stdout"], { timeout: 20_000 })
      .toBe("up\n");
    const second = await call({ ...script("process.exit(4)"), operation: "spawn" });
    await expect
      .poll(() => call({ operation: "status", id: second["id"] }), { timeout: 20_000 })
      .toMatchObject({ running: false, code: 4, signal: null });
    const third = await call(spawn);
    await expect(call(spawn)).rejects.toMatchObject({ code: "INVALID_STATE" });
    expect(await call({ operation: "kill", id })).toMatchObject({ running: false, signal: "SIGKILL", stdout: "up\n" });
    expect(isAlive(Number(pid))).toBe(false);
    await expect(call({ operation: "status", id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    for (const end of close) end();
    await expect.poll(() => isAlive(Number(third["pid"])), { timeout: 20_000 }).toBe(false);
  });
});
