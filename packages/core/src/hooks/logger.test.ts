import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { SpellError } from "@llmspell/errors";
import { afterAll, describe, expect, it } from "vitest";
import { createAgent } from "../agent/agent.js";
import { openLineFile } from "../line-file.js";
import { scriptedModels } from "../testing/scripted-models.js";
import { logHooks } from "./log-hooks.js";
import { createLogger, type LoggerOptions } from "./logger.js";

const folder = mkdtempSync(path.join(tmpdir(), "logs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function collect(options: LoggerOptions = {}) {
  const lines: string[] = [];
  return {
    lines,
    logger: createLogger({ write: (line) => void lines.push(line), clock: { now: () => 0 }, ...options }),
  };
}

describe("a logger", () => {
  it("HOOK-12: has levels and writes a JSON object a line", () => {
    const { lines, logger } = collect({ level: "warn" });
    for (const level of ["debug", "info", "warn", "error"] as const) logger.log(level, level, { n: 1 });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { time: "1970-01-01T00:00:00.000Z", level: "warn", message: "warn", n: 1 },
      { time: "1970-01-01T00:00:00.000Z", level: "error", message: "error", n: 1 },
    ]);
    expect(() => createLogger({ level: "loud" as never })).toThrow("'level' must be one of debug, info, warn, error");
  });

  it("HOOK-12: writes text for people, one line whatever is in it", () => {
    const { lines, logger } = collect({ format: "text" });
    logger.child({ run: "r1" }).log("info", "two\nlines\u001b[31m", { "a\nb": "c\nd", n: 2 });
    expect(lines).toEqual(['1970-01-01T00:00:00.000Z INFO  two lines [31m run="r1" a b="c\\nd" n=2']);
  });

  it("HOOK-12: cuts what is long, wide or deep, and takes any value", () => {
    const { lines, logger } = collect({ maxLength: 5 });
    let deep: unknown = 1;
    for (let depth = 0; depth < 20; depth++) deep = [deep];
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    logger.log("info", "message", {
      text: "123456",
      deep,
      cycle,
      list: Array.from({ length: 500 }, () => 0),
      error: new TypeError("oops"),
      big: 12n,
      none: null,
      fn: () => 1,
      yes: true,
    });
    const line = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    expect(line).toMatchObject({
      message: "messa…",
      text: "12345…",
      error: { name: "TypeError", message: "oops" },
      big: "12",
      none: null,
      yes: true,
    });
    expect(line["list"]).toHaveLength(101);
    expect((lines[0] ?? "").length).toBeLessThan(1000);
  });

  it("HOOK-12: bounds a line however the values hang together, and knows those that JSON does not", () => {
    const { lines, logger } = collect();
    let wide: unknown = "x";
    for (let depth = 0; depth < 5; depth++) wide = Array.from({ length: 100 }, () => wide);
    logger.log("info", "m", { wide });
    expect((lines[0] ?? "").length).toBeLessThan(50_000);
    logger.log("info", "m", { date: new Date(0), noDate: new Date(Number.NaN), bytes: new Uint8Array(5_000_000) });
    logger.log("info", "m", { error: new SpellError("NOT_FOUND", "none") });
    expect(lines.slice(1).map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { date: "1970-01-01T00:00:00.000Z", noDate: null, bytes: "[5000000 bytes]" },
      { error: { name: "SpellError", code: "NOT_FOUND", message: "none" } },
    ]);
  });

  it("hides what is named like a secret", () => {
    const { lines, logger } = collect();
    const secret = "do-not-show";
    logger.log("info", "x", {
      apiKey: secret,
      api_key: secret,
      headers: { Authorization: secret, "set-cookie": secret },
      accessToken: secret,
      password: secret,
      totalTokens: 5,
      key: secret,
      monkey: "shown",
    });
    expect(lines[0]).not.toContain(secret);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ totalTokens: 5, monkey: "shown", apiKey: "[hidden]" });
  });

  it("HOOK-12: keeps N files of a size, every line whole and in order", async () => {
    const file = path.join(folder, "app.log");
    for (const start of [0, 500]) {
      const lines = await openLineFile(file, { maxBytes: 4000, maxFiles: 3 });
      const logger = createLogger({ write: lines.append });
      for (let n = start; n < start + 500; n++) {
        logger.log("info", "line", { n });
        if (n % 100 === 0) await lines.flush();
      }
      await lines.close();
    }
    expect(readdirSync(folder).toSorted()).toEqual(["app.log", "app.log.1", "app.log.2", "app.log.3"]);
    const texts = ["app.log.3", "app.log.2", "app.log.1", "app.log"].map((name) =>
      readFileSync(path.join(folder, name), "utf8"),
    );
    for (const text of texts) expect(text.length).toBeLessThanOrEqual(4000);
    const numbers = texts.flatMap((text) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { n: number }).n),
    );
    expect(numbers.length).toBeGreaterThan(100);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => 1000 - numbers.length + index));
  });

  it("keeps no old file when none is wanted", async () => {
    const file = path.join(folder, "small.log");
    const lines = await openLineFile(file, { maxBytes: 10, maxFiles: 0 });
    for (const line of ["first", "second", "third"]) lines.append(line);
    await lines.close();
    expect(readFileSync(file, "utf8")).toBe("third\n");
    expect(readdirSync(folder).filter((name) => name.startsWith("small"))).toEqual(["small.log"]);
  });

  it("HOOK-12: its hooks tell begin, end and failure of operations, contents only when wanted", async () => {
    const { lines, logger } = collect({ level: "debug" });
    const { models } = scriptedModels("the answer", { error: new Error("down") }, "the answer");
    const agent = createAgent({ name: "guide", hooks: logHooks(logger) }, { models });
    await agent.run("the question");
    await expect(agent.run("the question")).rejects.toThrow("down");
    const said = lines.map((line) => JSON.parse(line) as { level: string; message: string });
    expect(said.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "debug agent guide begins",
      "debug model scripted begins",
      "info model scripted ended",
      "info agent guide ended",
      "debug agent guide begins",
      "debug model scripted begins",
      "error model scripted failed",
      "error agent guide failed",
    ]);
    expect(said[2]).toMatchObject({ step: 1, durationMs: expect.any(Number), runId: expect.any(String) });
    expect(lines.join("\n")).not.toMatch(/the (question|answer)/);
    const full = collect({ level: "debug" });
    const hooks = logHooks(full.logger, { content: true, operations: ["model"] });
    await createAgent({ name: "a", hooks }, { models }).run("the question");
    expect(full.lines).toHaveLength(2);
    expect(full.lines[0]).toContain("the question");
    expect(full.lines[1]).toContain("the answer");
  });
});
