import { SpellError } from "@llmspell/errors";
import path from "node:path";
import { deadline } from "../../abort.js";
import { defined } from "../../json.js";
import { folderBelow } from "../files/spot.js";
import { defineTool, type Tool } from "../tool.js";
import { checkEnv } from "./check-env.js";
import { runProcess, startProcess, type ProcessRequest, type RunningProcess } from "./run-process.js";

/** Settings of {@link createProcessTool}. */
export interface ProcessToolOptions {
  /** The folder that programs are started in or below. */
  root: string;
  /** Programs that may be run, by the name or the absolute path that is used for them; none by default. `*` for all. */
  commands?: readonly string[];
  /** Whether `shell` may be used: what it runs is anything at all. False by default. */
  shell?: boolean;
  /** The environment that programs get. */
  env?: Readonly<Record<string, string>>;
  /** Names of variables that a call may set; none by default. */
  settableEnv?: readonly string[];
  /** Milliseconds for one call; 30 000 by default. */
  timeoutMs?: number;
  /** Bytes of each of stdout and stderr; 1 MiB by default. */
  maxOutputBytes?: number;
  /** Processes in the background at the same time; 8 by default. */
  maxBackground?: number;
}

const OPERATIONS = ["execute", "shell", "spawn", "status", "kill"] as const;

/**
 * The built-in tool `process`: programs with an array of arguments, started without a shell.
 *
 * `execute` and `shell` give `{code, signal, stdout, stderr}`; `spawn` gives `{id, pid}`,
 * and `status` and `kill` `{id, running, code?, signal?, stdout, stderr}` of what was spawned.
 *
 * Power: `process` with the command as scope, also for what was spawned; without one for `shell`, which can start anything.
 * A timeout or cancellation kills the process with its whole group; so does disposing
 * the tool for what it spawned.
 */
