// Thirty tools behind one: the model writes a script that calls them. It looks at twelve
// parcels in one turn instead of twelve, and waits in its middle until a person allows a refund.
//
//     node --import llmspell/typescript examples/typescript/code-mode.ts

import {
  createAgent,
  createLuaEngine,
  createModels,
  createScriptedModel,
  codeMode,
  defineTool,
  type ScriptedStep,
  type Suspension,
  type Tool,
} from "llmspell";

const late = new Set(["P3", "P8"]);

/** A tool that takes a parcel. */
const ofParcel = (
  name: string,
  description: string,
  execute: (id: string) => unknown,
  more: Partial<Tool> = {},
): Tool =>
  defineTool({
    name,
    description,
    parameters: { type: "object", properties: { id: { type: "string" } }, required: ["id"] },
    execute: ({ id }) => execute(String(id)),
    ...more,
  });

const track = ofParcel("track_parcel", "Where a parcel is, and whether it is late", (id) => ({
  id,
  late: late.has(id),
  price: 10 + Number(id.slice(1)),
}));
const refund = defineTool({
  name: "refund",
  description: "Pays money back for parcels",
  parameters: {
    type: "object",
    properties: { parcels: { type: "array", items: { type: "string" } }, euros: { type: "number" } },
    required: ["parcels", "euros"],
  },
  needsApproval: true,
  execute: ({ parcels, euros }) => `paid ${String(euros)} EUR for ${(parcels as string[]).join(" and ")}`,
});
// What else a shop has: the model is told of each in a line, and can look it up.
const others = Array.from({ length: 28 }, (_, i) => ofParcel(`form_${i + 1}`, `Fills in form ${i + 1}`, (id) => id));
const tools = [track, refund, ...others];

/** Tells how often the model was asked. */
function play(steps: ScriptedStep[]): { models: ReturnType<typeof createModels>; turns: () => number } {
  const model = createScriptedModel(steps);
  const models = createModels();
  models.register("script", { type: "custom", defaultModel: "demo", create: () => model });
  return { models, turns: () => model.requests.length };
}

const ids = Array.from({ length: 12 }, (_, i) => `P${i + 1}`);
const task = `Refund what is late of ${ids.join(", ")}.`;

const single = play([
  ...ids.map((id) => ({ toolCalls: [{ name: "track_parcel", args: { id } }] })),
  "P3 and P8 are late.",
]);
const clerk = createAgent({ name: "clerk", model: "script:demo", tools, maxSteps: 20 }, { models: single.models });
const before = await clerk.run(task);
console.log(`tool by tool: ${single.turns()} turns for ${before.toolCalls.length} calls, and nothing is paid yet`);

const script = `
local parcels, euros = {}, 0
for i = 1, 12 do
  local parcel = tools.track_parcel{ id = "P" .. i }
  if parcel.late then
    parcels[#parcels + 1] = parcel.id
    euros = euros + parcel.price
  end
end
print(#parcels .. " of 12 are late")
return tools.refund{ parcels = parcels, euros = euros }`;
const coded = play([
  { toolCalls: [{ name: "run_spell", args: { script } }] },
  "P3 and P8 were late; 31 EUR are paid back.",
]);
const engine = createLuaEngine();
const agent = createAgent(
  { name: "coder", model: "script:demo", tools: [codeMode(tools, { engine })] },
  { models: coded.models },
);
const { status, suspension } = await agent.run(task);
// The script stands in the middle of its last line. What waits is JSON: keep it in a file, for days, for another process.
const stored = JSON.stringify(suspension);
const waiting = JSON.parse(stored) as Suspension;
for (const { tool, args } of waiting.pending) {
  const { parcels, euros } = args as { parcels: string[]; euros: number };
  console.log(`${status} before ${tool}: ${euros} EUR for ${parcels.join(", ")}`);
}

const decisions = Object.fromEntries(waiting.pending.map(({ id }) => [id, { approve: true } as const]));
const { content, toolCalls } = await agent.resume(waiting, decisions);
console.log(toolCalls[0]?.result);
console.log(`code mode: ${coded.turns()} turns for ${toolCalls[0]?.calls?.length ?? 0} calls`);
console.log(content);

// expect: tool by tool: 13 turns for 12 calls, and nothing is paid yet
// expect: suspended before refund: 31 EUR for P3, P8
// expect: {
// expect:   result: 'paid 31 EUR for P3 and P8',
// expect:   console: '2 of 12 are late\n',
// expect:   calls: { track_parcel: 12, refund: 1 }
// expect: }
// expect: code mode: 2 turns for 13 calls
// expect: P3 and P8 were late; 31 EUR are paid back.
