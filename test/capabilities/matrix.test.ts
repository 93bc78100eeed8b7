import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createModels, type Models } from "@llmspell/core";
import { FunctionRef, Handle, HostFunction, WeakHandle, type ScriptValue } from "@llmspell/engine";
import {
  CAPABILITIES,
  MODULES,
  parseGrant,
  type FunctionDeclaration,
  type Grant,
  type RunResult,
  type SpellRun,
} from "@llmspell/spell";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Door } from "../../packages/spell/src/door/door.js";
import { EXAMPLE_RUN } from "../support/examples.js";
import { cast, engine, inJavaScript } from "../support/spell.js";
import { IN_JAVASCRIPT, MORE } from "./cases.js";
import { watchHost } from "./watch-host.js";

/** Every function of the script API that crosses the door, by its full name. */
const FUNCTIONS = MODULES.flatMap(({ name, functions }) =>
  Object.entries(functions).flatMap(([fn, declaration]): [string, FunctionDeclaration][] =>
    declaration.call === undefined ? [] : [[`${name}.${fn}`, declaration]],
  ),
);
const declarationOf = new Map(FUNCTIONS);
const ALL: readonly Grant[] = Object.keys(CAPABILITIES).map((capability) => ({ capability }));
const LANGUAGES = ["Lua", "JavaScript"] as const;
type Language = (typeof LANGUAGES)[number];

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "llmspell-matrix-"));
  await cp(String(EXAMPLE_RUN.folder), join(root, "spell"), { recursive: true });
  await writeFile(join(root, "spell/lib/double.js"), "return { double: (n) => n * 2 };");
  const manifest = {
    format: "llmspell-tool-1",
    name: "t",
    description: "T",
    parameters: { type: "object" },
    run: { kind: "process", command: "/no/such/program" },
  };
  const kept = { format: "llmspell-tools-1", tools: [{ manifest, folder: "." }], stats: {} };
  await Promise.all(["work/tools", "work/fixtures"].map((folder) => mkdir(join(root, folder), { recursive: true })));
  const files = {
    "a.txt": "hello",
    "tools/t.tool.json": JSON.stringify(manifest),
    "kept.json": JSON.stringify(kept),
    "kept.jsonl": "",
    "fixtures/order.json": '{"id": 1}',
  };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(root, "work", name), text)));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The same models, of which a run is granted none by itself. */
function ungranted(models: Models): Models {
  const refuse = (): never => {
    throw new Error("nothing is granted by itself here");
  };
  return {
    ...models,
    default: refuse,
    embeddings: { ...models.embeddings, resolve: refuse },
    fork: () => models.fork(),
  };
}

async function runIn(language: Language, source: string, options: Partial<SpellRun>): Promise<RunResult> {
  const shared = {
    root: join(root, "work"),
    folder: join(root, "spell"),
    engineFor: () => engine,
    ...options,
    models: ungranted(options.models ?? createModels()),
  };
  return (await cast(source, language === "Lua" ? shared : inJavaScript(shared))).result;
}

/** What was asked for in a run, as grants: by one function, or by all others. */
function powersOf({ audit }: RunResult, wanted: (fn: string) => boolean): string[] {
  const asked = audit.filter(({ function: name, capability }) => capability !== undefined && wanted(name));
  return [...new Set(asked.map(({ capability }) => String(capability)))];
}
const nameOf = (power: string): string => power.split("=")[0] ?? "";
const denialsOf = ({ audit }: RunResult): { fn: string; power: string }[] =>
  audit.flatMap(({ decision, function: fn, capability = "" }) =>
    decision === "denied" ? [{ fn, power: capability }] : [],
  );
const grantsOf = (powers: readonly string[]): Grant[] => powers.flatMap(parseGrant);
/** A grant of the same capability that does not cover what is asked for. */
const elsewhere = (power: string): string => `${nameOf(power)}=elsewhere`;

/** What is wrong with the error that reaches the spell: it names the function, the capability and the scope. */
function errorProblems(result: RunResult): string[] {
  const { fn = "", power = "" } = denialsOf(result)[0] ?? {};
  if (result.ok || result.error.code !== "PERMISSION_DENIED") return [];
  const { message, details } = result.error;
  const told = [
    message,
    details["function"],
    [details["capability"], details["scope"]].filter((part) => part !== undefined).join("="),
    details["grant"],
  ];
  const wanted = [`${fn}: this spell was not granted '${power}'`, fn, power, `--allow ${power}`];
  return told.flatMap((each, index) =>
    each === wanted[index] ? [] : [`tells '${String(each)}', not '${wanted[index]}'`],
  );
}