export function createProcessTool(options: ProcessToolOptions): Tool & Disposable {
  const {
    root,
    commands = [],
    shell = false,
    env = { PATH: "/usr/local/bin:/usr/bin:/bin" },
    settableEnv = [],
  } = options;
  const { timeoutMs = 30_000, maxOutputBytes = 1024 * 1024, maxBackground = 8 } = options;
  const base = path.resolve(root);
  const background = new Map<string, Background>();
  const ending = new AbortController();
  let spawned = 0;

  const requestOf = async (args: ProcessArgs): Promise<Omit<ProcessRequest, "signal">> => {
    checkEnv(args.env ?? {}, settableEnv);
    return {
      ...programOf(args),
      cwd: await folderBelow(base, args.cwd ?? "."),
      env: { ...env, ...args.env },
      maxOutputBytes,
      ...defined({ stdin: args.stdin }),
    };
  };
  const known = (id: string | undefined): Background => {
    const found = background.get(id ?? "");
    if (found === undefined) throw new SpellError("NOT_FOUND", `there is no process '${id ?? ""}'`);
    return found;
  };

  const tool = defineTool({
    name: "process",
    description:
      "Runs programs in the working folder. Operations: execute (run to the end), shell (a command line, where that is allowed), spawn (in the background), status and kill (of what was spawned)",
    version: "1.0.0",
    category: "system",
    tags: ["process", "command"],
    features: ["cancellable"],
    permissions: ["process"],
    parameters: {
      type: "object",
      properties: {
        operation: { enum: OPERATIONS, description: "What to do" },
        command: { type: "string", minLength: 1, maxLength: 4096, description: "The program, for execute and spawn" },
        args: { type: "array", maxItems: 1000, items: { type: "string" }, description: "Its arguments, each as it is" },
        script: { type: "string", maxLength: 100_000, description: "The command line, for shell" },
        cwd: { type: "string", maxLength: 4096, description: "A folder below the working folder" },
        env: { type: "object", additionalProperties: { type: "string" }, description: "Variables besides those given" },
        stdin: { type: "string", description: "What the program reads" },
        id: { type: "string", description: "Of what was spawned, for status and kill" },
        timeoutMs: { type: "number", exclusiveMinimum: 0, maximum: timeoutMs },
      },
      required: ["operation"],
      anyOf: [
        { properties: { operation: { enum: ["execute", "spawn"] } }, required: ["command"] },
        { properties: { operation: { const: "shell" } }, required: ["script"] },
        { properties: { operation: { enum: ["status", "kill"] } }, required: ["id"] },
      ],
      additionalProperties: false,
    },
    output: { type: "object" },
    examples: [{ description: "List files", args: { operation: "execute", command: "ls", args: ["-l", "notes"] } }],
    capabilities(given) {
      const { operation, command, id } = given as unknown as ProcessArgs;
      if (operation === "shell") return [{ capability: "process" }];
      // What was spawned is asked for by its own program, and what is not there not at all.
      const program = operation === "status" || operation === "kill" ? background.get(id ?? "")?.command : command;
      return program === undefined ? [] : [{ capability: "process", scope: program }];
    },
    async execute(given, { signal }) {
      const args = given as unknown as ProcessArgs;
      const { operation } = args;
      if (operation === "status" || operation === "kill") {
        const found = known(args.id);
        if (operation === "kill") {
          found.process.kill();
          await found.process.done.catch(() => {});
          background.delete(args.id ?? "");
        }
        return { id: args.id, ...snapshot(found) };
      }
      if (operation === "shell" && !shell) throw new SpellError("PERMISSION_DENIED", "no shell may be used");
      if (operation !== "shell" && !commands.includes("*") && !commands.includes(args.command ?? ""))
        throw new SpellError("PERMISSION_DENIED", `'${args.command ?? ""}' is not among the programs that may be run`);
      const request = await requestOf(args);
      if (operation === "spawn") {
        const running = [...background.values()].filter(({ result }) => result === undefined);
        if (running.length >= maxBackground)
          throw new SpellError("INVALID_STATE", `there are ${maxBackground} processes in the background already`);
        const entry = await inBackground({ ...request, signal: ending.signal });
        const id = `process-${++spawned}`;
        forgetOldest(background, 4 * maxBackground);
        background.set(id, entry);
        return { id, pid: entry.process.pid };
      }
      using limit = deadline(`'${request.command}'`, args.timeoutMs ?? timeoutMs, signal);
      return await runProcess({ ...request, signal: limit.signal });
    },
  });
  return Object.assign(tool, {
    [Symbol.dispose]() {
      ending.abort(new SpellError("CANCELLED", "the tool was closed"));
      background.clear();
    },
  });
}

/** The arguments of a call, which match the schema. */
interface ProcessArgs {
  operation: (typeof OPERATIONS)[number];
  command?: string;
  args?: string[];
  script?: string;
  cwd?: string;
  env?: Record<string, string>;
  stdin?: string;
  id?: string;
  timeoutMs?: number;
}

interface Background {
  command: string;
  process: RunningProcess;
  result?: { code: number | null; signal: string | null };
}

function programOf({
  operation,
  command = "",
  args = [],
  script = "",
}: ProcessArgs): Pick<ProcessRequest, "command" | "args"> {
  if (operation === "shell") return { command: "/bin/sh", args: ["-c", script] };
  // A relative path would be looked for in the folder that the script can write to.
  if (command.includes("/") && !path.isAbsolute(command))
    throw new SpellError("INVALID_ARGUMENT", "a command is a name or an absolute path");
  return { command, args };
}

async function inBackground(request: ProcessRequest): Promise<Background> {
  const entry: Background = { command: request.command, process: await startProcess(request) };
  const ended = ({ code, signal }: { code: number | null; signal: string | null }): void => {
    entry.result = { code, signal };
  };
  entry.process.done.then(ended, () => ended({ code: null, signal: "SIGKILL" }));
  return entry;
}

function snapshot({ process, result }: Background): Record<string, unknown> {
  return { running: result === undefined, ...result, stdout: process.stdout(), stderr: process.stderr() };
}

/** Ended processes are kept for `status`, but not for ever. */
function forgetOldest(background: Map<string, Background>, most: number): void {
  for (const [id, { result }] of background) {
    if (background.size < most) return;
    if (result !== undefined) background.delete(id);
  }
}
