import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { both, failureOf, inJavaScript, valueOf } from "../../../../../test/support/spell.js";
import { parseGrant } from "../../door/capabilities.js";

const STORAGE = { grants: parseGrant("storage") };

describe("values of a state", () => {
  it("BR-11, STD-14: are read, written and removed by paths, with a version for each write", async () => {
    const value = await both(
      `local s = state.create({ user = { names = { "Ada" } }, n = 1 }, { name = "main" })
      local first = s:set("user.age", 36)
      local second = s:update({ n = 2, ["user.names[1]"] = "Bea" })
      return { second - first, s:get("user.names[-1]"), s:get("none", "default"), s:get("none") == nil, s:has("user.age"), s:delete_key("user.age"), s:delete_key("user.age"),
        s:keys(), s:to_json(), state.get("main", "n") }`,
      `const s = state.create({ user: { names: ["Ada"] }, n: 1 }, { name: "main" });
      const first = s.set("user.age", 36);
      const second = s.update({ n: 2, "user.names[1]": "Bea" });
      return [second - first, s.get("user.names[-1]"), s.get("none", "default"), s.get("none") == null, s.has("user.age"), s.deleteKey("user.age"), s.deleteKey("user.age"),
        s.keys(), s.toJson(), state.get("main", "n")];`,
    );
    expect(value).toEqual([
      1,
      "Bea",
      "default",
      true,
      true,
      true,
      false,
      ["n", "user"],
      '{"n":2,"user":{"names":["Ada","Bea"]}}',
      2,
    ]);
  });

  it("BR-11: are watched by place and pattern, in order, until that ends", async () => {
    const value = await both(
      `local s, seen = state.create({ a = 1 }), {}
      local id = s:watch("user.name", function(new, old, key) seen[#seen + 1] = { new, old or "none", key } end)
      s:watch("a*", function(new, old, key) sleep(1) seen[#seen + 1] = { new, old or "none", key } end)
      s:update({ user = { name = "Ada" }, a = 2 })
      s:set("user.age", 1)
      s:set("a", 3)
      sleep(20)
      local ended = { state.unwatch(id), state.unwatch(id) }
      s:set("user.name", "Bea")
      sleep(5)
      return { seen, ended }`,
      `const s = state.create({ a: 1 }), seen = [];
      const id = s.watch("user.name", (now, old, key) => { seen.push([now, old ?? "none", key]); });
      s.watch("a*", async (now, old, key) => { await sleep(1); seen.push([now, old ?? "none", key]); });
      s.update({ user: { name: "Ada" }, a: 2 });
      s.set("user.age", 1);
      s.set("a", 3);
      await sleep(20);
      const ended = [state.unwatch(id), state.unwatch(id)];
      s.set("user.name", "Bea");
      await sleep(5);
      return [seen, ended];`,
    );
    expect(value).toEqual([
      [
        ["Ada", "none", "user"],
        [2, 1, "a"],
        [3, 2, "a"],
      ],
      [true, false],
    ]);
  });

  it("tell of a watcher that fails, and go on; it may change the state itself", async () => {
    for (const [source, options] of [
      [
        `local s = state.create() s:watch("n", function() error("broken") end) s:watch("n", function(n) if n < 3 then s:set("n", n + 1) end end) s:set("n", 1) sleep(20) return s:get("n")`,
        {},
      ],
      [
        `const s = state.create(); s.watch("n", () => { throw new Error("broken"); }); s.watch("n", (n) => { if (n < 3) s.set("n", n + 1); }); s.set("n", 1); await sleep(20); return s.get("n");`,
        inJavaScript(),
      ],
    ] as const) {
      const logged: string[] = [];
      expect(await valueOf(source, { ...options, onLog: (_, message) => logged.push(message) })).toBe(3);
      expect(logged).toHaveLength(3);
      expect(logged[0]).toContain("a watcher: broken");
    }
  });

  it("STD-14, STD-17: are merged by each strategy, and taken and restored as snapshots", async () => {
    const value = await both(
      `local a, b = state.create({ n = 1, list = { 1 }, deep = { x = 1 } }), state.create({ n = 2, list = { 2 }, deep = { y = 2 } })
      local out = {}
      for i, strategy in ipairs({ "last", "first", "deep", "concat" }) do out[i] = a:merge(b, strategy):to_json() end
      out[5] = state.merge(a, b, function(key, one, two) return key == "n" and one + two or "both" end):to_json()
      local kept = a:snapshot()
      a:update({ n = 9, more = true })
      local other = state.restore(kept)
      out[6] = { kept.values.n, #kept.checksum, kept.checksum == other:snapshot().checksum, kept.checksum ~= a:snapshot().checksum, kept.taken_at > 0, kept.version }
      out[7] = state.restore(kept, a):keys()
      out[8] = { a:get("n"), a:has("more"), other:get("n") }
      return out`,
      `const a = state.create({ n: 1, list: [1], deep: { x: 1 } }), b = state.create({ n: 2, list: [2], deep: { y: 2 } });
      const out = ["last", "first", "deep", "concat"].map((strategy) => a.merge(b, strategy).toJson());
      out.push(state.merge(a, b, (key, one, two) => (key === "n" ? one + two : "both")).toJson());
      const kept = a.snapshot();
      a.update({ n: 9, more: true });
      const other = state.restore(kept);
      out.push([kept.values.n, kept.checksum.length, kept.checksum === other.snapshot().checksum, kept.checksum !== a.snapshot().checksum, kept.takenAt > 0, kept.version]);
      out.push(state.restore(kept, a).keys());
      out.push([a.get("n"), a.has("more"), other.get("n")]);
      return out;`,
    );
    expect(value).toEqual([
      '{"deep":{"y":2},"list":[2],"n":2}',
      '{"deep":{"x":1},"list":[1],"n":1}',
      '{"deep":{"x":1,"y":2},"list":[2],"n":2}',
      '{"deep":{"x":1,"y":2},"list":[1,2],"n":2}',
      '{"deep":"both","list":"both","n":3}',
      [1, 64, true, true, true, 1],
      ["deep", "list", "n"],
      [1, false, 1],
    ]);
  });

  it("STD-16: are transformed, filtered and checked", async () => {
    const value = await both(
      `local s = state.create({ user = { name = "Ada" }, token = "secret", n = 1 })
      state.transforms_register("tenfold", function(values, opts) values.n = values.n * (opts.by or 10) return values end)
      local check = s:validate({ properties = { n = { type = "string" } } })
      local strict = state.with_schema(s, { properties = { n = { type = "number" } } })
      local ok, e = pcall(strict.set, strict, "n", "x")
      return { s:transform("flatten"):keys(), s:transform(function(v) return { n = v.n + 1 } end):to_json(), s:transform("sanitize"):has("token"),
        state.transforms_apply("tenfold", s, { by = 5 }):get("n"), state.transforms_chain({ "tenfold", "tenfold", "flatten" }, s):get("n"),
        state.transforms_apply("filter", s, { keys = { "n" } }):keys(), state.transforms_validate("tenfold"), state.transforms_validate("x"), state.transforms_get_available(),
        s:filter(function(key, value) return type(value) == "string" end):keys(), check.valid, check.errors[1].path, ok, e.code, strict:get("n"), strict:set("n", 2) > 0, s:get("n") }`,
      `const s = state.create({ user: { name: "Ada" }, token: "secret", n: 1 });
      state.transformsRegister("tenfold", (values, opts) => ({ ...values, n: values.n * (opts.by ?? 10) }));
      const check = await s.validate({ properties: { n: { type: "string" } } });
      const strict = await state.withSchema(s, { properties: { n: { type: "number" } } });
      let e; try { strict.set("n", "x"); } catch (thrown) { e = thrown; }
      return [s.transform("flatten").keys(), s.transform((v) => ({ n: v.n + 1 })).toJson(), s.transform("sanitize").has("token"),
        state.transformsApply("tenfold", s, { by: 5 }).get("n"), state.transformsChain(["tenfold", "tenfold", "flatten"], s).get("n"),
        state.transformsApply("filter", s, { keys: ["n"] }).keys(), state.transformsValidate("tenfold"), state.transformsValidate("x"), state.transformsGetAvailable(),
        s.filter((key, value) => typeof value === "string").keys(), check.valid, check.errors[0].path, e === undefined, e.code, strict.get("n"), strict.set("n", 2) > 0, s.get("n")];`,
    );
    expect(value).toEqual([
      ["n", "token", "user.name"],
      '{"n":2}',
      false,
      5,
      100,
      ["n"],
      { valid: true, errors: [] },
      { valid: false, errors: ["there is no transform 'x'"] },
      ["filter", "flatten", "sanitize", "tenfold"],
      ["token"],
      false,
      "n",
      false,
      "VALIDATION_FAILED",
      1,
      true,
      1,
    ]);
  });

  it("are bounded, and let go of when a spell drops them", async () => {
    expect(
      await failureOf(`local s = state.create() local t = ("x"):rep(900000) for i = 1, 5 do s:set("k" .. i, t) end`),
    ).toMatchObject({
      code: "TOO_LARGE",
    });
    expect(
      await valueOf(`for i = 1, 10000 do state.create({ n = i }):snapshot() end collectgarbage() return 1`, {
        limits: { hostCalls: 50_000 },
      }),
    ).toBe(1);
    const watches = `local s = state.create() for i = 1, 3000 do state.unwatch(s:watch("n", print)) end for i = 1, 1001 do s:watch("n", print) end`;
    expect(await failureOf(watches)).toMatchObject({ code: "BUDGET_EXCEEDED" });
  });
});

