import { compare, row, show } from "./measure.js";

/** What each framework is given: one tool, and a model that asks for it and then answers. */
const TASK = {
  prompt: "Double 4",
  answer: "The answer is 8.",
  tool: {
    name: "double",
    description: "Doubles a number",
    parameters: { type: "object", properties: { n: { type: "number" } }, required: ["n"] },
    execute: ({ n }) => n * 2,
  },
};

const RUNS = 100;
const CREATED = 10_000;
const AT_ONCE = 1_000;

/**
 * Agents of llmspell beside those of other frameworks, on a model that costs nothing and waits
 * for `gate.open` where one is given: a run of two steps, making an agent, a thousand at once.
 * A peer that is not installed is named with what to install.
 */
export async function benchAgents() {
  const ours = await createOurs();
  for (const { name, install, create } of PEERS) {
    let theirs;
    try {
      theirs = await create();
    } catch (error) {
      if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
      row(`agents beside ${name}`, "", `npm i --no-save ${install}`);
      continue;
    }
    await benchBeside(ours, theirs, name);
  }
}

async function benchBeside(ours, theirs, name) {
  const ratio = (a, b) => `${(a / b).toFixed(2)} ×`;
  const print = (what, [a, b], text, target = "< 1 ×") => row(what, text(a), `${name} ${text(b)}`, ratio(a, b), target);
  const options = { rounds: 7, warmup: 2 };
  const per = (times, count) => times.map((micros) => micros / count);

  const [one, other] = [ours.agent(), theirs.agent()];
  const runs = (run) => async () => {
    for (let i = 0; i < RUNS; i++) check(await run());
  };
  print("an agent run of two steps with a tool", per(await compare(runs(one), runs(other), options), RUNS), show);

  const creates = (agent) => () => {
    for (let i = 0; i < CREATED; i++) agent();
  };
  const create = async (agent) =>
    per(await compare(creates(agent), creates(theirs.agent), { rounds: 15, warmup: 5 }), CREATED);
  print("making an agent", await create(ours.agent), show);
  print("one whose configuration is checked, too", await create(ours.checked), show, "none");

  const crowd = (agent) => async () => {
    for (const answer of await Promise.all(Array.from({ length: AT_ONCE }, () => agent()()))) check(answer);
  };
  print(`${AT_ONCE} agents made and run at once`, await compare(crowd(ours.agent), crowd(theirs.agent), options), show);

  const memory = [await waitingBytes(ours), await waitingBytes(theirs)];
  print("memory of an agent that waits for its model", memory, (bytes) => `${(bytes / 1024).toFixed(1)} KB`);
}

function check(answer) {
  if (answer !== TASK.answer) throw new Error(`an agent answered ${answer}`);
}

/** Bytes of heap that one of many agents takes while all of them wait for the model. */
async function waitingBytes({ agent }) {
  const gate = {};
  gate.opened = new Promise((open) => (gate.open = open));
  const before = await settledHeap();
  const agents = Array.from({ length: AT_ONCE }, () => agent(gate)());
  const bytes = ((await settledHeap()) - before) / AT_ONCE;
  gate.open();
  await Promise.all(agents);
  return bytes;
}

/** Bytes of heap in use once everything that could run has run and garbage is gone. */
async function settledHeap() {
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

async function createOurs() {
  const { createAgent, createModels, defineTool } = await import("@llmspell/core");
  const scripted = await scriptedModels();
  const models = createModels();
  const { name, description, parameters, execute } = TASK.tool;
  const tools = [defineTool({ name, description, parameters, execute })];
  const services = { models };
  const gates = [];
  models.register("bench", {
    type: "custom",
    create: (id) => scripted(id === "now" ? undefined : gates[Number(id)]),
  });
  const config = { name: "bench", model: "bench:now", tools };
  return {
    checked: () => createAgent({ ...config }, services).info(),
    agent(gate) {
      if (gate !== undefined && !gates.includes(gate)) gates.push(gate);
      const id = gate === undefined ? "now" : gates.indexOf(gate);
      const agent = createAgent({ name: "bench", model: `bench:${id}`, tools }, services);
      return async () => (await agent.run(TASK.prompt)).content;
    },
  };
}

async function createAi() {
  const { ToolLoopAgent, jsonSchema, tool } = await import("ai");
  const scripted = await scriptedModels();
  const { name, description, parameters, execute } = TASK.tool;
  const tools = { [name]: tool({ description, inputSchema: jsonSchema(parameters), execute }) };
  return {
    agent(gate) {
      const agent = new ToolLoopAgent({ model: scripted(gate), tools });
      return async () => (await agent.generate({ prompt: TASK.prompt })).text;
    },
  };
}

async function createLangGraph() {
  const { createReactAgent } = await import("@langchain/langgraph/prebuilt");
  const { BaseChatModel } = await import("@langchain/core/language_models/chat_models");
  const { AIMessage } = await import("@langchain/core/messages");
  const { tool } = await import("@langchain/core/tools");
  const { name, description, parameters, execute } = TASK.tool;

  class Scripted extends BaseChatModel {
    constructor(gate) {
      super({});
      this.gate = gate;
    }
    _llmType() {
      return "scripted";
    }
    bindTools() {
      return this;
    }
    async _generate(messages) {
      await this.gate?.opened;
      const asked = messages.at(-1).getType() === "human";
      const message = asked
        ? new AIMessage({ content: "", tool_calls: [{ id: "call-1", name, args: { n: 4 } }] })
        : new AIMessage(TASK.answer);
      return { generations: [{ text: message.content, message }] };
    }
  }

  const tools = [tool(execute, { name, description, schema: parameters })];
  return {
    agent(gate) {
      const agent = createReactAgent({ llm: new Scripted(gate), tools });
      const input = { messages: [{ role: "user", content: TASK.prompt }] };
      return async () => (await agent.invoke(input)).messages.at(-1).content;
    },
  };
}

const PEERS = [
  { name: "ai ToolLoopAgent", install: "ai", create: createAi },
  {
    name: "langgraph",
    install: "@langchain/langgraph@1.7.3 @langchain/core@1.4.0",
    create: createLangGraph,
  },
];

/** Makes models of the AI SDK's interface that ask for the tool and then answer, as often as they are asked. */
async function scriptedModels() {
  const { createScriptedModel } = await import("@llmspell/core");
  const asks = { toolCalls: [{ name: TASK.tool.name, args: { n: 4 } }] };
  return (gate) => ({
    specificationVersion: "v3",
    provider: "bench",
    modelId: "scripted",
    supportedUrls: {},
    async doGenerate(request) {
      await gate?.opened;
      const step = request.prompt.at(-1).role === "tool" ? TASK.answer : asks;
      return await createScriptedModel([step]).doGenerate(request);
    },
  });
}
