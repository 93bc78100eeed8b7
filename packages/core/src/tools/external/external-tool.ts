import { SpellError, isErrorCode } from "@llmspell/errors";
import { createHttpClient, type HttpClient } from "../../http/client.js";
import { bounded, defined, isRecord, tryParseJson } from "../../json.js";
import { checkEnv } from "../process/check-env.js";
import { runProcess } from "../process/run-process.js";
import { defineTool, type Tool, type ToolContext, type ToolProgress } from "../tool.js";
import { loadModule } from "./load-module.js";
import { parseManifest, type ExternalRun, type ToolManifest } from "./manifest.js";

/** What external tools are run with. */
export interface ExternalServices {
  /** Asks tools behind HTTP; by default one that reaches public addresses only. */
  http?: HttpClient;
  /** Whether modules may be loaded, which then are code of this program. False by default. */
  modules?: boolean;
  /** Makes the function of a tool that is a script of another language; without it there are no such tools. */
  script?: (file: string) => Execute | Promise<Execute>;
  /** The names of variables that a manifest may set for its process; any by default. */
  settableEnv?: readonly string[];
  /** The environment of processes, besides what a manifest sets; a plain PATH by default. */
  env?: Readonly<Record<string, string>>;
  /** Takes what processes write on stderr. */
  onStderr?: (tool: string, text: string) => void;
}

type Execute = Tool["execute"];

/**
 * The tool that a manifest describes. Arguments, powers, timeout and result are
 * checked as those of any other tool. `folder` is where the manifest lies.
 *
 * A **process** gets one line `{"tool", "args"}` on stdin and answers in lines of JSON
 * on stdout: any number of `{"progress": {message?, fraction?, partial?}}`, then
 * `{"result": …}` or `{"error": {"message", "code"?}}`, or `{"error": message}`. It needs the power `process` with the
 * command as scope. **HTTP** gets the arguments as JSON and answers with the result as
 * JSON; power `network` with the host. A **script** needs the power `spell` with its file. A
 * **module** needs `permissions` of its own.
 *
 * @throws SpellError `VALIDATION_FAILED`, `INVALID_ARGUMENT` for a malformed manifest; `PERMISSION_DENIED` for a module when
 *   modules are not allowed, or one outside `folder`, and for variables that may not be set; `UNSUPPORTED` for a script
 *   that nobody can run.
 */
export async function externalTool(
  manifest: ToolManifest | string,
  folder: string,
  services: ExternalServices = {},
): Promise<Tool> {
  const { format: _format, run, ...info } = await parseManifest(manifest);
  const needed = powerOf(run);
  const permissions = [...new Set([...(info.permissions ?? []), ...(needed === undefined ? [] : [needed.capability])])];
  const others = (info.permissions ?? []).filter((capability) => capability !== needed?.capability);
  return defineTool({
    ...info,
    permissions,
    capabilities: () => [...(needed === undefined ? [] : [needed]), ...others.map((capability) => ({ capability }))],
    execute: await executorOf(run, info.name, folder, services),
  });
}

function powerOf(run: ExternalRun): { capability: string; scope: string } | undefined {
  if (run.kind === "process") return { capability: "process", scope: run.command };
  if (run.kind === "script") return { capability: "spell", scope: run.file };
  if (run.kind === "module") return undefined;
  if (!URL.canParse(run.url))
    throw new SpellError("VALIDATION_FAILED", "the manifest is malformed: run.url is not a URL");
  return { capability: "network", scope: new URL(run.url).hostname };
}