describe("saved states", () => {
  it("STD-15, BR-11: outlive the run in versions, and end after their time", async () => {
    const root = await mkdtemp(join(tmpdir(), "llmspell-state-"));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const options = { ...STORAGE, storage: join(root, "store.db") };
    const value = await both(
      `local s = state.create({ n = 1 })
      local first = s:save("counter")
      s:set("n", 2)
      local second = state.persistence.save(s, "counter")
      local versions = state.list_versions("counter")
      local out = { first, second.version, #versions, versions[1].version, versions[1].size, state.load("counter"):get("n"), state.load("counter", nil, { version = 1 }):get("n"),
        state.load("none", "default"), state.load("counter", "gone", { version = 9 }), state.exists("counter"), state.exists("none"), state.delete("counter", 2), state.load("counter"):get("n") }
      out[#out + 1] = state.expire("counter", 30) > 0
      out[#out + 1] = state.exists("counter")
      sleep(60)
      out[#out + 1] = { state.exists("counter"), state.load("counter", "gone"), state.delete("counter") }
      return out`,
      `const s = state.create({ n: 1 });
      const first = await s.save("counter");
      s.set("n", 2);
      const second = await state.persistence.save(s, "counter");
      const versions = await state.listVersions("counter");
      const out = [first, second.version, versions.length, versions[0].version, versions[0].size, (await state.load("counter")).get("n"), (await state.load("counter", null, { version: 1 })).get("n"),
        await state.load("none", "default"), await state.load("counter", "gone", { version: 9 }), await state.exists("counter"), await state.exists("none"), await state.delete("counter", 2), (await state.load("counter")).get("n")];
      out.push(await state.expire("counter", 30) > 0);
      out.push(await state.exists("counter"));
      await sleep(60);
      out.push([await state.exists("counter"), await state.load("counter", "gone"), await state.delete("counter")]);
      return out;`,
      options,
    );
    expect(value).toEqual([
      { key: "counter", version: 1 },
      2,
      2,
      2,
      7,
      2,
      1,
      "default",
      "gone",
      true,
      false,
      true,
      1,
      true,
      true,
      [false, "gone", false],
    ]);
    await valueOf(`state.create({ n = 7 }):save("kept")`, options);
    expect(await valueOf(`return (await state.load("kept")).get("n")`, inJavaScript(options))).toBe(7);
  });

  it.each([
    `state.create():save("k")`,
    `state.load("k")`,
    `state.exists("k")`,
    `state.delete("k")`,
    `state.list_versions("k")`,
    `state.expire("k", 1)`,
  ])("need the power to: %s", async (call) => {
    for (const [source, options] of [
      [call, {}],
      [`await ${call.replace("):", ").")}`, inJavaScript()],
    ] as const) {
      expect(await failureOf(source, options)).toMatchObject({ code: "PERMISSION_DENIED" });
      // One that is granted another key.
      expect(await failureOf(source, { ...options, grants: parseGrant("storage=other") })).toMatchObject({
        code: "PERMISSION_DENIED",
        details: { grant: "--allow storage=k" },
      });
    }
  });
});

