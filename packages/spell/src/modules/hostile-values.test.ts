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

describe("large values", () => {
  it.each([
    ["local s = state.create({}) s:update(MAP) return s:get('k20000')", 20_000],
    ["return #llm.batch_process(LIST)", 20_000],
    ["return select('#', pcall(llm.split_message, BIG, 4))", 2],
  ])("are done with soon: %s", async (source, value) => {
    expect(await valueOf(BEGIN + source)).toEqual(value);
  });
});
