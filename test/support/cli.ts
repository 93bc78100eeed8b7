import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export const BIN = fileURLToPath(new URL("../../packages/llmspell/bin/llmspell.cjs", import.meta.url));

/** The folder for what processes ran, when coverage is taken. */
const COVERAGE = process.env["LLMSPELL_TEST_COVERAGE"];

/** The command line that tests run: the bundle, or what is counted in its place. */
export const PROGRAM = COVERAGE === undefined ? BIN : fileURLToPath(new URL("./unbundled.js", import.meta.url));

export interface CliOptions {
  readonly cwd: string;
  /** The whole environment but `PATH` and `HOME`: nothing of this machine comes along. */
  readonly env?: Readonly<Record<string, string>>;
  /** A child that takes longer is killed and the test fails. */
  readonly timeoutMs?: number;
}

export interface CliResult {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly done: Promise<CliResult>;
  /** Resolves as soon as either output contains `text`. */
  saw(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** A folder for one test, with these files in it. */
export async function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "llmspell-test-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return path;
}

/** Starts a program in `cwd` with an environment of its own and nothing on stdin. */
export function start(
  program: string,
  args: readonly string[],
  { cwd, env = {}, timeoutMs = 30_000 }: CliOptions,
): RunningCli {
  const child = spawn(program, args, {
    cwd,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: cwd,
      ...(COVERAGE === undefined ? {} : { NODE_V8_COVERAGE: COVERAGE }),
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      for (const look of waiting) look();
    });
  }
  const done = new Promise<CliResult>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${args.join(" ")} took longer than ${timeoutMs} ms\n${output.stdout}\n${output.stderr}`));
    }, timeoutMs);
    child.on("error", reject);
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, ...output });
    });
  });
  const saw = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (!output.stdout.includes(text) && !output.stderr.includes(text)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
      done.then(() => reject(new Error(`it ended without saying '${text}': ${output.stdout}${output.stderr}`)), reject);
    });
  return { done, saw, kill: (signal) => child.kill(signal) };
}

export const startCli = (args: readonly string[], options: CliOptions): RunningCli =>
  start(process.execPath, [PROGRAM, ...args], options);

/** Runs the built command line to its end. */
export const runCli = (args: readonly string[], options: CliOptions): Promise<CliResult> =>
  startCli(args, options).done;

/** The line that `--json` prints. */
export interface JsonLine {
  readonly ok: boolean;
  readonly value?: unknown;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly file: string | null;
    readonly line: number | null;
    readonly stack: readonly { readonly file: string; readonly line: number; readonly name?: string }[];
  };
  readonly metrics?: Readonly<Record<"fuel" | "memory" | "wall_ms" | "host_calls", number>>;
}

/** Reads what `--json` printed; fails unless that is exactly one line. */
export function jsonOf({ stdout }: CliResult): JsonLine {
  const lines = stdout.split("\n");
  if (lines.length !== 2 || lines[1] !== "") throw new Error(`not one line: ${stdout}`);
  return JSON.parse(lines[0] ?? "") as JsonLine;
}
