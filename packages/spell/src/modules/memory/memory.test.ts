import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createModels } from "@llmspell/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { scriptedModels } from "@llmspell/core/testing";
import { both, failureOf, inJavaScript, valueOf } from "../../../../../test/support/spell.js";
import { parseGrant } from "../../door/capabilities.js";
import type { SpellRun } from "../../run/run.js";

const STORAGE = { grants: parseGrant("storage") };
const TALK = `local m = memory.create({ name = "talk" })
m:add_batch({ { role = "system", content = "Be kind" }, { role = "user", content = "My cat is Minka" }, { role = "assistant", content = "Nice" } })\n`;
const TALK_JS = `const m = memory.create({ name: "talk" });
m.addBatch([{ role: "system", content: "Be kind" }, { role: "user", content: "My cat is Minka" }, { role: "assistant", content: "Nice" }]);\n`;

describe("memories of conversations", () => {
  it("BR-8: are added to, read, searched, counted and cut", async () => {
    const value = await both(
      `${TALK}local out = { #m:get(), m:get({ limit = 1, offset = 1 })[1].content, m:get_last(1)[1].content, #m:get({ max_tokens = 20 }), m:get_by_role("user")[1].content, m:search("cat")[1].message.role,
        m:get_size(), m:get_token_count(), m:get_stats(), #memory.list() }
      m:add({ role = "user", content = "More" }) m:add({ role = "user", content = "More" })
      out[#out + 1] = m:optimize()
      out[#out + 1] = m:truncate(1)
      out[#out + 1] = m:truncate({ tokens = 1 })
      m:set_limit({ max_messages = 1 })
      m:add({ role = "user", content = "Last" })
      out[#out + 1] = m:get_last(9)
      m:clear()
      out[#out + 1] = #m:get()
      out[#out + 1] = { memory.destroy(m), (pcall(m.get, m)) }
      return out`,
      `${TALK_JS}const out = [m.get().length, m.get({ limit: 1, offset: 1 })[0].content, m.getLast(1)[0].content, m.get({ maxTokens: 20 }).length, m.getByRole("user")[0].content, m.search("cat")[0].message.role,
        m.getSize(), m.getTokenCount(), m.getStats(), memory.list().length];
      m.add({ role: "user", content: "More" }); m.add({ role: "user", content: "More" });
      out.push(m.optimize(), m.truncate(1), m.truncate({ tokens: 1 }));
      m.setLimit({ maxMessages: 1 });
      m.add({ role: "user", content: "Last" });
      out.push(m.getLast(9));
      m.clear();
      out.push(m.get().length);
      const gone = memory.destroy(m);
      let works = true; try { m.get(); } catch { works = false; }
      out.push([gone, works]);
      return out;`,
    );
    const tokens = 4 * 3 + 2 + 4 + 1;
    expect(value).toEqual([
      3,
      "My cat is Minka",
      "Nice",
      3,
      "My cat is Minka",
      "user",
      { messages: 3, tokens, bytes: 26 },
      tokens,
      {
        id: "talk",
        messages: 3,
        tokens,
        characters: 26,
        by_role: { system: 1, user: 1, assistant: 1 },
      },
      1,
      { freed: 4, messages: 1 },
      2,
      0,
      [
        { role: "system", content: "Be kind" },
        { role: "user", content: "Last" },
      ],
      1,
      [true, false],
    ]);
  });

  it("BR-8: are exported, imported, merged, forked, kept and restored", async () => {
    const value = await both(
      `${TALK}local other = m:fork()
      other:add({ role = "user", content = "Later" })
      local id = m:snapshot()
      local merged = m:merge(other)
      m:clear()
      local cleared = #m:get()
      m:restore(id)
      local copies = {}
      for i, format in ipairs({ "json", "text", "markdown" }) do
        local copy = memory.create()
        copies[i] = { copy:import(m:export(format), format), copy:get_last(1)[1].content }
      end
      return { #other:get(), #merged:get(), cleared, #m:get(), copies, m:export("text"), memory.create():import(m:export_as()) }`,
      `${TALK_JS}const other = m.fork();
      other.add({ role: "user", content: "Later" });
      const id = m.snapshot();
      const merged = m.merge(other);
      m.clear();
      const cleared = m.get().length;
      m.restore(id);
      const copies = ["json", "text", "markdown"].map((format) => {
        const copy = memory.create();
        return [copy.import(m.export(format), format), copy.getLast(1)[0].content];
      });
      return [other.get().length, merged.get().length, cleared, m.get().length, copies, m.export("text"), memory.create().importFrom(m.exportAs())];`,
    );
    expect(value).toEqual([
      4,
      4,
      1,
      3,
      [
        [3, "Nice"],
        [3, "Nice"],
        [3, "Nice"],
      ],
      "system: Be kind\nuser: My cat is Minka\nassistant: Nice\n",
      3,
    ]);
  });

  it("BR-8: that of the run is used where none is given; a model summarizes", async () => {
    const value = await both(
      `memory.add({ role = "user", content = "One" })
      memory.add_batch({ { role = "assistant", content = "Two" }, { role = "user", content = "Three" } })
      local some = #memory.get({ limit = 2 }) .. memory.export("text")
      local first = memory.summarize({ keep = 1 })
      local before = #memory.get()
      local second = memory.summarize({ keep = 1, replace = true })
      return { first, before, second, memory.get()[1].content, memory.get_last(1)[1].content, memory.summarize() == nil, memory.search("three")[1].message.content, memory.get_stats().id }`,
      `memory.add({ role: "user", content: "One" });
      memory.addBatch([{ role: "assistant", content: "Two" }, { role: "user", content: "Three" }]);
      const first = await memory.summarize({ keep: 1 });
      const before = memory.get().length;
      const second = await memory.summarize({ keep: 1, replace: true });
      return [first, before, second, memory.get()[0].content, memory.getLast(1)[0].content, (await memory.summarize()) == null, memory.search("three")[0].message.content, memory.getStats().id];`,
      () => ({ models: scriptedModels("sum one", "sum two").models }),
    );
    expect(value).toEqual([
      "sum one",
      3,
      "sum two",
      "Summary of the conversation so far:\nsum two",
      "Three",
      true,
      "Three",
      "default",
    ]);
  });

  it("leave nothing when a spell drops them, and keep no more than so much", async () => {
    const source = `for i = 1, 10000 do memory.create():fork() end
      collectgarbage() collectgarbage()
      for i = 1, 1100 do memory.add({ role = "user", content = "x" }) end
      return { #memory.list() < 10, memory.get_stats().messages }`;
    expect(await valueOf(source, { limits: { hostCalls: 100_000 } })).toEqual([true, 1000]);
    const snapshots = `for i = 1, 101 do memory.snapshot() end`;
    expect(await failureOf(snapshots)).toMatchObject({ code: "BUDGET_EXCEEDED" });
  });
});