async function executorOf(
  run: ExternalRun,
  name: string,
  folder: string,
  services: ExternalServices,
): Promise<Execute> {
  if (run.kind === "process") {
    checkEnv(run.env ?? {}, services.settableEnv);
    return (args, context) => throughProcess(run, name, folder, services, args, context);
  }
  if (run.kind === "script") {
    if (services.script !== undefined) return await services.script(run.file);
    throw new SpellError("UNSUPPORTED", `tool '${name}' is a script, which nothing here can run`);
  }
  if (run.kind === "module") return await moduleExecutor(run.file, folder, services);
  const http = services.http ?? createHttpClient();
  const { url, method = "POST", headers } = run;
  return async (args, { signal, authorize }) => {
    const onRedirect = (next: URL): void | Promise<void> =>
      authorize?.({ capability: "network", scope: next.hostname });
    const answer = await http.request({ url, method, json: args, signal, onRedirect, ...defined({ headers }) });
    if (answer.ok) return answer.json();
    const said = tryParseJson(answer.text())?.value;
    throw toolError(isRecord(said) ? said["error"] : undefined, `the tool answered ${answer.status}`);
  };
}

async function throughProcess(
  { command, args: programArgs = [], env = {} }: Extract<ExternalRun, { kind: "process" }>,
  name: string,
  folder: string,
  services: ExternalServices,
  args: Record<string, unknown>,
  { signal, report }: ToolContext,
): Promise<unknown> {
  let answer: Record<string, unknown> | undefined;
  const lines = new Lines((line) => {
    const message = tryParseJson(line)?.value;
    // Anything else is talk, as programs and their libraries do.
    if (!isRecord(message)) return;
    if (isRecord(message["progress"])) report?.(progressOf(message["progress"]));
    if ("result" in message || "error" in message) answer = message;
  });
  const { code, stderr } = await runProcess({
    command,
    args: programArgs,
    cwd: folder,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...services.env, ...env },
    stdin: `${JSON.stringify({ tool: name, args })}\n`,
    signal,
    onStdout: (chunk) => lines.push(chunk),
  });
  lines.end();
  if (stderr !== "") services.onStderr?.(name, stderr);
  if (answer !== undefined && "result" in answer) return answer["result"];
  throw toolError(
    answer?.["error"],
    `the program ended without a result (${code === null ? "killed" : `exit ${code}`})`,
  );
}

async function moduleExecutor(file: string, folder: string, { modules = false }: ExternalServices): Promise<Execute> {
  if (!modules) throw new SpellError("PERMISSION_DENIED", "tools may not be loaded as modules");
  const loaded = await loadModule(file, folder);
  if (typeof loaded !== "function")
    throw new SpellError("VALIDATION_FAILED", `the module '${file}' has no function as default export`);
  return loaded as Execute;
}

/** What a foreign tool says went wrong. Its code counts only when it is one of ours, and not one that the host decides on. */
function toolError(said: unknown, otherwise: string): SpellError {
  const words = isRecord(said) ? said["message"] : said;
  const message = typeof words === "string" && words !== "" ? words : otherwise;
  const code = isRecord(said) ? said["code"] : undefined;
  const known = isErrorCode(code) && FOREIGN_CODES.has(code) ? code : "TOOL_FAILED";
  return new SpellError(known, bounded(message, 2000));
}

const FOREIGN_CODES: ReadonlySet<string> = new Set([
  "INVALID_ARGUMENT",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "UNSUPPORTED",
  "IO_ERROR",
]);

function progressOf({ message, fraction, partial }: Record<string, unknown>): ToolProgress {
  return defined({
    message: typeof message === "string" ? bounded(message, 2000) : undefined,
    fraction: typeof fraction === "number" ? Math.min(1, Math.max(0, fraction)) : undefined,
    partial,
  });
}

/** Cuts a stream of bytes into lines of text; the stream itself is bounded by whoever reads it. */
class Lines {
  #rest: Buffer[] = [];
  readonly #take: (line: string) => void;

  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      this.#rest.push(chunk.subarray(from, at));
      this.end();
      from = at + 1;
    }
    this.#rest.push(chunk.subarray(from));
  }

  end(): void {
    // Without the mark that some programs put before what they write.
    const line = new TextDecoder().decode(Buffer.concat(this.#rest));
    this.#rest = [];
    this.#take(line);
  }
}
