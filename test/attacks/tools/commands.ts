/** An argument that a shell would make something else of. Each would leave a file `pwned`. */
export const ARGUMENTS: readonly string[] = [
  "; touch pwned",
  "& touch pwned",
  "&& touch pwned",
  "|| touch pwned",
  "| touch pwned",
  "\ntouch pwned\n",
  "\r\ntouch pwned",
  "$(touch pwned)",
  "`touch pwned`",
  "${IFS}touch${IFS}pwned",
  "$'\\ntouch pwned'",
  "<(touch pwned)",
  "> pwned",
  ">> pwned",
  "2> pwned",
  "< /etc/passwd > pwned",
  "'; touch pwned; '",
  '"; touch pwned; "',
  "\\; touch pwned",
  "a b; touch pwned",
  "{touch,pwned}",
  "*; touch pwned",
  "~/../; touch pwned",
  "%0atouch pwned",
  "#\ntouch pwned",
  "() { :; }; touch pwned",
  "!touch pwned",
  "^touch^pwned",
  "$((1)); touch pwned",
  "-- ; touch pwned",
];

/** A call of the process tool that must be refused. */
export interface CommandAttack {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly code: "PERMISSION_DENIED" | "INVALID_ARGUMENT" | "VALIDATION_FAILED" | "NOT_FOUND";
}

const run = (command: string, more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  operation: "execute",
  command,
  ...more,
});

/** `echo` and `./tool` are on the list of programs, `sh` is not. */
export const COMMAND_ATTACKS: readonly CommandAttack[] = [
  { name: "a command line as command", args: run("echo; touch pwned"), code: "PERMISSION_DENIED" },
  { name: "a substitution as command", args: run("$(touch pwned)"), code: "PERMISSION_DENIED" },
  { name: "another program", args: run("touch", { args: ["pwned"] }), code: "PERMISSION_DENIED" },
  { name: "a shell as program", args: run("sh", { args: ["-c", "touch pwned"] }), code: "PERMISSION_DENIED" },
  { name: "a shell by path", args: run("/bin/sh", { args: ["-c", "touch pwned"] }), code: "PERMISSION_DENIED" },
  { name: "the program by another path", args: run("../bin/echo"), code: "PERMISSION_DENIED" },
  { name: "capitals", args: run("ECHO"), code: "PERMISSION_DENIED" },
  { name: "a space after the name", args: run("echo "), code: "PERMISSION_DENIED" },
  { name: "a program in the working folder", args: run("./tool"), code: "INVALID_ARGUMENT" },
  { name: "NUL in the command", args: run("echo\0touch"), code: "PERMISSION_DENIED" },
  { name: "NUL in an argument", args: run("echo", { args: ["a\0b"] }), code: "INVALID_ARGUMENT" },
  {
    name: "the shell that was not granted",
    args: { operation: "shell", script: "touch pwned" },
    code: "PERMISSION_DENIED",
  },
  { name: "an option of the runtime", args: run("echo", { shell: true }), code: "VALIDATION_FAILED" },
  { name: "arguments that are no list", args: run("echo", { args: "; touch pwned" }), code: "VALIDATION_FAILED" },
  { name: "arguments that are no texts", args: run("echo", { args: [{ toString: "x" }] }), code: "VALIDATION_FAILED" },
  { name: "a preloaded library", args: run("echo", { env: { LD_PRELOAD: "./evil.so" } }), code: "PERMISSION_DENIED" },
  { name: "another PATH", args: run("echo", { env: { PATH: "." } }), code: "PERMISSION_DENIED" },
  { name: "options of Node", args: run("echo", { env: { NODE_OPTIONS: "-r ./evil" } }), code: "PERMISSION_DENIED" },
  { name: "a start-up file", args: run("echo", { env: { BASH_ENV: "./evil" } }), code: "PERMISSION_DENIED" },
  {
    name: "a function in the environment",
    args: run("echo", { env: { "BASH_FUNC_x%%": "() {" } }),
    code: "PERMISSION_DENIED",
  },
  { name: "a folder above", args: run("echo", { cwd: ".." }), code: "PERMISSION_DENIED" },
  { name: "an absolute folder", args: run("echo", { cwd: "/etc" }), code: "PERMISSION_DENIED" },
  { name: "a link to a folder outside", args: run("echo", { cwd: "out" }), code: "PERMISSION_DENIED" },
  { name: "NUL in the folder", args: run("echo", { cwd: "a\0b" }), code: "INVALID_ARGUMENT" },
  { name: "a process of somebody else", args: { operation: "kill", id: "1" }, code: "NOT_FOUND" },
];
