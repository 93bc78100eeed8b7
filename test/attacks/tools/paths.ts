/** A path that must not lead out of the folder of the file tool. */
export interface PathAttack {
  readonly name: string;
  /** `ROOT` stands for the folder, `BASE` for the one around it, which holds `secret.txt`. */
  readonly path: string;
  /** How it ends: refused, or a name like any other that does not exist. */
  readonly code: "PERMISSION_DENIED" | "NOT_FOUND" | "INVALID_ARGUMENT" | "VALIDATION_FAILED" | "IO_ERROR";
  /** Links that are made in the folder first. */
  readonly links?: Readonly<Record<string, string>>;
}

export const PATH_ATTACKS: readonly PathAttack[] = [
  { name: "one up", path: "../secret.txt", code: "PERMISSION_DENIED" },
  { name: "many up", path: "../../../../../../../../etc/passwd", code: "PERMISSION_DENIED" },
  { name: "up through a folder", path: "inner/../../secret.txt", code: "PERMISSION_DENIED" },
  { name: "up through nothing", path: "none/../../secret.txt", code: "PERMISSION_DENIED" },
  { name: "up with doubled slashes", path: "inner//..//..//secret.txt", code: "PERMISSION_DENIED" },
  { name: "up with dots between", path: "./inner/./.././../secret.txt", code: "PERMISSION_DENIED" },
  { name: "up at the end", path: "inner/../..", code: "PERMISSION_DENIED" },
  { name: "the folder around", path: "..", code: "PERMISSION_DENIED" },
  { name: "absolute", path: "/etc/passwd", code: "PERMISSION_DENIED" },
  { name: "absolute, doubled slash", path: "//etc/passwd", code: "PERMISSION_DENIED" },
  { name: "absolute beside the root", path: "BASE/secret.txt", code: "PERMISSION_DENIED" },
  { name: "absolute through the root", path: "ROOT/../secret.txt", code: "PERMISSION_DENIED" },
  { name: "a folder whose name begins like the root", path: "../root-sibling/secret.txt", code: "PERMISSION_DENIED" },
  { name: "the process's own root", path: "/proc/self/root/./etc/passwd", code: "PERMISSION_DENIED" },
  { name: "the process's environment", path: "/proc/self/environ", code: "PERMISSION_DENIED" },
  { name: "a standard device", path: "/dev/stdin", code: "PERMISSION_DENIED" },
  { name: "NUL that cuts the name", path: "inner/ok.txt\0../../secret.txt", code: "INVALID_ARGUMENT" },
  { name: "NUL after an allowed end", path: "../secret.txt\0.txt", code: "INVALID_ARGUMENT" },
  { name: "percent-encoded dots", path: "%2e%2e/secret.txt", code: "NOT_FOUND" },
  { name: "percent-encoded slash", path: "..%2fsecret.txt", code: "NOT_FOUND" },
  { name: "percent-encoded twice", path: "%252e%252e%252fsecret.txt", code: "NOT_FOUND" },
  { name: "overlong UTF-8 in words", path: "..%c0%afsecret.txt", code: "NOT_FOUND" },
  { name: "backslashes", path: "..\\..\\secret.txt", code: "NOT_FOUND" },
  { name: "a drive letter", path: "C:\\Windows\\win.ini", code: "NOT_FOUND" },
  { name: "a network share", path: "\\\\host\\share", code: "NOT_FOUND" },
  { name: "full-width dots", path: "．．/secret.txt", code: "NOT_FOUND" },
  { name: "division slash", path: "..∕secret.txt", code: "NOT_FOUND" },
  { name: "three dots", path: ".../secret.txt", code: "NOT_FOUND" },
  { name: "four dots and slashes", path: "....//secret.txt", code: "NOT_FOUND" },
  { name: "a tilde", path: "~/secret.txt", code: "NOT_FOUND" },
  { name: "a tilde with a name", path: "~root/.bashrc", code: "NOT_FOUND" },
  { name: "a variable", path: "$HOME/secret.txt", code: "NOT_FOUND" },
  { name: "a command in a name", path: "$(cat ../secret.txt)", code: "NOT_FOUND" },
  { name: "a URL of a file", path: "file:///etc/passwd", code: "NOT_FOUND" },
  { name: "more folders than handles", path: "inner/".repeat(600), code: "IO_ERROR" },
  { name: "an empty path", path: "", code: "VALIDATION_FAILED" },
  { name: "too long a path", path: "a/".repeat(4000), code: "VALIDATION_FAILED" },
  { name: "too long a name", path: "a".repeat(300), code: "IO_ERROR" },
  { name: "link to a file outside", path: "l", links: { l: "../secret.txt" }, code: "PERMISSION_DENIED" },
  { name: "absolute link outside", path: "l", links: { l: "BASE/secret.txt" }, code: "PERMISSION_DENIED" },
  { name: "link to the folder around", path: "l/secret.txt", links: { l: ".." }, code: "PERMISSION_DENIED" },
  { name: "link to the root of the system", path: "l/etc/passwd", links: { l: "/" }, code: "PERMISSION_DENIED" },
  { name: "link over a link", path: "a", links: { a: "b", b: "c", c: "../secret.txt" }, code: "PERMISSION_DENIED" },
  { name: "link in a folder", path: "inner/l/secret.txt", links: { "inner/l": "../.." }, code: "PERMISSION_DENIED" },
  { name: "dots after a link", path: "l/x", links: { l: "inner/../../" }, code: "PERMISSION_DENIED" },
  {
    name: "dots through a linked folder",
    path: "l/secret.txt",
    links: { l: "inner/../.." },
    code: "PERMISSION_DENIED",
  },
  { name: "link to itself", path: "l", links: { l: "l" }, code: "PERMISSION_DENIED" },
  { name: "two links in a circle", path: "a/x", links: { a: "b", b: "a" }, code: "PERMISSION_DENIED" },
  { name: "dangling link outside", path: "l", links: { l: "../new.txt" }, code: "PERMISSION_DENIED" },
  {
    name: "link to the process's folder",
    path: "l/secret.txt",
    links: { l: "/proc/self/cwd" },
    code: "PERMISSION_DENIED",
  },
  { name: "link to a descriptor", path: "l", links: { l: "/proc/self/fd/0" }, code: "PERMISSION_DENIED" },
];