describe("working values", () => {
  it("BR-8: belong to everybody, an agent or a session, and end after their time", async () => {
    const value = await both(
      `memory.store("n", 1)
      memory.store("n", 2, { scope = "agent", id = "a" })
      memory.store("n", { 3 }, { scope = "session" })
      memory.store("short", 1, { ttl = 1 })
      memory.store("note-1", 1) memory.store("note-2", 1)
      sleep(5)
      return { memory.retrieve("n"), memory.retrieve("n", { scope = "agent", id = "a" }), memory.retrieve("n", { scope = "session" })[1], memory.retrieve("n", { scope = "session", id = "other" }) == nil,
        memory.retrieve("short") == nil, memory.list_keys(), memory.list_keys("note-*"), memory.list_keys("n"), memory.delete("n"), memory.delete("n"), memory.delete("n", { scope = "agent", id = "a" }) }`,
      `memory.store("n", 1);
      memory.store("n", 2, { scope: "agent", id: "a" });
      memory.store("n", [3], { scope: "session" });
      memory.store("short", 1, { ttl: 1 });
      memory.store("note-1", 1); memory.store("note-2", 1);
      await sleep(5);
      return [memory.retrieve("n"), memory.retrieve("n", { scope: "agent", id: "a" }), memory.retrieve("n", { scope: "session" })[0], memory.retrieve("n", { scope: "session", id: "other" }) == null,
        memory.retrieve("short") == null, memory.listKeys(), memory.listKeys("note-*"), memory.listKeys("n"), memory.delete("n"), memory.delete("n"), memory.delete("n", { scope: "agent", id: "a" })];`,
    );
    expect(value).toEqual([
      1,
      2,
      3,
      true,
      true,
      ["n", "note-1", "note-2"],
      ["note-1", "note-2"],
      ["n"],
      true,
      false,
      true,
    ]);
  });
});

