import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { agentTool, createAgent, type AgentResponse, type Suspension, type Tool } from "@llmspell/core";
import { scriptedModels } from "@llmspell/core/testing";
import { seal, unseal } from "@llmspell/engine";
import { afterEach, describe, expect, it } from "vitest";
import { codeMode } from "./code-mode.js";
import type { SavedScript } from "./script-run.js";
import {
  answers,
  cityTool,
  clerk,
  engineInThreads,
  ENGINES,
  LANGUAGES,
  resultOf,
  scriptCall,
  stored,
  type Scripts,
} from "../../../../test/support/code-mode.js";

const payment = (log: unknown[], more: Partial<Tool> = {}): Tool =>
  cityTool("pay", log, { needsApproval: true, ...more });

/** Looks, pays, and looks again. */
const THREE: Scripts = {
  lua: `local before = tools.look{ city = "a" }
print("paying")
local paid = tools.pay{ city = before }
return { before, paid, tools.look{ city = "b" } }`,
  javascript: `const before = await tools.look({ city: "a" });
console.log("paying");
const paid = await tools.pay({ city: before });
return [before, paid, await tools.look({ city: "b" })];`,
};

const TOGETHER: Scripts = {
  lua: `return await(promise.all{ tools.pay_async{ city = "1" }, tools.pay_async{ city = "2" }, tools.look_async{ city = "3" } })`,
  javascript: `return await Promise.all([tools.pay({ city: "1" }), tools.pay({ city: "2" }), tools.look({ city: "3" })])`,
};

/** What a script has saved; to be changed by a test. */
const saved = ({ state }: Suspension): SavedScript & { snapshot: string } =>
  (state.open.waiting[0] as unknown as { state: SavedScript & { snapshot: string } }).state;

const yes = ({ pending }: Suspension): Record<string, { approve: true }> =>
  Object.fromEntries(pending.map(({ id }) => [id, { approve: true }]));

