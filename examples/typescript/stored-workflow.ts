// A workflow that is a YAML file. Its run is stored: it stops half-way and another call goes on with it.
//
//     node --import llmspell/typescript examples/typescript/stored-workflow.ts

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createAgents,
  createModels,
  createScriptedModel,
  createToolRegistry,
  defineTool,
  openRuns,
  parseWorkflow,
  resumeWorkflow,
  startWorkflow,
} from "@llmspell/core";

const models = createModels({ config: { default: "script:one" } });
models.register("script", { type: "custom", create: () => createScriptedModel(["Cats win.", "Dogs lose."]) });
const agents = createAgents({ models });
agents.create({ name: "editor" });

const tool = (name: string, execute: (args: Record<string, unknown>) => unknown) =>
  defineTool({ name, description: name, parameters: { type: "object" }, execute });
const tools = createToolRegistry([
  tool("archive", ({ texts }) => ({ id: `letter of ${(texts as string[]).length}` })),
  tool("withdraw", ({ id }) => console.log("withdrawn:", id)),
  tool("send", () => Promise.reject(new Error("the mail server is gone"))),
]);

const workflow = await parseWorkflow(await readFile(new URL("newsletter.yaml", import.meta.url), "utf8"), "yaml");
const folder = await mkdtemp(join(tmpdir(), "newsletter-"));
const store = await openRuns(join(folder, "runs.db"));
const services = { agents, tools };
const stories = [
  { title: "Cats", score: 9 },
  { title: "Dogs", score: 7 },
  { title: "Eels", score: 1 },
];

const stop = new AbortController();
const onStep = ({ path }: { path: string }): void => {
  if (path.endsWith("summary")) stop.abort();
};
const first = await startWorkflow(
  workflow,
  { stories },
  { store, services, runId: "monday", signal: stop.signal, onStep },
);
await first.result.catch((error: Error) => console.log("interrupted:", error.message));
console.log("stored:", store.get("monday")?.status);

const second = await resumeWorkflow(workflow, "monday", { store, services });
const { status, error } = await second.result;
console.log(status, "because", error?.message);

store[Symbol.dispose]();
await rm(folder, { recursive: true });

// expect: interrupted: the call was cancelled
// expect: stored: running
// expect: withdrawn: letter of 2
// expect: failed because tool 'send' failed: the mail server is gone
