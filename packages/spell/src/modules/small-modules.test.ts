import { createModels } from "@llmspell/core";
import { describe, expect, it } from "vitest";
import { cast, failureOf, valueOf } from "../../../../test/support/spell.js";

describe("log", () => {
  it("writes each level, with text for anything that is none", async () => {
    const lines: unknown[] = [];
    const source = `log.debug("d") log.info("i", { n = 1 }) log.warn({ a = { 1 } }) log.error(math.maxinteger) log.log("warn", print) logging.info("\\xff")
      log.info({ big = math.mininteger, f = print, h = agent.create({}) })`;
    const { result } = await cast(source, { onLog: (...line) => lines.push(line) });
    expect(result).toMatchObject({ ok: true });
    expect(lines).toEqual([
      ["debug", "d", undefined],
      ["info", "i", { n: 1 }],
      ["warn", '{"a":[1]}', undefined],
      ["error", '"9223372036854775807"', undefined],
      ["warn", '"a function"', undefined],
      ["info", '"bytes"', undefined],
      ["info", expect.stringContaining('"big":"-9223372036854775808"'), undefined],
    ]);
    expect(JSON.stringify(lines)).toContain("an Agent");
  });

  it("knows four levels", async () => {
    expect(await failureOf("log.log('loud', 'x')")).toMatchObject({
      message: "log.log: level must be one of debug, info, warn, error",
    });
  });
});

describe("promise", () => {
  it("waits in direct style and as promises", async () => {
    const source = `local order = {}
      local p = spawn(function(n) sleep("20ms") order[#order + 1] = "task" return n end, 7)
      sleep(1) order[#order + 1] = "main"
      local value = await(p)
      local later = promise.sleep_async(1)
      return { value, order[1], order[2], promise.status(p), promise.status(later), await(later) == nil, promise.status(later) }`;
    expect(await valueOf(source)).toEqual([7, "main", "task", "fulfilled", "pending", true, "fulfilled"]);
  });

  it("waits for all, for the first, for so long, and no longer", async () => {
    const source = `local function after(ms, v) return spawn(function() sleep(ms) return v end) end
      local list = await(all({ after(5, "a"), after(1, "b"), "c" }))
      local slow = promise.sleep_async("1h")
      local first = await(race({ slow, after(1, "quick") }))
      local timely, late = pcall(await, slow, 5)
      local cancelled = promise.cancel(slow)
      local ok, e = pcall(await, slow)
      return { table.concat(list), first, timely, late.code, cancelled, promise.status(slow), ok, e.code }`;
    expect(await valueOf(source)).toEqual(["abc", "quick", false, "TIMEOUT", true, "cancelled", false, "CANCELLED"]);
  });

  it.each([
    ["sleep(-1)", "sleep: duration must be milliseconds or a duration"],
    ["sleep('long')", "sleep: duration must be milliseconds or a duration"],
    ["sleep('9999h')", "sleep: duration must be less than 25 days"],
  ])("%s is refused", async (source, message) => {
    expect(await failureOf(source)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });
});

describe("provider", () => {
  it("shows what there is, and never a key, an address or a header", async () => {
    const models = createModels({
      config: {
        default: "mine:big",
        providers: {
          mine: {
            baseURL: "http://127.0.0.1:9/v1",
            apiKey: "sk-very-secret",
            headers: { "x-token": "tok-secret" },
            defaultModel: "big",
          },
        },
      },
      env: { OPENAI_API_KEY: "sk-from-env" },
    });
    const { result } = await cast(
      "return { provider.get_default(), provider.list(), provider.get('mine'), provider.get('openai') }",
      { models },
    );
    expect(result).toMatchObject({
      ok: true,
      value: [
        "mine",
        expect.anything(),
        { name: "mine", configured: true, default_model: "big", type: "openai-compatible" },
        { configured: true },
      ],
    });
    const shown = JSON.stringify(result);
    for (const secret of ["secret", "sk-", "127.0.0.1", "x-token"]) expect(shown).not.toContain(secret);
  });

  it("says so when there is no such provider", async () => {
    expect(await failureOf("provider.get('nope')")).toMatchObject({
      code: "NOT_FOUND",
      message: "there is no provider named 'nope'",
    });
    expect(await failureOf("provider.get_usage('nope')")).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("spell", () => {
  it("gives parameters with defaults and types", async () => {
    const source =
      "return { spell.params('n', 1, 'integer'), spell.params('missing', 'fallback'), spell.params('missing') == nil, spell.params('toString') == nil, spell.params('list', nil, 'list')[2] }";
    expect(await valueOf(source, { params: { n: "42", list: "a,b" } })).toEqual([42, "fallback", true, true, "b"]);
    expect(await failureOf("spell.params('n', 1, 'integer')", { params: { n: "x" } })).toMatchObject({
      code: "VALIDATION_FAILED",
      message: "parameter 'n' must be an integer, not 'x'",
    });
  });

  it("knows where it runs", async () => {
    const { result } = await cast("return spell.context()", { name: "named", params: { a: 1 } });
    expect(result).toMatchObject({
      ok: true,
      value: { spell: "named", file: "test.lua", run_id: result.runId, engine: "lua", args: { a: 1 } },
    });
  });

  it("refuses to output nothing", async () => {
    expect(await failureOf("spell.output(nil)")).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "spell.output: data must not be nil",
    });
  });
});
