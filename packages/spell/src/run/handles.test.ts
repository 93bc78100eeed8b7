import { describe, expect, it } from "vitest";
import { handleTablesOf, valueOf } from "../../../../test/support/spell.js";

describe("the handles of a run", () => {
  it("do not pile up when the spell drops them", async () => {
    const seen = await handleTablesOf(async () => {
      expect(
        await valueOf(`
        local named = agent.create({ name = "kept" })
        for i = 1, 500 do llm.chat_session("be brief") end
        local last = llm.chat_session("be brief")
        collectgarbage() collectgarbage()
        named = nil
        collectgarbage() collectgarbage()
        return { #agent.list(), #last:history() >= 0 }`),
      ).toEqual([1, true]);
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]?.size).toBeLessThan(5);
  });
});