describe("contexts", () => {
  it("BR-11: share values down, and not up", async () => {
    const value = await both(
      `state.context_set("user", "Ada")
      local inner = state.context_create_shared()
      state.context_merge({ team = "blue", messages = { 1 }, metadata = { a = 1 } }, inner)
      local some = state.context_with_inheritance(inner, { messages = false })
      local old = state.context_with_inheritance(inner, true, false, false)
      local out = { state.context_get("user", inner), state.context_get("team") == nil, state.context_get("messages", some) == nil, state.context_get("metadata", some).a, state.context_get("team", old),
        state.context_get("metadata", old) == nil, state.context_get("messages", old)[1] }
      state.context_clear(inner)
      state.context_clear()
      out[8] = state.context_get("team", inner) == nil and state.context_get("user") == nil
      return out`,
      `state.contextSet("user", "Ada");
      const inner = state.contextCreateShared();
      state.contextMerge({ team: "blue", messages: [1], metadata: { a: 1 } }, inner);
      const some = state.contextWithInheritance(inner, { messages: false });
      const old = state.contextWithInheritance(inner, true, false, false);
      const out = [state.contextGet("user", inner), state.contextGet("team") == null, state.contextGet("messages", some) == null, state.contextGet("metadata", some).a, state.contextGet("team", old),
        state.contextGet("metadata", old) == null, state.contextGet("messages", old)[0]];
      state.contextClear(inner);
      state.contextClear();
      out.push(state.contextGet("team", inner) == null && state.contextGet("user") == null);
      return out;`,
    );
    expect(value).toEqual(["Ada", true, true, 1, "blue", true, 1, true]);
  });
});

