import { describe, expect, it } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { SpellError } from "@llmspell/errors";
import { asked, both, cast, failureOf, valueOf } from "../../../../../test/support/spell.js";

describe("llm.generate, chat and quick_prompt", () => {
  it("pass the settings on to the model", async () => {
    const { model, models } = scriptedModels("ok");
    await valueOf(
      "llm.generate('hi', { system_prompt = 'Be brief', temperature = 0.5, max_tokens = 7, stop = { 'END' } })",
      { models },
    );
    expect(model.requests[0]).toMatchObject({ temperature: 0.5, maxOutputTokens: 7, stopSequences: ["END"] });
    expect(asked(model, 0)).toEqual(["system: Be brief", "user: hi"]);
  });

  it("take a text, messages, or a table with options", async () => {
    const { model, models } = scriptedModels("a", "b", "c", "d");
    const source = `local list = { { role = "system", content = "S" }, { role = "user", content = "U" } }
      return { llm.chat("text").content, llm.chat(list).content, llm.chat({ messages = list, temperature = 1 }).content,
        provider.chat({ prompt = "P", system = "T" }).content }`;
    expect(await valueOf(source, { models })).toEqual(["a", "b", "c", "d"]);
    expect([0, 1, 2, 3].map((call) => asked(model, call))).toEqual([
      ["user: text"],
      ["system: S", "user: U"],
      ["system: S", "user: U"],
      ["system: T", "user: P"],
    ]);
  });

  it("give usage and the reason for the end", async () => {
    const { models } = scriptedModels({
      text: "four",
      usage: { inputTokens: 3, outputTokens: 2 },
      finishReason: "length",
    });
    expect(await valueOf("return llm.generate('x')", { models })).toMatchObject({
      content: "four",
      role: "assistant",
      model: "one",
      provider: "script",
      finish_reason: "length",
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
  });

  it("give data for a schema", async () => {
    const { models } = scriptedModels('{"n": 5}');
    const schema = '{ type = "object", properties = { n = { type = "integer" } }, required = { "n" } }';
    expect(await valueOf(`return llm.generate("x", { schema = ${schema} }).data.n`, { models })).toBe(5);
  });

  it.each([
    ["llm.generate()", "llm.generate: prompt must be"],
    ["llm.generate({})", "a completion needs a 'prompt' or 'messages'"],
    ["llm.generate('x', { temprature = 1 })", "llm.generate: opts.temprature is not known here"],
    [
      "llm.chat({ { role = 'robot', content = 'x' } })",
      "llm.chat: messages[1].role must be one of system, user, assistant, tool",
    ],
    ["llm.chat({ { role = 'user' } })", "llm.chat: messages[1].content must be text, not nothing"],
    ["llm.generate('x', { max_tokens = 0 })", "llm.generate: opts.max_tokens must be at least 1, not 0"],
    ["llm.quick_prompt('x', { timeout = 'soon' })", "llm.quick_prompt: opts.timeout must be milliseconds"],
  ])("%s says what is wrong", async (source, message) => {
    expect(await failureOf(source)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  it("end with TIMEOUT after the time allowed", async () => {
    const { models } = scriptedModels(() => new Promise<never>(() => {}));
    expect(await failureOf("llm.generate('x', { timeout = 20 })", { models })).toMatchObject({ code: "TIMEOUT" });
  });

  it("raise an error with code and message, which pcall gives to the spell", async () => {
    const { models } = scriptedModels({ error: new Error("the model is down") });
    const source =
      "local ok, e = pcall(llm.generate, 'x') return { ok, e.code, e.category, e.message, tostring(e) == e.message }";
    expect(await valueOf(source, { models })).toEqual([
      false,
      "PROVIDER_SERVER",
      "provider",
      "'script' failed: the model is down",
      true,
    ]);
  });
});

describe("a response", () => {
  it("behaves as its text", async () => {
    const { models } = scriptedModels("Paris is rainy");
    const source = `local r = llm.generate("x")
      return { tostring(r), "It says: " .. r, r .. "!", #r, r:upper(), (r:find("rainy")), r:sub(1, 5), r.content, r.nothing == nil }`;
    expect(await valueOf(source, { models })).toEqual([
      "Paris is rainy",
      "It says: Paris is rainy",
      "Paris is rainy!",
      14,
      "PARIS IS RAINY",
      10,
      "Paris",
      "Paris is rainy",
      true,
    ]);
  });

  it("is told from text by its type and can be passed on as input", async () => {
    const { model, models } = scriptedModels("one", "two");
    expect(await valueOf("local r = llm.generate('x') llm.generate('again: ' .. r) return type(r)", { models })).toBe(
      "table",
    );
    expect(asked(model, 1)).toEqual(["user: again: one"]);
  });
});

describe("streaming", () => {
  const WORDS = "one two three four five six";

  it("passes the pieces in order, also when the callback waits", async () => {
    for (const wait of ["", "sleep(1)"]) {
      const { models } = scriptedModels(WORDS);
      const { result, printed } = await cast(
        `local r = llm.stream("x", function(chunk) ${wait} print(chunk) end) return r.content`,
        { models },
      );
      expect(result).toMatchObject({ ok: true, value: WORDS });
      expect(printed.replaceAll("\n", "")).toBe(WORDS);
      expect(printed.split("\n").length).toBeGreaterThan(3);
    }
  });

  it.each(["one", "three", "six"])("ends when the callback returns false at '%s', whenever that is", async (word) => {
    const value = await both(
      `local heard = "" local r = llm.stream("x", function(chunk) heard = heard .. chunk return not chunk:find("${word}") end)
      return { r.content == heard, heard, r.finish_reason, r.role }`,
      `let heard = ""; const r = await llm.stream("x", (chunk) => { heard += chunk; return !chunk.includes("${word}") });
      return [r.content === heard, heard, r.finish_reason, r.role];`,
      () => ({ models: scriptedModels(WORDS).models }),
    );
    const until = WORDS.slice(0, WORDS.indexOf(word) + word.length);
    expect(value).toEqual([true, expect.stringMatching(new RegExp(`^${until} ?$`)), "other", "assistant"]);
  });

  it("ends with the error of the callback", async () => {
    const { models } = scriptedModels(WORDS);
    expect(await failureOf("llm.stream('x', function() error('no more') end)", { models })).toMatchObject({
      code: "SCRIPT_ERROR",
      message: "no more",
    });
  });
});

describe("llm.chat_session", () => {
  it("remembers, adds, clears and exports", async () => {
    const { model, models } = scriptedModels("A", "B", "C");
    const source = `local s = llm.chat_session("Be brief")
      s:send("one") s:add({ role = "user", content = "noted" }) s:send("two")
      local n = #s:history()
      s:clear() s:send("three")
      return { n = n, history = s:history(), same = #s:export() }`;
    expect(await valueOf(source, { models })).toEqual({
      n: 6,
      history: [
        { role: "system", content: "Be brief" },
        { role: "user", content: "three" },
        { role: "assistant", content: "C" },
      ],
      same: 3,
    });
    expect(asked(model, 1)).toEqual(["system: Be brief", "user: one", "assistant: A", "user: noted", "user: two"]);
  });

  it("streams", async () => {
    const { models } = scriptedModels("one two three");
    const { result, printed } = await cast(
      "local s = llm.chat_session() local r = s:stream('x', print) return { r.content, #s:history() }",
      { models },
    );
    expect(result).toMatchObject({ ok: true, value: ["one two three", 2] });
    expect(printed).toBe("one \ntwo \nthree\n");
  });

  it("keeps in its history what the callback has had when that returns false", async () => {
    const value = await both(
      `local s, n = llm.chat_session(), 0
      local r = s:stream("x", function() n = n + 1 return n < 2 end)
      return { r.content, r.finish_reason, s:history()[2].content, s:send("y").content, #s:history() }`,
      `const s = llm.chatSession(); let n = 0;
      const r = await s.stream("x", () => ++n < 2);
      return [r.content, r.finish_reason, s.history()[1].content, (await s.send("y")).content, s.history().length];`,
      () => ({ models: scriptedModels("one two three", "next").models }),
    );
    expect(value).toEqual(["one two ", "other", "one two ", "next", 4]);
  });

  it("refuses wrong settings at once", async () => {
    expect(await failureOf("llm.chat_session({ temperature = 9 })", { models: scriptedModels().models })).toMatchObject(
      {
        code: "INVALID_ARGUMENT",
        message: "'temperature' of an agent must be a number from 0 to 2",
      },
    );
  });

  it("keeps the history as it was when an answer fails", async () => {
    const { models } = scriptedModels({ error: new Error("down") }, "ok");
    expect(
      await valueOf("local s = llm.chat_session() pcall(s.send, s, 'lost') s:send('kept') return #s:history()", {
        models,
      }),
    ).toBe(2);
  });

  it("refuses two answers at a time", async () => {
    const { models } = scriptedModels("a", "b");
    const source = `local s = llm.chat_session()
      local first, second = s:send_async("x"), s:send_async("y")
      await(first)
      local ok, e = pcall(await, second) return { ok, e.code }`;
    expect(await valueOf(source, { models })).toEqual([false, "INVALID_STATE"]);
  });
});

describe("llm.batch_process", () => {
  it("keeps the order whatever comes first, and tells of failures in their place", async () => {
    const { models } = scriptedModels(
      async () => await new Promise<string>((resolve) => setTimeout(() => resolve("slow"), 30)),
      { error: new Error("down") },
      "quick",
    );
    const source = `local r = llm.batch_process({ "a", "b", "c" })
      return { r[1].value.content, r[2].ok, r[2].error.code, r[2].error.message, r[3].value.content, r[1].ok }`;
    expect(await valueOf(source, { models })).toEqual([
      "slow",
      false,
      "PROVIDER_SERVER",
      "'script' failed: down",
      "quick",
      true,
    ]);
  });

  it("asks no more than `concurrency` at a time", async () => {
    let [now, most] = [0, 0];
    const answer = async (): Promise<string> => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 5));
      now--;
      return "x";
    };
    const { models } = scriptedModels(...Array.from({ length: 6 }, () => answer));
    expect(
      await valueOf("return #llm.batch_process({ 'a', 'b', 'c', 'd', 'e', 'f' }, { concurrency = 2 })", { models }),
    ).toBe(6);
    expect(most).toBe(2);
  });

  it("gives an empty list for none", async () => {
    expect(await valueOf("return llm.batch_process({})")).toEqual([]);
  });
});

describe("llm.stream without a callback", () => {
  const WORDS = "one two three four five six";
  const models = () => ({ models: scriptedModels(WORDS).models });

  it("is looped over, and has the whole response in the end", async () => {
    const value = await both(
      `local s, heard, n = llm.stream("x"), "", 0
      for piece in s do heard, n = heard .. piece, n + 1 end
      return { heard, n > 3, s:response().content, s:next() == nil }`,
      `const s = await llm.stream("x"); let heard = "", n = 0;
      for await (const piece of s) { heard += piece; n++ }
      return [heard, n > 3, (await s.response()).content, await s.next() == null];`,
      models,
    );
    expect(value).toEqual([WORDS, true, WORDS, true]);
  });

  it.each([
    ["while it is answered", 0],
    ["when the whole answer is there already", 5],
  ])("ends where it is left, with what was fetched: %s", async (_, wait) => {
    const value = await both(
      `local s, heard = llm.stream("x", { temperature = 0 }), ""
      do
        local closing <close> = s
        sleep(${wait})
        for piece in s do heard = heard .. piece if heard:find("three") then break end end
      end
      return { s:response().content == heard, heard:find("three") ~= nil, heard:find("six") == nil, s:next() == nil }`,
      `const s = await llm.stream("x", { temperature: 0 }); let heard = ""; await sleep(${wait});
      for await (const piece of s) { heard += piece; if (heard.includes("three")) break }
      return [(await s.response()).content === heard, heard.includes("three"), !heard.includes("six"), await s.next() == null];`,
      models,
    );
    expect(value).toEqual([true, true, true, true]);
  });

  it("fails where it is fetched, is refused where it is made, and ends with the run", async () => {
    const fail = (): never => {
      throw new SpellError("PROVIDER_AUTH", "no luck");
    };
    const failing = () => ({ models: scriptedModels(fail).models });
    expect(
      await both(
        'local s = llm.stream("x") local ok, e = pcall(function() for _ in s do end end) return { ok, e.code }',
        'const s = await llm.stream("x"); try { for await (const _ of s); } catch (e) { return [false, e.code] }',
        failing,
      ),
    ).toEqual([false, "PROVIDER_AUTH"]);
    expect(await failureOf('llm.stream("x", nil, { model = "other:x" })', models())).toMatchObject({
      code: expect.stringMatching("PERMISSION_DENIED|NOT_FOUND|INVALID_ARGUMENT") as string,
    });
    expect(await valueOf('llm.stream("x") return 1', models())).toBe(1);
  });
});
