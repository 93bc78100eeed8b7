import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";
import { describe, expect, it } from "vitest";
import { executeTool } from "../execute.js";
import type { ToolContext } from "../tool.js";
import { createSystemTool } from "./system-tool.js";

const tool = createSystemTool({
  env: { LANG: "C", OPENAI_API_KEY: "sk-abcdefgh12345678", DB_URL: "postgres://u:pw@h/d", EMPTY: "", GONE: undefined },
});
const tell = (
  operation: string,
  more: object = {},
  context: Partial<ToolContext> = {},
): Promise<Record<string, unknown>> =>
  executeTool(tool, { operation, ...more }, { signal: new AbortController().signal, ...context }) as Promise<
    Record<string, unknown>
  >;

describe("system_info", () => {
  it.skipIf(process.platform !== "linux")("TOOL-11: agrees with /proc", async () => {
    const proc = (name: string): string => readFileSync(`/proc/${name}`, "utf8");
    const { total, available, process: own } = await tell("memory");
    expect(total).toBe(Number(/MemTotal:\s+(\d+)/.exec(proc("meminfo"))?.[1]) * 1024);
    expect(available).toBeGreaterThan(0);
    expect(own).toBeGreaterThan(1_000_000);
    expect((await tell("cpu"))["count"]).toBe(proc("cpuinfo").match(/^processor\s*:/gm)?.length);
    const before = Number(proc("uptime").split(" ")[0]);
    expect((await tell("uptime"))["system"]).toBeGreaterThanOrEqual(Math.floor(before));
    expect((await tell("load"))["average"]).toHaveLength(3);
    expect(await tell("os")).toMatchObject({
      platform: "linux",
      release: proc("sys/kernel/osrelease").trim(),
      hostname: proc("sys/kernel/hostname").trim(),
    });
    const { interfaces } = (await tell("network")) as { interfaces: { name: string }[] };
    for (const { name } of interfaces) expect(proc("net/dev")).toContain(`${name}:`);
    expect(interfaces.some(({ name }) => name === "lo")).toBe(Object.hasOwn(os.networkInterfaces(), "lo"));
    const { total: bytes } = await tell("disk");
    const told = execFileSync("df", ["-B1", "--output=size", "/"], { encoding: "utf8" }).split("\n")[1];
    expect(bytes).toBe(Number(told));
  });

  it.skipIf(process.platform !== "linux")("TOOL-11: lists processes without their arguments", async () => {
    const { processes } = (await tell("processes", { limit: 10_000 })) as { processes: Record<string, unknown>[] };
    const own = processes.find(({ pid }) => pid === process.pid);
    expect(own).toMatchObject({ parent: process.ppid, state: expect.stringMatching(/^[RSD]$/) });
    expect(Object.keys(own ?? {})).toEqual(["pid", "parent", "name", "state", "memory"]);
    expect((await tell("processes", { limit: 1 }))["processes"]).toHaveLength(1);
  });

  it("TOOL-11: tells names of variables, and values only by permission and never a secret", async () => {
    const asked: unknown[] = [];
    const authorize = (request: object): void => void asked.push(request);
    expect(await tell("environment", {}, { authorize })).toEqual({
      names: ["DB_URL", "EMPTY", "LANG", "OPENAI_API_KEY"],
    });
    expect(await tell("environment", { name: "LANG" }, { authorize })).toEqual({ name: "LANG", value: "C" });
    expect(asked).toEqual([
      { capability: "system", scope: "environment" },
      { capability: "env", scope: "LANG" },
    ]);
    for (const name of ["OPENAI_API_KEY", "DB_URL"])
      expect(await tell("environment", { name })).toEqual({ name, value: "[secret]" });
    for (const name of ["GONE", "toString", "NEVER"])
      expect(await tell("environment", { name })).toEqual({ name, value: null });
    expect(await tell("environment", { name: "EMPTY" })).toEqual({ name: "EMPTY", value: "" });
  });
});