const S = "state.create({ n = 1 })";
const FAILURES: [call: string, code: string][] = [
  [`state.create({ f = print })`, "INVALID_ARGUMENT"],
  [`state.get(${S}, "a[*]")`, "INVALID_ARGUMENT"],
  [`state.get("no such state", "n")`, "NOT_FOUND"],
  [`state.set(${S}, "n.x", 1)`, "INVALID_ARGUMENT"],
  [`state.set(${S}, "n")`, "INVALID_ARGUMENT"],
  [`state.has(${S}, "")`, "INVALID_ARGUMENT"],
  [`state.delete_key(${S}, "..")`, "INVALID_ARGUMENT"],
  [`state.keys(1)`, "INVALID_ARGUMENT"],
  [`state.update(${S}, { m = 1, f = print })`, "INVALID_ARGUMENT"],
  [`state.watch(${S}, "a.*", print)`, "INVALID_ARGUMENT"],
  [`state.unwatch()`, "INVALID_ARGUMENT"],
  [`state.merge(${S}, ${S}, "magic")`, "INVALID_ARGUMENT"],
  [`state.snapshot("none")`, "NOT_FOUND"],
  [`state.restore(${S})`, "INVALID_ARGUMENT"],
  [`state.transform(${S}, "none")`, "NOT_FOUND"],
  [`state.transform(${S}, print)`, "INVALID_ARGUMENT"],
  [`state.filter(${S})`, "INVALID_ARGUMENT"],
  [`state.validate(${S}, { type = 5 })`, "VALIDATION_FAILED"],
  [`state.with_schema(${S}, { required = { "m" } })`, "VALIDATION_FAILED"],
  [`state.to_json()`, "INVALID_ARGUMENT"],
  [`state.save(${S}, "")`, "INVALID_ARGUMENT"],
  [`state.load("k", 1, { version = 0 })`, "INVALID_ARGUMENT"],
  [`state.exists("")`, "INVALID_ARGUMENT"],
  [`state.delete("k", 0)`, "INVALID_ARGUMENT"],
  [`state.list_versions("none")`, "NOT_FOUND"],
  [`state.expire("none", 1)`, "NOT_FOUND"],
  [`state.transforms_register("flatten", print)`, "ALREADY_EXISTS"],
  [`state.transforms_apply("none", ${S})`, "NOT_FOUND"],
  [`state.transforms_chain({ "flatten", "none" }, ${S})`, "NOT_FOUND"],
  [`state.transforms_validate()`, "INVALID_ARGUMENT"],
  [`state.transforms_get_available(1)`, "INVALID_ARGUMENT"],
  [`state.context_get(1)`, "INVALID_ARGUMENT"],
  [`state.context_set("k", print)`, "INVALID_ARGUMENT"],
  [`state.context_merge({ f = print })`, "INVALID_ARGUMENT"],
  [`state.context_clear("none")`, "NOT_FOUND"],
  [`state.context_create_shared("none")`, "NOT_FOUND"],
  [`state.context_with_inheritance("none", {})`, "NOT_FOUND"],
];

/** The same call in JavaScript. */
const inJs = (lua: string): string =>
  `await ${lua}`
    .replaceAll(/\{ ((?:"\w+"(?:, )?)+) \}/g, "[ $1 ]")
    .replaceAll(/(\w+) = /g, "$1: ")
    .replaceAll("print", "() => {}");

describe("what cannot be done with states", () => {
  it.each(FAILURES)("%s is %s", async (call, code) => {
    expect(await failureOf(call, STORAGE)).toMatchObject({ code });
    expect(await failureOf(inJs(call), inJavaScript(STORAGE))).toMatchObject({ code });
  });
});
