import type { AgentResponse, Suspension, Tool } from "@llmspell/core";
import { describe, expect, it } from "vitest";
import { cityTool, clerk, LANGUAGES, resultOf, stored } from "../../../../test/support/code-mode.js";
import { Random } from "../../../../test/support/random.js";

/** Does the calls of each lane one after the other, and the lanes at the same time. */
const SCRIPTS = {
  lua: (lanes: readonly string[][]) => `
local lanes = { ${lanes.map((lane) => `{ ${lane.map((call) => `"${call}"`).join(", ")} }`).join(", ")} }
local all = {}
for i, lane in ipairs(lanes) do
  all[i] = promise.async(function()
    local got = {}
    for j, call in ipairs(lane) do
      local name, city = call:match("(%a+) (.+)")
      local ok, value = pcall(tools[name], { city = city })
      got[j] = ok and value or value.code
    end
    return got
  end)()
end
return await(promise.all(all))`,
  javascript: (lanes: readonly string[][]) => `
const lanes: string[][] = ${JSON.stringify(lanes)};
return await Promise.all(lanes.map(async (lane) => {
  const got = [];
  for (const call of lane) {
    const [name, city] = call.split(" ");
    try { got.push(await tools[name]({ city })) } catch (error) { got.push(error.code) }
  }
  return got;
}));`,
};

/** Approves or declines some of what waits, at least one. */
function decide({ pending }: Suspension, random: Random, declined: Set<string>): Record<string, { approve: boolean }> {
  const first = random.pick(pending);
  const some = pending.filter((request) => request === first || random.oneIn(2));
  return Object.fromEntries(
    some.map(({ id, args }) => {
      const approve = !random.oneIn(4);
      if (!approve) declined.add(`pay ${(args as { city: string }).city}`);
      return [id, { approve }];
    }),
  );
}

describe.each(LANGUAGES)("a script in %s with many calls on their way", (language) => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
    "does each once, however often it is stored in between (seed %i)",
    async (seed) => {
      const random = new Random(seed);
      let number = 0;
      const lanes = Array.from({ length: 1 + random.below(6) }, () =>
        Array.from({ length: 1 + random.below(4) }, () => `${random.oneIn(2) ? "pay" : "look"} ${++number}`),
      );
      const log: string[] = [];
      const slow = (name: string, more: Partial<Tool> = {}): Tool =>
        cityTool(name, [], {
          ...more,
          async execute({ city }) {
            for (let turns = random.below(4); turns > 0; turns--) await new Promise(setImmediate);
            log.push(`${name} ${String(city)}`);
            return `done ${String(city)}`;
          },
        });
      const tools = [slow("look"), slow("pay", { needsApproval: true })];
      const { agent } = clerk(language, tools, [SCRIPTS[language](lanes)], {
        limits: { parallel: 1 + random.below(4) },
      });
      const declined = new Set<string>();
      let response: AgentResponse = await agent.run("go");
      while (response.suspension !== undefined) {
        const suspension = stored(response);
        response = await agent.resume(suspension, decide(suspension, random, declined));
      }
      const calls = lanes.flat();
      expect(log.toSorted()).toEqual(calls.filter((call) => !declined.has(call)).toSorted());
      expect(resultOf(response)["result"]).toEqual(
        lanes.map((lane) =>
          lane.map((call) => (declined.has(call) ? "PERMISSION_DENIED" : `done ${call.split(" ")[1]}`)),
        ),
      );
    },
  );
});
