/* @spell
name: multi-agent
description: Agents that work after each other, at the same time, and as tools of another one.
capabilities: [model]
*/

const researcher = agent.create({ name: "researcher", system_prompt: "You find facts." });
const writer = agent.create({ name: "writer", system_prompt: "You write one sentence." });
const sceptic = agent.create({ name: "sceptic", system_prompt: "You doubt everything." });

// After each other: each agent gets what the one before said.
const article = workflow.sequential([
  { id: "research", agent: researcher },
  { id: "write", agent: writer },
]);
for (const { id, status } of (await article.run("Why is the sea salty?")).steps) console.log(id, status);

// At the same time: all of them get the same question.
const opinions = await Promise.all([writer.run("Is it true?"), sceptic.run("Is it true?")]);
console.log(`opinions: ${opinions.length}`);

// An agent as a tool: the lead decides by itself whom to ask.
const asTool = (helper, description) => ({
  name: helper.getInfo().name,
  description,
  parameters: { type: "object", properties: { topic: { type: "string" } }, required: ["topic"] },
  execute: async ({ topic }) => `${(await helper.run(topic)).role} answered`,
});
const lead = agent.create({
  name: "lead",
  tools: [asTool(researcher, "Researches the facts of a topic")],
});
const answer = await lead.run("Let the researcher look into the topic of tides.");
console.log(answer.tool_calls[0].name, answer.tool_calls[0].result);

for (const { name, runs } of agent.list()) console.log(name, runs);

// expect: research completed
// expect: write completed
// expect: opinions: 2
// expect: researcher assistant answered
// expect: researcher 2
// expect: writer 2
// expect: sceptic 1
// expect: lead 1
