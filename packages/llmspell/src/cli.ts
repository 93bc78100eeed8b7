import { Command, CommanderError, Option } from "commander";
import { toSpellError } from "@llmspell/errors";
import type { RunOptions } from "./commands/run.js";
import type { TestOptions } from "./commands/test.js";
import type { TypesOptions } from "./commands/types.js";
import { EXIT, leave } from "./exit.js";
import { ISOLATIONS, SANDBOX_LEVELS } from "./isolation.js";
import { VERSION } from "./version.js";

const collect = (value: string, all: readonly string[]): readonly string[] => [...all, value];

const EXAMPLES = `
Examples:
  $ llmspell run examples/hello.lua
  $ llmspell run examples/hello.js
  $ llmspell run examples/agent-with-tool.lua --param city=Oslo
  $ llmspell run spell.lua --model anthropic:claude-sonnet-5 --allow file.read=./data
  $ llmspell doctor

Without a configured model an offline stand-in answers, so everything can be tried at once.`;

const RUN_HELP = `
A spell starts with no powers but to ask the configured model and to load the
files of its language beside and below it. Grant more with --allow:
  file.read=PATH  file.write=PATH  module=PATH  network=HOST  process=NAME  env=NAME  system=WHAT  mcp=SERVER/TOOL  provider=NAME  model=ID

Limits (all on by default): fuel, memory, time, output, calls, pending, value, depth.

Exit status: 0 fine, 1 the spell failed, 2 wrong usage, 3 a limit, 4 a capability denied, 130 interrupted.`;

const TEST_HELP = `
In a folder, these are files named like greet.test.lua, greet_test.js or greet.spec.ts; a file that is
named runs whatever its name is. What a spell prints goes to stderr, the report to stdout.

Exit status: 0 all passed, 1 some failed, 2 wrong usage or no tests, 3 a limit, 4 a capability denied.`;

const CHECK_HELP = `
It uses the TypeScript compiler of the working directory, and prints FILE:LINE:COLUMN MESSAGE.

Exit status: 0 nothing found, 1 something found, 2 wrong usage or no TypeScript.`;

function program(finish: (status: number) => void): Command {
  const cli = new Command("llmspell")
    .description("Run spells: sandboxed, metered scripts that drive LLM agents, tools and workflows.")
    .version(VERSION, "-v, --version", "show the version")
    .exitOverride()
    .addHelpText("after", EXAMPLES);
  cli
    .command("run")
    .description("run a spell")
    .argument("<file>", "the spell: a file, or a folder with a main file")
    .option("-p, --param <name=value>", "give the spell a parameter (repeatable)", collect, [])
    .option("-m, --model <provider:model>", "the model that answers when the spell names none")
    .option("-a, --allow <capability[=scope]>", "grant a capability (repeatable)", collect, [])
    .option("-l, --limit <name=value>", "set a limit, e.g. time=30s (repeatable)", collect, [])
    .option("-c, --config <file>", "use this configuration file")
    .option("--no-modules", "do not load the files of the spell's folder with require or import")
    .addOption(
      new Option("--isolation <kind>", "run it in this thread, or in one of its own")
        .choices(ISOLATIONS)
        .default("inline"),
    )
    .addOption(
      new Option("--sandbox <level>", "how much of its language's library the spell gets")
        .choices(SANDBOX_LEVELS)
        .default("basic"),
    )
    .option("--json", "print one line of JSON with the result; the spell's own output goes to stderr")
    .option("-q, --quiet", "no logs and no progress")
    .addHelpText("after", RUN_HELP)
    .action(async (file: string, options: RunOptions) => {
      const { runCommand } = await import("./commands/run.js");
      finish(await runCommand(file, options));
    });
  cli
    .command("test")
    .description("run the tests of spells")
    .argument("[paths...]", "files, or folders to look for tests in; the working directory unless given")
    .option("-f, --filter <text>", "only cases with this in their full name")
    .addOption(
      new Option("-r, --reporter <format>", "the form of the report")
        .choices(["text", "json", "tap", "junit"])
        .default("text"),
    )
    .option("--coverage", "say which lines ran")
    .option("-a, --allow <capability[=scope]>", "grant a capability (repeatable)", collect, [])
    .option("-l, --limit <name=value>", "set a limit, e.g. time=30s (repeatable)", collect, [])
    .option("-c, --config <file>", "use this configuration file")
    .addHelpText("after", TEST_HELP)
    .action(async (paths: string[], options: TestOptions) => {
      const { testCommand } = await import("./commands/test.js");
      finish(await testCommand(paths, options));
    });
  cli
    .command("engines")
    .description("list the languages a spell can be written in")
    .action(async () => (await import("./commands/engines.js")).enginesCommand());
  cli
    .command("modules")
    .description("show the script API: all modules, one, or one function")
    .argument("[name]", "e.g. agent or agent.run")
    .action(async (name?: string) => (await import("./commands/modules.js")).modulesCommand(name));
  cli
    .command("types")
    .description("write the script API as declarations, for editors and type checkers")
    .option(
      "-l, --language <language>",
      "javascript (llmspell.d.ts) or lua (for the Lua language server)",
      "javascript",
    )
    .option("-o, --out <folder>", "write them, and what an editor needs unless it is there, into this folder")
    .action(async (options: TypesOptions) => (await import("./commands/types.js")).typesCommand(options));
  cli
    .command("check")
    .description("type-check a JavaScript or TypeScript spell against the script API")
    .argument("<file>", "the spell: a file, or a folder with a main file")
    .addHelpText("after", CHECK_HELP)
    .action(async (file: string) => {
      const { checkCommand } = await import("./commands/check.js");
      if (!(await checkCommand(file))) finish(EXIT.failed);
    });
  cli
    .command("doctor")
    .description("say what is configured, what is missing and what to do next")
    .action(async () => {
      const { doctorCommand } = await import("./commands/doctor.js");
      if (!(await doctorCommand())) finish(EXIT.failed);
    });
  return cli;
}

/** The command line. Ends the process with one of {@link EXIT}. */
export async function main(args: readonly string[]): Promise<void> {
  let status: number = EXIT.ok;
  // A reader such as `head` may leave before everything is written.
  process.stdout.on("error", (error: NodeJS.ErrnoException) =>
    process.exit(error.code === "EPIPE" ? status : EXIT.failed),
  );
  const cli = program((code) => {
    status = code;
  });
  try {
    if (args.length === 0) cli.outputHelp();
    else await cli.parseAsync(args, { from: "user" });
  } catch (thrown) {
    if (thrown instanceof CommanderError) {
      status = thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
    } else {
      const error = toSpellError(thrown);
      process.stderr.write(`error: ${error.message} [${error.code}]\n`);
      status = error.code === "INTERNAL" ? EXIT.failed : EXIT.usage;
    }
  }
  await leave(status);
}