describe.each(LANGUAGES)("a script in %s that waits for approval", (language) => {
  /** What ran, and a clerk that runs a script with `look` and `pay`. */
  const start = async (scripts: Scripts, more: Partial<Tool> = {}) => {
    const log: unknown[] = [];
    const tools = [cityTool("look", log), payment(log, more)];
    const made = clerk(language, tools, [scripts[language]]);
    return { ...made, log, tools, response: await made.agent.run("go") };
  };

  it("is a snapshot, and goes on from it: nothing runs again", async () => {
    const { agent, log, response, events, turns } = await start(THREE);
    expect(response.status).toBe("suspended");
    const suspension = stored(response);
    expect(suspension.pending).toMatchObject([{ callId: "s1.2", tool: "pay", args: { city: "look of a" } }]);
    expect(log).toEqual(["look a"]);
    const done = await agent.resume(suspension, yes(suspension));
    expect(log).toEqual(["look a", "pay look of a", "look b"]);
    expect(resultOf(done)).toEqual({
      result: ["look of a", "pay of look of a", "look of b"],
      console: "paying\n",
      calls: { look: 2, pay: 1 },
    });
    expect(scriptCall(done).calls?.map(({ id, name }) => `${id} ${name}`)).toEqual([
      "s1.1 look",
      "s1.2 pay",
      "s1.3 look",
    ]);
    expect(turns()).toBe(2);
    expect(events.filter(({ type }) => type === "tool.suspended").map(({ payload }) => payload)).toMatchObject([
      { id: "s1", name: "run_spell", pending: [{ tool: "pay" }] },
    ]);
  });

  it("tells the script of a call that is declined", async () => {
    const { agent, log, response } = await start({
      lua: `local ok, e = pcall(tools.pay, { city = "a" }) return { ok, e.code, e.message }`,
      javascript: `try { await tools.pay({ city: "a" }); return [true] } catch (e) { return [false, e.code, e.message] }`,
    });
    const suspension = stored(response);
    const [id = ""] = suspension.pending.map((request) => request.id);
    const done = await agent.resume(suspension, { [id]: { approve: false, reason: "too much" } });
    expect(resultOf(done)["result"]).toEqual([
      false,
      "PERMISSION_DENIED",
      "the call of 'pay' was declined by the user: too much",
    ]);
    expect(log).toEqual([]);
  });

  it("tells the model of arguments that were edited", async () => {
    const { agent, log, response } = await start(THREE);
    const suspension = stored(response);
    const [id = ""] = suspension.pending.map((request) => request.id);
    const done = await agent.resume(suspension, { [id]: { approve: true, args: { city: "less" } } });
    expect(log).toEqual(["look a", "pay less", "look b"]);
    expect(resultOf(done)["notes"]).toEqual(['The user changed the arguments of a call of pay to {"city":"less"}.']);
  });

  it("waits for several calls at once, and for what is not decided yet again", async () => {
    const { agent, log, response } = await start(TOGETHER);
    const first = stored(response);
    expect(first.pending.map(({ args }) => args)).toEqual([{ city: "1" }, { city: "2" }]);
    expect(log).toEqual(["look 3"]);
    const [one, two] = first.pending.map(({ id }) => id);
    const second = stored(await agent.resume(first, { [two as string]: { approve: true } }));
    // It is the same question.
    expect(second.pending.map(({ id }) => id)).toEqual([one]);
    expect(log).toEqual(["look 3", "pay 2"]);
    const done = await agent.resume(second, yes(second));
    expect(resultOf(done)["result"]).toEqual(["pay of 1", "pay of 2", "look of 3"]);
    expect(log).toEqual(["look 3", "pay 2", "pay 1"]);
  });

  it("waits without being suspended where somebody answers at once", async () => {
    const log: unknown[] = [];
    const { agent } = clerk(language, [cityTool("look", log), payment(log)], [THREE[language]]);
    const asked: unknown[] = [];
    const done = await agent.run("go", {
      approve: ({ tool, args }) => {
        asked.push([tool, args]);
        return { approve: true };
      },
    });
    expect(done.status).toBe("completed");
    expect(asked).toEqual([["pay", { city: "look of a" }]]);
    expect(log).toEqual(["look a", "pay look of a", "look b"]);
  });

  it("is itself asked about, when all calls are", async () => {
    const log: unknown[] = [];
    const { agent } = clerk(language, [cityTool("look", log), payment(log)], [THREE[language]], {
      config: { approvals: "all" },
    });
    const asked: string[] = [];
    let response: AgentResponse = await agent.run("go");
    while (response.suspension !== undefined) {
      const suspension = stored(response);
      asked.push(...suspension.pending.map(({ tool }) => tool));
      response = await agent.resume(suspension, yes(suspension));
    }
    expect(asked).toEqual(["run_spell", "look", "pay", "look"]);
    expect(resultOf(response)["result"]).toEqual(["look of a", "pay of look of a", "look of b"]);
  });

  it("asks anew about a tool that has changed, and does not miss one that is there besides", async () => {
    const { response, log } = await start(THREE);
    const suspension = stored(response);
    const changed = payment(log, { description: "Pays twice" });
    const later = clerk(language, [cityTool("more", log), cityTool("look", log), changed], []).agent;
    const again = await later.resume(suspension, yes(suspension));
    expect(again.suspension?.pending).toMatchObject([{ tool: "pay", description: "Pays twice", changed: true }]);
    expect(log).toEqual(["look a"]);
    const second = stored(again);
    const done = await later.resume(second, yes(second));
    expect(resultOf(done)["result"]).toEqual(["look of a", "pay of look of a", "look of b"]);
  });

  it("tells the script of a tool that is there no more", async () => {
    const { response, log } = await start(THREE);
    const suspension = stored(response);
    const later = clerk(language, [cityTool("look", log)], []).agent;
    const done = await later.resume(suspension, yes(suspension));
    expect(answers(done)[0]).toContain("NOT_FOUND: the tool 'pay' is there no more\n");
    expect(answers(done)[0]).toContain("Already done, and not undone: look (1 call).");
  });

  it.each<[string, (state: SavedScript & { snapshot: string }) => void, string, RegExp]>([
    [
      "another build of the engine",
      (state) => {
        const bytes = Buffer.from(state.snapshot, "base64");
        const format = bytes.subarray(0, bytes.indexOf("\n")).toString();
        const body = Buffer.from(unseal(format, bytes, 2 ** 30));
        body.write("0".repeat(64), body.indexOf(ENGINES[language].hash));
        state.snapshot = Buffer.from(seal(format, body)).toString("base64");
      },
      "SNAPSHOT_INVALID",
      /made by another build of the (Lua|JavaScript) engine/,
    ],
    [
      "a snapshot that was altered",
      (state) => {
        const bytes = Buffer.from(state.snapshot, "base64");
        bytes.writeUInt8(bytes.readUInt8(bytes.length - 5) ^ 1, bytes.length - 5);
        state.snapshot = bytes.toString("base64");
      },
      "SNAPSHOT_INVALID",
      /does not match its checksum/,
    ],
    ["other bindings", (state) => void (state.names as unknown[]).pop(), "SNAPSHOT_INVALID", /other bindings/],
    ["no snapshot at all", (state) => (state.snapshot = ""), "SNAPSHOT_INVALID", /./],
    [
      "another shape",
      (state) => ((state as { format: string }).format = "x"),
      "VALIDATION_FAILED",
      /no script in the format/,
    ],
    ["calls that are missing", (state) => void (state.open as unknown[]).pop(), "SCRIPT_ERROR", /./],
  ])("says why it cannot go on: %s", async (_, change, code, message) => {
    const { agent, response, log } = await start(THREE);
    const suspension = stored(response);
    change(saved(suspension));
    const done = await agent.resume(suspension, yes(suspension));
    expect(scriptCall(done).error).toEqual({ code, message: expect.stringMatching(message) });
    expect(log).toEqual(["look a"]);
  });

  it("waits for an agent that a script asks, which is suspended with it", async () => {
    const log: unknown[] = [];
    const { models } = scriptedModels({ toolCalls: [{ name: "pay", args: { city: "inner" } }] }, "paid it");
    const inner = createAgent({ name: "banker", tools: [payment(log)] }, { models });
    const { agent } = clerk(
      language,
      [agentTool(inner)],
      [
        { lua: `return tools.banker{ task = "pay" }`, javascript: `return await tools.banker({ task: "pay" })` }[
          language
        ],
      ],
    );
    const suspension = stored(await agent.run("go"));
    expect(suspension.pending).toMatchObject([{ tool: "pay", args: { city: "inner" } }]);
    const done = await agent.resume(suspension, yes(suspension));
    expect(resultOf(done)["result"]).toBe("paid it");
    expect(log).toEqual(["pay inner"]);
  });

  it("keeps what it has used: a limit is of the whole script", async () => {
    const log: unknown[] = [];
    const scripts = {
      lua: `for i = 1, 9 do tools.pay{ city = tostring(i) } end`,
      javascript: `for (let i = 1; i < 10; i++) await tools.pay({ city: String(i) })`,
    };
    const { agent } = clerk(language, [payment(log)], [scripts[language]], { limits: { calls: 3 } });
    let response: AgentResponse = await agent.run("go");
    while (response.suspension !== undefined) {
      const suspension = stored(response);
      response = await agent.resume(suspension, yes(suspension));
    }
    expect(log).toEqual(["pay 1", "pay 2", "pay 3"]);
    expect(answers(response)[0]).toContain("limit of 3 host calls\n");
    expect(answers(response)[0]).toContain("Do the rest in another script.");
    expect(scriptCall(response).error?.code).toBe("LIMIT_CALLS");
  });

  it("refuses a call that waits on an engine that cannot be saved", async () => {
    using engine = await engineInThreads(language);
    expect(engine.features.snapshots).toBe(false);
    const log: unknown[] = [];
    const { models } = scriptedModels(
      { toolCalls: [{ name: "run_spell", args: { script: THREE[language] } }] },
      "done",
    );
    const tools = [codeMode([cityTool("look", log), payment(log)], { engine })];
    const done = await createAgent({ name: "clerk", tools }, { models }).run("go");
    expect(answers(done)[0]).toContain("tools.pay needs approval, and this engine cannot wait for it");
  });

  describe("in another process", () => {
    const folders: string[] = [];
    afterEach(async () => {
      for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
    });

    it("goes on from a file, and of two processes in one", async () => {
      const folder = await mkdtemp(path.join(tmpdir(), "llmspell-"));
      folders.push(folder);
      const dist = (name: string): string =>
        JSON.stringify(fileURLToPath(new URL(`../../../${name}/dist/index.js`, import.meta.url)));
      const program = `
        import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
        import { createAgent, createModels, createScriptedModel, openState } from ${dist("core")};
        import { codeMode } from ${dist("spell")};
        import * as engines from ${dist(language === "lua" ? "engine-lua" : "engine-js")};
        const [part] = process.argv.slice(1);
        const engine = (engines.createLuaEngine ?? engines.createJavaScriptEngine)();
        const tool = (name, needsApproval) => ({
          name, description: name, needsApproval,
          parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
          execute: ({ city }) => (appendFileSync("log", name + " " + city + " in " + part + "\\n"), name + " of " + city),
        });
        const script = ${JSON.stringify(TOGETHER[language])};
        const steps = [{ toolCalls: [{ name: "run_spell", id: "s1", args: { script } }] }, "done"];
        const models = createModels();
        models.register("s", { type: "custom", defaultModel: "m", create: () => createScriptedModel(steps.slice(part === "begin" ? 0 : 1)) });
        const claims = await openState({ file: "claims.db" });
        const tools = [codeMode([tool("look", false), tool("pay", true)], { engine })];
        const agent = createAgent({ name: "clerk", model: "s:m", tools }, { models, claims });
        if (part === "begin") writeFileSync("run.json", JSON.stringify((await agent.run("go")).suspension));
        else {
          const suspension = JSON.parse(readFileSync("run.json", "utf8"));
          const decisions = Object.fromEntries(suspension.pending.map(({ id }) => [id, { approve: true }]));
          const done = await agent.resume(suspension, decisions).catch(({ code }) => ({ code }));
          console.log(JSON.stringify(done.code ?? done.toolCalls[0].result));
        }
        engine[Symbol.dispose]();`;
      const start = async (part: string): Promise<string> => {
        const args = ["--input-type=module", "-e", program, part];
        return (await promisify(execFile)(process.execPath, args, { cwd: folder })).stdout.trim();
      };
      await start("begin");
      const told = await Promise.all([start("one"), start("two")]);
      const went = told[0] === '"INVALID_STATE"' ? "two" : "one";
      expect(told.toSorted()).toEqual([
        '"INVALID_STATE"',
        JSON.stringify({ result: ["pay of 1", "pay of 2", "look of 3"], calls: { look: 1, pay: 2 } }),
      ]);
      expect((await readFile(path.join(folder, "log"), "utf8")).split("\n").toSorted()).toEqual(
        ["", "look 3 in begin", `pay 1 in ${went}`, `pay 2 in ${went}`].toSorted(),
      );
    });
  });
});
