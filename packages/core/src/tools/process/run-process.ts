import { SpellError, onAbort } from "@llmspell/errors";
import type { ChildProcess } from "node:child_process";
import { abortError } from "../../abort.js";

/** A program to run. */
export interface ProcessRequest {
  /** A name that is looked for in the folders of `env.PATH`, or an absolute path. Never read by a shell. */
  command: string;
  args?: readonly string[];
  cwd: string;
  /** All of its environment. */
  env: Readonly<Record<string, string>>;
  stdin?: string;
  /** Bytes of stdout and of stderr that are kept; the process is ended when it writes more. 1 MiB by default. */
  maxOutputBytes?: number;
  signal: AbortSignal;
  /** Takes stdout as it comes; the process is ended when it throws, and `done` rejects with that. */
  onStdout?: (chunk: Buffer) => void;
}

export interface ProcessResult {
  /** Exit status; null when a signal ended it. */
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** A process that runs, as the head of a group of its own. */
export interface RunningProcess {
  pid: number;
  done: Promise<ProcessResult>;
  stdout(): string;
  stderr(): string;
  /** Ends the process and all that it started and that stayed in its group. */
  kill(): void;
}

/**
 * Starts a program without a shell. When `signal` aborts, or it writes too much, the
 * whole group is killed.
 *
 * `done` rejects with what the signal says (`TIMEOUT`, `CANCELLED`), with `TOO_LARGE`, or with what `onStdout` threw.
 *
 * @throws SpellError `NOT_FOUND` when there is no such program or folder; `PERMISSION_DENIED`; `IO_ERROR`; `INVALID_ARGUMENT`.
 */
export async function startProcess(request: ProcessRequest): Promise<RunningProcess> {
  const { command, args = [], cwd, env, stdin, signal, onStdout, maxOutputBytes = 1024 * 1024 } = request;
  const { spawn } = await import("node:child_process");
  if (signal.aborted) throw abortError(signal);
  let child: ChildProcess;
  try {
    child = spawn(command, args, { cwd, env, shell: false, detached: true, stdio: "pipe", windowsHide: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_INVALID_ARG_VALUE") throw startError(error as NodeJS.ErrnoException, command);
    // A NUL character.
    throw new SpellError("INVALID_ARGUMENT", "the command or its arguments hold characters that are not allowed");
  }
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const text = (stream: keyof typeof output): string => Buffer.concat(output[stream]).toString("utf8");
  let failure: unknown;
  let isOver = false;
  const end = (reason?: unknown): void => {
    failure ??= reason;
    // The number of what has ended may be that of another process by now.
    if (!isOver) killGroup(child);
  };

  for (const stream of ["stdout", "stderr"] as const) {
    let bytes = 0;
    child[stream]?.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxOutputBytes)
        return end(
          new SpellError("TOO_LARGE", `the process wrote more than ${maxOutputBytes} bytes`, { details: { stream } }),
        );
      output[stream].push(chunk);
      if (stream !== "stdout") return;
      try {
        onStdout?.(chunk);
      } catch (error) {
        end(error);
      }
    });
  }
  // A program that ends before it has read everything is no failure.
  child.stdin?.on("error", () => {}).end(stdin ?? "");

  const started = new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (error: NodeJS.ErrnoException) => reject(startError(error, command)));
  });
  const giveUp = (): void => end(abortError(signal));
  onAbort(signal, giveUp);
  const done = new Promise<ProcessResult>((resolve, reject) => {
    let exit: [number | null, string | null] = [null, null];
    const finish = (): void => {
      signal.removeEventListener("abort", giveUp);
      if (failure !== undefined) return reject(failure);
      const [code, by] = exit;
      resolve({ code, signal: by, stdout: text("stdout"), stderr: text("stderr") });
    };
    child.once("exit", (code, by) => {
      exit = [code, by];
      // Whatever it left behind in its group would hold the pipes, and outlive the call.
      killGroup(child);
      isOver = true;
      // What left the group as well must not keep this waiting. What was written before (at most
      // a pipe full) is read between the timer and the immediate, however late the timer is.
      const release = (): void => [child.stdout, child.stderr].forEach((pipe) => pipe?.destroy());
      setTimeout(() => setImmediate(release), LINGER_MS).unref();
    });
    child.once("close", finish);
  });
  done.catch(() => {});
  await started;
  return {
    pid: child.pid ?? 0,
    done,
    stdout: () => text("stdout"),
    stderr: () => text("stderr"),
    kill: () => end(),
  };
}

/** Milliseconds that output is waited for after the end of the process itself. */
const LINGER_MS = 250;

/** Runs a program to its end. @throws SpellError as {@link startProcess} and its `done`. */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  return await (
    await startProcess(request)
  ).done;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Nobody is left; or there are no groups (Windows), and the child alone must do.
    child.kill("SIGKILL");
  }
}

function startError(error: NodeJS.ErrnoException, command: string): SpellError {
  if (error.code === "ENOENT" || error.code === "ENOTDIR")
    return new SpellError("NOT_FOUND", `there is no program '${command}', or no such folder`);
  if (error.code === "EACCES") return new SpellError("PERMISSION_DENIED", `'${command}' may not be run`);
  if (error.code === "E2BIG") return new SpellError("INVALID_ARGUMENT", `the arguments of '${command}' are too long`);
  return new SpellError("IO_ERROR", `'${command}' could not be started (${error.code ?? "unknown"})`);
}