describe("what outlives the run", () => {
  async function options(): Promise<Partial<SpellRun>> {
    const folder = await mkdtemp(join(tmpdir(), "llmspell-memory-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    return { ...STORAGE, storage: join(folder, "store.db") };
  }

  it("BR-8: memories and values, past hooks", async () => {
    const shared = await options();
    await valueOf(
      `${TALK}memory.add({ role = "user", content = "Own" }) memory.store("n", 7)
      hooks.before("memory.save", function(ctx) if ctx.about.key:find("talk") then ctx.data[3].message.content = "Changed" return ctx end end)
      memory.persist("all")`,
      shared,
    );
    const value = await both(
      `memory.load("all") return { memory.get()[1].content, memory.retrieve("n"), memory.get_last("talk", 1)[1].content, #memory.list() }`,
      `await memory.load("all"); return [memory.get()[0].content, memory.retrieve("n"), memory.getLast("talk", 1)[0].content, memory.list().length];`,
      () => shared,
    );
    expect(value).toEqual(["Own", 7, "Changed", 1]);
  });

  it("BR-8: texts and vectors, found by what is near", async () => {
    const shared = await options();
    const value = await both(
      `memory.vector_store("cats", "cats and dogs", { kind = "pet", n = 1 })
      memory.vector_store("tax", "the tax of the year", { kind = "money", n = 2 })
      local found = memory.vector_search("a cat and a dog")
      local out = { found[1].id, found[1].text, found[1].metadata.kind, found[1].score > found[2].score, memory.vector_search("cats", 1, { kind = "money" })[1].id }
      local vector = memory.embed("cats and dogs")
      out[6] = memory.vector_search(vector, 1)[1].score > 0.999
      out[7] = { #vector, #memory.embed({ "a", "b" })[2] }
      out[8] = { memory.vector_delete("cats"), memory.vector_delete("cats"), memory.vector_delete("tax") }
      memory.vector_store("own", { 1, 0, 0 })
      out[9] = memory.vector_search({ 2, 0, 0 })[1].score
      memory.vector_delete("own")
      return out`,
      `await memory.vectorStore("cats", "cats and dogs", { kind: "pet", n: 1 });
      await memory.vectorStore("tax", "the tax of the year", { kind: "money", n: 2 });
      const found = await memory.vectorSearch("a cat and a dog");
      const out = [found[0].id, found[0].text, found[0].metadata.kind, found[0].score > found[1].score, (await memory.vectorSearch("cats", 1, { kind: "money" }))[0].id];
      const vector = await memory.embed("cats and dogs");
      out.push((await memory.vectorSearch(vector, 1))[0].score > 0.999);
      out.push([vector.length, (await memory.embed(["a", "b"]))[1].length]);
      out.push([await memory.vectorDelete("cats"), await memory.vectorDelete("cats"), await memory.vectorDelete("tax")]);
      await memory.vectorStore("own", [1, 0, 0]);
      out.push((await memory.vectorSearch([2, 0, 0]))[0].score);
      await memory.vectorDelete("own");
      return out;`,
      () => shared,
    );
    expect(value).toEqual(["cats", "cats and dogs", "pet", true, "tax", true, [512, 512], [true, false, true], 1]);
  });

  it.each([
    [`memory.persist("k")`, "storage=k"],
    [`memory.load("k")`, "storage=k"],
    [`memory.vector_store("a", "x")`, "storage=vectors"],
    [`memory.vector_search("x")`, "storage=vectors"],
    [`memory.vector_delete("a")`, "storage=vectors"],
  ])("needs the power to: %s", async (call, grant) => {
    for (const [source, more] of [
      [call, {}],
      [`await ${call}`, inJavaScript()],
    ] as const) {
      expect(await failureOf(source, more)).toMatchObject({ code: "PERMISSION_DENIED" });
      expect(await failureOf(source, { ...more, grants: parseGrant("storage=other") })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { grant: `--allow ${grant}` },
      });
    }
  });

  it("asks no embedding model of a provider without a grant", async () => {
    const models = createModels({
      config: { default: "mine:big", providers: { mine: { baseURL: "http://127.0.0.1:9/v1", embeddingModel: "vec" } } },
    });
    expect(await failureOf(`memory.embed("x")`, { models })).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { grant: "--allow model=mine:vec" },
    });
  });
});

