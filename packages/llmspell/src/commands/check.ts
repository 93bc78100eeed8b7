import { execFile } from "node:child_process";
import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { SpellError } from "@llmspell/errors";
import { readSpell } from "@llmspell/spell";
import { EXTENSIONS } from "../engines.js";
import { TYPES_FILE, compilerOptions, scriptTypes } from "../typescript.js";
import { writeNow } from "../write.js";

const CHECKED = [".ts", ".js", ".mjs"];
const PROBLEM = /^(.+?)\((\d+),(\d+)\): error TS(\d+): (.*)$/;
/** A `return` at the top: a spell may be the body of a function. */
const RETURN = "1108";
const MAX_OUTPUT = 16 * 1024 * 1024;

const MISSING = `TypeScript is not installed here: install it with 'npm install --save-dev typescript'`;

/** `llmspell check SPELL`: type-checks a spell against the script API. Returns whether there is nothing wrong with it. */
export async function checkCommand(path: string): Promise<boolean> {
  const { folder, name, extension } = await readSpell(path, EXTENSIONS);
  if (!CHECKED.includes(extension)) {
    throw new SpellError("UNSUPPORTED", `${path}: only JavaScript and TypeScript can be checked, not '${extension}'`);
  }
  const compiler = await findCompiler();
  const project = await realpath(await mkdtemp(join(tmpdir(), "llmspell-check-")));
  try {
    await writeFile(join(project, TYPES_FILE), scriptTypes()[TYPES_FILE]);
    const config = {
      compilerOptions: compilerOptions(extension === ".ts"),
      files: [TYPES_FILE, resolve(folder, name)],
    };
    await writeFile(join(project, "tsconfig.json"), JSON.stringify(config));
    const problems = problemsIn(await compile(compiler, project), project);
    writeNow(1, problems.map((problem) => `${problem}\n`).join(""));
    return problems.length === 0;
  } finally {
    await rm(project, { recursive: true, force: true });
  }
}

/** The compiler that belongs to this program, else the one of the working directory. */
async function findCompiler(): Promise<string> {
  for (const from of [import.meta.url, join(process.cwd(), "package.json")]) {
    try {
      const file = createRequire(from).resolve("typescript/package.json");
      const { bin } = JSON.parse(await readFile(file, "utf8")) as { bin?: { tsc?: string } };
      if (bin?.tsc !== undefined) return join(dirname(file), bin.tsc);
    } catch {
      // Not there, or not what it should be.
    }
  }
  throw new SpellError("NOT_FOUND", MISSING);
}

function compile(compiler: string, project: string): Promise<string> {
  const args = [compiler, "-p", project, "--pretty", "false"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: MAX_OUTPUT }, (error, stdout, stderr) => {
      // It ends with 1 or 2 when it has found something.
      if (error !== null && typeof error.code !== "number") reject(error);
      else if (stdout === "" && stderr !== "")
        reject(new SpellError("IO_ERROR", `TypeScript failed: ${stderr.trim()}`));
      else resolve(stdout);
    });
  });
}

/** `file:line:col message`, for each thing that TypeScript has found. */
function problemsIn(output: string, project: string): string[] {
  const problems: string[] = [];
  let isShown = false;
  for (const line of output.split("\n")) {
    const [, file, row, column, code, message] = PROBLEM.exec(line) ?? [];
    if (file !== undefined) {
      isShown = code !== RETURN;
      if (isShown) problems.push(`${shown(file, project)}:${row}:${column} ${message} [TS${code}]`);
    } else if (/^\S/.test(line)) {
      isShown = true;
      problems.push(line); // of the project as a whole
    } else if (isShown && line.trim() !== "") {
      problems[problems.length - 1] += `\n${line}`;
    }
  }
  return problems;
}

/** TypeScript names files relative to the working directory; the made ones are nobody's business. */
function shown(file: string, project: string): string {
  const absolute = resolve(file);
  return absolute.startsWith(project) ? TYPES_FILE : relative(process.cwd(), absolute);
}
