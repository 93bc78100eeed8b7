import { describe, expect, it } from "vitest";
import { HandleTable } from "@llmspell/spell";
import { valueOf } from "../../../../test/support/spell.js";

describe("the handles of a run", () => {
  it("do not pile up when the spell drops them", async () => {
    const seen: HandleTable[] = [];
    const { add } = HandleTable.prototype;
    HandleTable.prototype.add = function (this: HandleTable, ...given) {
      if (!seen.includes(this)) seen.push(this);
      return add.apply(this, given);
    };
    try {
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
    } finally {
      HandleTable.prototype.add = add;
    }
    expect(seen).toHaveLength(1);
    expect(seen[0]?.size).toBeLessThan(5);
  });
});