const FAILURES: [call: string, code: string][] = [
  [`memory.create({ max_messages = 0 })`, "INVALID_ARGUMENT"],
  [`memory.destroy("none")`, "NOT_FOUND"],
  [`memory.list(1)`, "INVALID_ARGUMENT"],
  [`memory.add({ role = "nobody", content = "x" })`, "INVALID_ARGUMENT"],
  [`memory.add_batch("x")`, "INVALID_ARGUMENT"],
  [`memory.get({ limit = -1 })`, "INVALID_ARGUMENT"],
  [`memory.get_last("none", 1)`, "NOT_FOUND"],
  [`memory.get_by_role("nobody")`, "INVALID_ARGUMENT"],
  [`memory.search(5)`, "INVALID_ARGUMENT"],
  [`memory.clear("none")`, "NOT_FOUND"],
  [`memory.truncate(0)`, "INVALID_ARGUMENT"],
  [`memory.get_size("none")`, "NOT_FOUND"],
  [`memory.get_token_count("none")`, "NOT_FOUND"],
  [`memory.get_stats("none")`, "NOT_FOUND"],
  [`memory.set_limit({ max_tokens = 0 })`, "INVALID_ARGUMENT"],
  [`memory.optimize("none")`, "NOT_FOUND"],
  [`memory.summarize({ model = "none:x" })`, "PROVIDER_AUTH"],
  [`memory.export("xml")`, "NOT_FOUND"],
  [`memory.import("no json")`, "VALIDATION_FAILED"],
  [`memory.merge("none", "none")`, "NOT_FOUND"],
  [`memory.fork("none")`, "NOT_FOUND"],
  [`memory.snapshot("none")`, "NOT_FOUND"],
  [`memory.restore("none")`, "NOT_FOUND"],
  [`memory.store("k", print)`, "INVALID_ARGUMENT"],
  [`memory.store("k", 1, { scope = "agent" })`, "INVALID_ARGUMENT"],
  [`memory.retrieve("k", { scope = "all" })`, "INVALID_ARGUMENT"],
  [`memory.delete()`, "INVALID_ARGUMENT"],
  [`memory.list_keys(5)`, "INVALID_ARGUMENT"],
  [`memory.persist()`, "INVALID_ARGUMENT"],
  [`memory.load("none")`, "NOT_FOUND"],
  [`memory.embed("")`, "INVALID_ARGUMENT"],
  [`memory.vector_store("", "x")`, "INVALID_ARGUMENT"],
  [`memory.vector_search("x", 0)`, "INVALID_ARGUMENT"],
  [`memory.vector_delete()`, "INVALID_ARGUMENT"],
];

/** The same call in JavaScript. */
const inJs = (lua: string): string => `await ${lua}`.replaceAll(/(\w+) = /g, "$1: ").replaceAll("print", "() => {}");

describe("what cannot be done with memories", () => {
  it.each(FAILURES)("%s is %s", async (call, code) => {
    expect(await failureOf(call, STORAGE)).toMatchObject({ code });
    expect(await failureOf(inJs(call), inJavaScript(STORAGE))).toMatchObject({ code });
  });
});