const outcomeOf = (result: RunResult): string =>
  result.ok ? "ends well" : `${result.error.code} ${result.error.message}`;

/** What every function was seen to ask for, over all cases. */
const seen = new Map<string, Set<string>>();
function note(result: RunResult): void {
  for (const { function: fn, capability } of result.audit)
    if (capability !== undefined) seen.set(fn, (seen.get(fn) ?? new Set()).add(nameOf(capability)));
}

/** What is wrong with a run that is granted nothing and needs nothing. */
async function idleProblems(language: Language, source: string, options: Partial<SpellRun>): Promise<string[]> {
  using host = watchHost();
  const result = await runIn(language, source, { ...options, grants: [] });
  return [
    ...denialsOf(result).map(({ fn, power }) => `${fn} asks for ${power}`),
    ...host.uses.filter((use) => !HARMLESS.has(use)).map((use) => `uses ${use}`),
  ];
}

/**
 * What is wrong with one way to call a function: with what it needs, with nothing, with another scope,
 * and with no more than it needs.
 */
async function problemsOf(
  fn: string,
  language: Language,
  source: string,
  options: Partial<SpellRun> = {},
): Promise<string[]> {
  const granted = await runIn(language, source, { ...options, grants: ALL });
  if (!granted.ok) return [`with everything: ${outcomeOf(granted)}`];
  note(granted);
  const own = powersOf(granted, (name) => name === fn);
  const others = powersOf(granted, (name) => name !== fn);
  const all = [...new Set([...own, ...others])];
  const least = await runIn(language, source, { ...options, grants: grantsOf(all) });
  const problems = denialsOf(least).map(({ power }) => `with what it asks for: ${power} is denied`);
  if (!least.ok) problems.push(`with what it asks for: ${outcomeOf(least)}`);
  if (all.length === 0) return [...problems, ...(await idleProblems(language, source, options))];
  const none = await runIn(language, source, { ...options, grants: [] });
  if (denialsOf(none).length === 0) problems.push(`with nothing: ${outcomeOf(none)}`);
  problems.push(...errorProblems(none));
  if (own.length === 0) return problems;
  // What makes the handle that it takes may need the same, and is stopped first then.
  const only = own.filter((power) => !others.includes(power));
  const isAlone = only.length > 0 && !BY_MEMBERS.test(fn);
  const kept = isAlone ? others : others.filter((power) => !own.some((each) => nameOf(each) === nameOf(power)));
  const wrong = await runIn(language, source, { ...options, grants: grantsOf([...kept, ...own.map(elsewhere)]) });
  const { fn: stopped, power = "" } = denialsOf(wrong)[0] ?? {};
  const isRight = (isAlone ? only : own).map(nameOf).includes(nameOf(power)) && (!isAlone || stopped === fn);
  if (!isRight) problems.push(`with another scope: ${stopped ?? "nobody"} is denied '${power}'`);
  return [...problems, ...errorProblems(wrong)];
}

/** Who may ask each model of a pool may ask the pool. */
const BY_MEMBERS = /^llm\.pool_(generate|stream)/;

/** `yaml` looks for switches of its own debugging; a spell sees nothing of them. */
const HARMLESS: ReadonlySet<string> = new Set(["env.LOG_TOKENS", "env.LOG_STREAM"]);

/** The arguments of the first call of a function while `work` runs. */
async function argumentsOf(fn: string, work: () => Promise<unknown>): Promise<readonly ScriptValue[] | undefined> {
  const { pass } = Door.prototype;
  let given: readonly ScriptValue[] | undefined;
  Door.prototype.pass = function (this: Door, called, args, signal) {
    if (called.name === fn) given ??= args;
    return pass.call(this, called, args, signal);
  };
  try {
    await work();
  } finally {
    Door.prototype.pass = pass;
  }
  return given;
}

const isData = (value: unknown): boolean =>
  ![FunctionRef, Handle, HostFunction, WeakHandle].some((type) => value instanceof type) &&
  (typeof value !== "object" || value === null || Object.values(value).every(isData));

