import { describe, expect, it } from "vitest";
import { failureOf, valueOf } from "../../../../test/support/spell.js";
import { parseGrant } from "../door/capabilities.js";

const GRANTS = { grants: ["storage", "auth=*"].flatMap((grant) => parseGrant(grant)) };
const BEGIN = `local BIG, LIST, MAP = ("x"):rep(2^20), {}, {}
for i = 1, 20000 do LIST[i] = "e" .. i MAP["k" .. i] = i end
`;

// What is refused is refused with words; nothing of it fails inside the host.
describe("values that a function of the script API was not made for", () => {
  it.each([
    ['agent.create({ name = "a", memory = true }):state_set("", 1)', "INVALID_ARGUMENT"],
    ["schema.migrate({ n = 1 }, {}, {}, { rename = MAP })", "INVALID_ARGUMENT"],
    [
      'auth.oauth_flow("https://a.example.com", { client_id = "me", redirect_uri = "https://me.example.com", authorization_endpoint = "a: a", token_endpoint = "https://a.example.com" })',
      "INVALID_ARGUMENT",
    ],
  ])("%s: %s", async (source, code) => {
    expect(await failureOf(`${BEGIN}return ${source}`, GRANTS)).toMatchObject({ code });
  });

  it("are problems of a workflow", async () => {
    const steps = `steps = { { ["if"] = "input.n > 1", ["do"] = LIST } }`;
    const { errors } = (await valueOf(`${BEGIN}return workflow.validate({ ${steps} })`)) as { errors: unknown[] };
    expect(errors).toEqual([{ at: "", message: expect.stringContaining("do[0]") }]);
  });
});

describe("what would become too much", () => {
  it.each([
    ['string.template(("{{a}}"):rep(20000), { a = BIG })', "TOO_LARGE"],
    ['output.extract_tables("|" .. ("a|"):rep(50000) .. "\\n" .. ("|b|\\n"):rep(5000))', "TOO_LARGE"],
    ['llm.split_message(("a b "):rep(20000), 10000, { overlap = 9999 })', "TOO_LARGE"],
    ['state.create({}):set(("a."):rep(100000) .. "a", 1)', "INVALID_ARGUMENT"],
    ['tools.search(("a "):rep(500000))', "INVALID_ARGUMENT"],
  ])("%s: %s", async (source, code) => {
    expect(await failureOf(`${BEGIN}return ${source}`, GRANTS)).toMatchObject({ code });
  });

  it.each(["csv", "markdown"])("is no table of %s: each row with a column of its own", async (format) => {
    const rows = "local rows = {} for i = 1, 5000 do rows[i] = { ['c' .. i] = i } end";
    expect(await failureOf(`${rows} return output.format(rows, "${format}")`)).toMatchObject({ code: "TOO_LARGE" });
  });

  it.each([
    "metrics.increment(LONG)",
    'metrics.gauge("a", 1, MAP)',
    'safety.rate_limit(LONG, 1, "1m")',
    "safety.circuit_breaker(LONG)",
    "agent.create({ name = LONG })",
    'tools.define(LONG, "x", {}, print)',
    "trace.start_span(LONG)",
    "memory.store(LONG, 1)",
    "state.context_set(LONG, 1)",
    "log.create_logger(LONG)",
    "test.it(LONG, print)",
  ])("is kept under no such name: %s", async (source) => {
    const failure = await failureOf(`${BEGIN}local LONG = ("x"):rep(1001) return ${source}`, GRANTS);
    expect(failure).toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(failure.message.length).toBeLessThan(500);
  });
});

describe("large values", () => {
  it.each([
    ["local s = state.create({}) s:update(MAP) return s:get('k20000')", 20_000],
    ["return #llm.batch_process(LIST)", 20_000],
    ["return select('#', pcall(llm.split_message, BIG, 4))", 2],
    ["return output.extract_key_value('a: b\\n' .. ('  c\\n'):rep(200000)).a:sub(1, 3)", "b c"],
  ])("are done with soon: %s", async (source, value) => {
    expect(await valueOf(BEGIN + source)).toEqual(value);
  });
});
