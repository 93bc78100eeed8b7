/* @spell
name: basic-agent
description: Makes agents, asks them, and looks at what they have used.
capabilities: [model]
*/

const poet = agent.create({ name: "poet", system_prompt: "You answer in rhymes.", max_steps: 3 });

const answer = await poet.run("What is a sandbox?");
console.log(answer.role, answer.content.length > 0);

// A clone is a new agent: what one of them says or uses, the other does not know.
const critic = poet.clone({ name: "critic", system_prompt: "You find what is wrong." });
console.log(critic.getInfo().name, critic.getInfo().runs, poet.getInfo().runs);

// A conversation remembers what was said.
const talk = critic.conversation();
await talk.send("It has no powers.");
await talk.send("And what did I say before?");
console.log(`messages: ${talk.history().length}`);

for (const { name, status, usage } of agent.list()) console.log(name, status, usage.total_tokens > 0);

// An agent that is removed is gone.
critic.remove();
const problem = await critic.run("Are you there?").catch((error) => error);
console.log(agent.list().length, problem.code);

// expect: assistant true
// expect: critic 0 1
// expect: messages: 5
// expect: poet completed true
// expect: critic completed true
// expect: 1 NOT_FOUND