const asks = ({ needs = {}, mayNeed = {} }: FunctionDeclaration): boolean =>
  Object.keys({ ...needs, ...mayNeed }).length > 0;

/** The same in JavaScript, by its own source or by the arguments that the Lua example gives it. */
async function javaScriptProblems(fn: string, declaration: FunctionDeclaration): Promise<string[]> {
  const { example = "", needs = {} } = declaration;
  const written = IN_JAVASCRIPT[fn];
  if (written !== undefined) return await problemsOf(fn, "JavaScript", written);
  const args = await argumentsOf(fn, () => runIn("Lua", example, { grants: ALL }));
  if (args === undefined) return ["the example does not call it"];
  // A handle or a function means something in its own guest only.
  if (!args.every(isData)) return asks(declaration) && !MORE.some((each) => each.fn === fn) ? ["has no source"] : [];
  const source = `return await ${fn}(...params.args)`;
  const options = { params: { args } };
  const isWhole = (await runIn("JavaScript", source, { ...options, grants: ALL })).ok;
  if (isWhole) return await problemsOf(fn, "JavaScript", source, options);
  if (Object.keys(needs).length > 0) return ["has no source that ends well"];
  // Without what the example does before, it may fail, but neither for want of a power nor by using one.
  return await idleProblems("JavaScript", source, options);
}

describe("every function, with and without what it needs", () => {
  it.each(FUNCTIONS)("%s in Lua", async (fn, { example = "" }) => {
    expect(await problemsOf(fn, "Lua", example)).toEqual([]);
  });

  it.each(FUNCTIONS)("%s in JavaScript", async (fn, declaration) => {
    expect(await javaScriptProblems(fn, declaration)).toEqual([]);
  });

  it("is watched by what sees files, processes, the network and the environment", async () => {
    using host = watchHost();
    await readFile(join(root, "work/a.txt"));
    spawn("/no/such/program").once("error", () => {});
    connect(9, "127.0.0.1")
      .once("error", () => {})
      .destroy();
    expect(process.env["HOME"]).toBeDefined();
    expect(host.uses).toEqual(
      expect.arrayContaining(["fs.promises.readFile", "child_process.spawn", "net.connect", "env.HOME"]),
    );
  });
});

describe("every power that some calls need", () => {
  const cases = MORE.flatMap((each) => LANGUAGES.map((language) => ({ ...each, language })));
  it.each(cases)("$fn: $power in $language", async (each) => {
    const { fn, power, before = fn, also = [], params = {}, language, lua, js, models, auth } = each;
    const call = (...grants: string[]): Promise<RunResult> =>
      runIn(language, language === "Lua" ? lua : js, {
        params: params as Record<string, ScriptValue>,
        grants: grantsOf([...also, ...grants]),
        ...(models === undefined ? {} : { models: models() }),
        ...(auth === undefined ? {} : { auth }),
      });
    for (const wrong of [await call(), await call(elsewhere(power))]) {
      expect(denialsOf(wrong)[0]).toEqual({ fn: before, power });
      expect(errorProblems(wrong)).toEqual([]);
    }
    const right = await call(power);
    expect(right).toMatchObject({ ok: true });
    expect(denialsOf(right)).toEqual([]);
    expect(powersOf(right, (name) => name === fn)).toContain(power);
    note(right);
  });
});

describe("the declarations", () => {
  it("name what each function was seen to ask for, and nothing else", () => {
    const wrong: string[] = [];
    for (const [fn, { needs = {}, mayNeed = {} }] of FUNCTIONS) {
      const asked = seen.get(fn) ?? new Set();
      const known = { ...needs, ...mayNeed };
      for (const power of asked)
        if (!Object.hasOwn(known, power) && mayNeed.tools === undefined) wrong.push(`${fn} asks for ${power}`);
      for (const power of Object.keys(known)) {
        const found = power === "tools" ? [...asked].some((each) => !Object.hasOwn(known, each)) : asked.has(power);
        if (!found) wrong.push(`${fn} does not ask for ${power}`);
      }
    }
    expect(wrong).toEqual([]);
    expect([...seen.keys()].filter((fn) => !declarationOf.has(fn)).toSorted()).toEqual([]);
  });
});
