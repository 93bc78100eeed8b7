import { describe, expect, it } from "vitest";
import { both, cast, failureOf } from "../../../../../test/support/spell.js";

const storage = { grants: [{ capability: "storage" }] };

describe("schema", () => {
  it.each([
    [
      "says every mistake with its path",
      `schema.validate({ n = "x" }, { properties = { n = { type = "number" } } })`,
      `await schema.validate({ n: "x" }, { properties: { n: { type: "number" } } })`,
      { valid: false, errors: [{ path: "n", keyword: "type", message: "must be number" }] },
    ],
    [
      "takes older names in their own order",
      `structured.validation.validate({ type = "string" }, 1).valid`,
      `(await structured.validationValidate({ type: "string" }, 1)).valid`,
      false,
    ],
    [
      "takes the order of `data.validate`",
      `data.validate(1, { type = "string" }).valid`,
      `(await data.validate(1, { type: "string" })).valid`,
      false,
    ],
    [
      "coerces",
      `schema.coerce({ n = "4" }, { properties = { n = { type = "integer" } } }).n`,
      `(await schema.coerce({ n: "4" }, { properties: { n: { type: "integer" } } })).n`,
      4,
    ],
    [
      "fills in defaults",
      `schema.apply_defaults({}, { properties = { n = { default = 3 } } })`,
      `await schema.applyDefaults({}, { properties: { n: { default: 3 } } })`,
      { n: 3 },
    ],
    ["infers", `schema.infer({ 1, 2 }).items.type`, `schema.infer([1, 2]).items.type`, "integer"],
    [
      "infers from samples",
      `schema.infer({ 1, "a" }, { samples = true }).type`,
      `schema.infer([1, "a"], { samples: true }).type`,
      ["integer", "string"],
    ],
    [
      "merges",
      `schema.merge({ minimum = 1 }, { minimum = 3 }).minimum`,
      `schema.merge([{ minimum: 1 }, { minimum: 3 }]).minimum`,
      3,
    ],
    [
      "compares",
      `schema.diff({ type = "string" }, { type = "number" })[1].breaking`,
      `schema.diff({ type: "string" }, { type: "number" })[0].breaking`,
      true,
    ],
    [
      "transforms from the inside out",
      `schema.transform({ properties = { a = { type = "string" } } }, function(s) s.n = (s.n or 0) + 1 return s end).properties.a.n`,
      `schema.transform({ properties: { a: { type: "string" } } }, (s) => ({ ...s, n: 1 })).properties.a.n`,
      1,
    ],
    [
      "migrates",
      `schema.migrate({ a = "1" }, {}, { properties = { b = { type = "number" } } }, { rename = { a = "b" } })`,
      `await schema.migrate({ a: "1" }, {}, { properties: { b: { type: "number" } } }, { rename: { a: "b" } })`,
      { b: 1 },
    ],
    [
      "knows types of the script API",
      `schema.validate({ role = "king", content = "x" }, schema.from_type("Message")).valid`,
      `(await schema.validate({ role: "king", content: "x" }, schema.fromType("Message"))).valid`,
      false,
    ],
    [
      "reads YAML",
      `schema.from_yaml("type: string"):to_yaml()`,
      `await (await schema.fromYaml("type: string")).toYaml()`,
      "type: string\n",
    ],
  ])("%s", async (_, lua, javascript, expected) => {
    expect(await both(`return ${lua}`, `return ${javascript}`)).toEqual(expected);
  });

  it("asks validators of the spell, which may wait", async () => {
    const lua = `(function()
      schema.add_custom("even", function(n, path) sleep(1) return n % 2 == 0 or path .. " is odd" end)
      local result = schema.validate({ n = 3 }, { properties = { n = { ["x-validator"] = "even" } } })
      return { result.errors[1].message, schema.get_errors()[1], schema.custom_execute("even", 2).valid, schema.custom_list() }
    end)()`;
    const javascript = `await (async () => {
      schema.addCustom("even", async (n, path) => { await new Promise((r) => setTimeout(r, 1)); return n % 2 === 0 || path + " is odd" })
      const result = await schema.validate({ n: 3 }, { properties: { n: { "x-validator": "even" } } })
      return [result.errors[0].message, schema.getErrors()[0], (await schema.customExecute("even", 2)).valid, schema.customList()]
    })()`;
    expect(await both(`return ${lua}`, `return ${javascript}`)).toEqual(["n is odd", "n: n is odd", true, ["even"]]);
  });

  it("keeps apart what several validations at the same time are to ask, and knows validators that come later", async () => {
    const lua = `
      schema.add_custom("even", function(n) sleep(3 - n % 3) return n % 2 == 0 or n .. " is odd" end)
      local held = schema.create({ properties = { n = { ["x-validator"] = "even" } } })
      local all = {}
      for i = 1, 6 do all[i] = schema.validate_async({ n = i }, held) end
      local said = {}
      for i, result in ipairs(await(promise.all(all))) do said[i] = result.valid or result.errors[1].message end
      local before = pcall(schema.validate, 1, { ["x-validator"] = "late" })
      schema.add_custom("late", function() return "late" end)
      return { said, before, schema.validate(1, { ["x-validator"] = "late" }).errors[1].message, schema.validate({ n = 2 }, held).valid }`;
    const javascript = `
      schema.addCustom("even", async (n) => { await sleep(3 - n % 3); return n % 2 === 0 || n + " is odd" });
      const held = await schema.create({ properties: { n: { "x-validator": "even" } } });
      const all = await Promise.all([1, 2, 3, 4, 5, 6].map((n) => schema.validate({ n }, held)));
      const said = all.map((result) => result.valid || result.errors[0].message);
      const before = await schema.validate(1, { "x-validator": "late" }).then(() => true, () => false);
      schema.addCustom("late", () => "late");
      return [said, before, (await schema.validate(1, { "x-validator": "late" })).errors[0].message, (await schema.validate({ n: 2 }, held)).valid];`;
    const odd = (n: number) => `${n} is odd`;
    expect(await both(lua, javascript)).toEqual([[odd(1), true, odd(3), true, odd(5), true], false, "late", true]);
  });

  it("tells mistakes in the same order in every language", async () => {
    const lua = `
      local properties, data = {}, {}
      for _, name in ipairs({ "zeta", "beta", "alpha", "omega", "gamma" }) do properties[name] = { type = "number" } data[name] = "x" end
      local paths = {}
      for i, e in ipairs(schema.validate(data, { properties = properties }).errors) do paths[i] = e.path end
      return paths`;
    const javascript = `
      const names = ["zeta", "beta", "alpha", "omega", "gamma"];
      const of = (value) => Object.fromEntries(names.map((name) => [name, value]));
      return (await schema.validate(of("x"), { properties: of({ type: "number" }) })).errors.map((e) => e.path)`;
    expect(await both(lua, javascript)).toEqual(["alpha", "beta", "gamma", "omega", "zeta"]);
  });

  it("brings data into the shape of schemas that name validators of the spell", async () => {
    const lua = `(function()
      schema.add_custom("even", function(n) sleep(1) return n % 2 == 0 or "is odd" end)
      local given = { properties = { n = { type = "integer", default = 4, ["x-validator"] = "even" } } }
      local alternatives = { anyOf = { { type = "integer", ["x-validator"] = "even" }, { type = "string" } } }
      local ok, e = pcall(schema.coerce, { n = "3" }, given)
      return { schema.coerce({ n = "2" }, given).n, e.code, e.details.errors[1].message, schema.apply_defaults({}, given).n,
        schema.strip({ n = 3, m = 1 }, given).m == nil, schema.coerce("8", alternatives) }
    end)()`;
    const javascript = `await (async () => {
      schema.addCustom("even", async (n) => { await new Promise((r) => setTimeout(r, 1)); return n % 2 === 0 || "is odd" });
      const given = { properties: { n: { type: "integer", default: 4, "x-validator": "even" } } };
      const alternatives = { anyOf: [{ type: "integer", "x-validator": "even" }, { type: "string" }] };
      const e = await schema.coerce({ n: "3" }, given).catch((error) => error);
      return [(await schema.coerce({ n: "2" }, given)).n, e.code, e.details.errors[0].message, (await schema.applyDefaults({}, given)).n,
        (await schema.strip({ n: 3, m: 1 }, given)).m === undefined, await schema.coerce("8", alternatives)];
    })()`;
    expect(await both(`return ${lua}`, `return ${javascript}`)).toEqual([
      2,
      "VALIDATION_FAILED",
      "is odd",
      4,
      true,
      "8",
    ]);
  });

  it("holds schemas that name validators of the spell, and asks them only about data", async () => {
    const lua = `(function()
      local asked = 0
      schema.add_custom("short", function(s) asked = asked + 1 return #s < 3 or "too long" end)
      local given = { ["x-validator"] = "short" }
      local made, compiled, plain = schema.create(given), schema.compile(given), schema.from_json_schema(given)
      local before = asked
      return { before, schema.validate("abcd", made).errors[1].message, schema.validate("ab", compiled).valid, plain["x-validator"],
        select(2, pcall(schema.create, { ["x-validator"] = "missing" })).code }
    end)()`;
    const javascript = `await (async () => {
      let asked = 0
      schema.addCustom("short", (s) => { asked++; return s.length < 3 || "too long" })
      const given = { "x-validator": "short" }
      const made = await schema.create(given), compiled = await schema.compile(given), plain = await schema.fromJsonSchema(given)
      const before = asked
      return [before, (await schema.validate("abcd", made)).errors[0].message, (await schema.validate("ab", compiled)).valid, plain["x-validator"],
        await schema.create({ "x-validator": "missing" }).catch((error) => error.code)]
    })()`;
    expect(await both(`return ${lua}`, `return ${javascript}`)).toEqual([
      0,
      "too long",
      true,
      "short",
      "VALIDATION_FAILED",
    ]);
  });

  it("keeps versions, if it may", async () => {
    const lua = `(function()
      schema.save("p", { type = "object" }) local second = schema.save("p", { type = "string" })
      return { second, schema.load("p"):get_info().type, schema.load("p", 1):get_info().type, schema.list()[1].versions, schema.delete("p", 1), schema.delete("x") }
    end)()`;
    const javascript = `await (async () => {
      await schema.save("p", { type: "object" }); const second = await schema.save("p", { type: "string" })
      return [second, (await schema.load("p")).getInfo().type, (await schema.load("p", 1)).getInfo().type, (await schema.list())[0].versions, await schema.delete("p", 1), await schema.delete("x")]
    })()`;
    expect(await both(`return ${lua}`, `return ${javascript}`, storage)).toEqual([
      2,
      "string",
      "object",
      [1, 2],
      true,
      false,
    ]);
    expect(await failureOf('schema.save("p", {})')).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(await failureOf('schema.load("p")', { grants: [{ capability: "storage", scope: "notes" }] })).toMatchObject({
      code: "PERMISSION_DENIED",
    });
  });

  it.each([
    ['schema.create({ type = "strange" })', "VALIDATION_FAILED"],
    ['schema.validate(1, { type = "strange" })', "VALIDATION_FAILED"],
    ['schema.coerce("x", { type = "number" })', "VALIDATION_FAILED"],
    ['schema.from_type("King")', "NOT_FOUND"],
    ['schema.from_json("{")', "SYNTAX_ERROR"],
    ['schema.custom_execute("none", 1)', "NOT_FOUND"],
    ['schema.add_custom("a", print) schema.add_custom("a", print)', "ALREADY_EXISTS"],
    ["schema.transform({}, function() return 1 end)", "INVALID_ARGUMENT"],
    ["local s = schema.create({}) s:destroy() s:get_info()", "NOT_FOUND"],
    ['schema.extend({}, {}, { "x" })', "INVALID_ARGUMENT"],
    ['schema.merge({ type = "string" }, { type = "number" })', "VALIDATION_FAILED"],
    ["schema.from_tags({ a = 'colour' })", "INVALID_ARGUMENT"],
  ])("%s is %s", async (source, code) => {
    expect(await failureOf(source)).toMatchObject({ code });
  });

  it("leaves nothing behind", async () => {
    const { result } = await cast("for i = 1, 100 do schema.create({}):destroy() end return 1");
    expect(result.ok).toBe(true);
  });
});
