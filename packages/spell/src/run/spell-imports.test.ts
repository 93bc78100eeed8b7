import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cast, failureOf, inJavaScript, valueOf } from "../../../../test/support/spell.js";
import { parseGrant } from "../door/capabilities.js";

const TEXT = "export const name = 'text';\n";
const FILES: Readonly<Record<string, string>> = {
  "spell/util.js": "export const name = 'util';",
  "spell/lib/text.js": TEXT,
  "spell/lib/deep.mjs": 'import { name } from "../util.js"; export default "deep " + name;',
  "spell/lib/index.js": "export default 'lib itself';",
  "spell/lib/typed.ts": "export const n: number = 1;",
  "spell/lib/escape.js": 'import "../../secret.js";',
  "spell/lib/late.js": 'export const load = () => import("../../secret.js");',
  "spell/one.js": 'import { two } from "./two.js"; export function one() { return two; }',
  "spell/two.js": 'import { one } from "./one.js"; export const two = typeof one;',
  "spell/agent.js": "export default 'mine';",
  "spell/data.txt": "export default 1",
  "spell/other.lua": "return 1",
  "spell/.hidden/a.js": "export default 'hidden';",
  "secret.js": "export default 'secret';",
  "outside/x.js": "export default 'secret';",
};

let base: string;
let folder: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "llmspell-imports-"));
  folder = join(base, "spell");
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(base, name)), { recursive: true });
    await writeFile(join(base, name), text);
  }
  await symlink("../secret.js", join(folder, "leak.js"));
  await symlink("../outside", join(folder, "leaks"));
  await symlink("data.txt", join(folder, "text.js"));
  await symlink("util.js", join(folder, "alias.js"));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const run = (grants = parseGrant("module")): ReturnType<typeof inJavaScript> => inJavaScript({ folder, grants });

describe("a spell's own modules in JavaScript", () => {
  it.each([
    ["./util.js", "name", "util"],
    ["./util", "name", "util"],
    ["util.js", "name", "util"],
    ["./lib/../util.js", "name", "util"],
    ["./lib/deep.mjs", "default", "deep util"],
    ["lib/deep", "default", "deep util"],
    ["./lib", "default", "lib itself"],
    ["./lib/typed.ts", "n", 1],
    ["./agent.js", "default", "mine"],
  ])("import %j is a file of its folder", async (name, key, value) => {
    expect(await valueOf(`return (await import("${name}")).${key}`, run())).toBe(value);
    expect(await valueOf(`import { ${key} as it } from "${name}"; export default it`, run())).toBe(value);
  });

  it("are one module, by whatever name and through whatever link they are reached", async () => {
    const source = `import * as a from "./util.js"; import * as b from "util"; import * as c from "./alias.js";
      export default [a === b, a === c, a === (await import("./lib/../util.js"))]`;
    expect(await valueOf(source, run())).toEqual([true, true, true]);
  });

  it("may import each other in a circle", async () => {
    expect(await valueOf('import { one } from "./one.js"; export default one()', run())).toBe("function");
  });

  it.each([
    "missing",
    "./missing.js",
    "./data.txt",
    "./other.lua",
    "./text.js",
    "./.hidden/a.js",
    "lib\\\\text.js",
    "node:fs",
    "fs",
    "https://example.com/x.js",
    "file:///etc/passwd",
    "",
  ])("import %j finds nothing", async (name) => {
    expect(await failureOf(`await import("${name}")`, run())).toMatchObject({ code: "NOT_FOUND" });
  });

  it.each(["../secret.js", "./lib/../../secret.js", "/etc/x.js", "./leak.js", "./leaks/x.js", "./lib/escape.js"])(
    "import %j leads out of the folder",
    async (name) => {
      for (const source of [`import "${name}"`, `await import("${name}")`]) {
        const error = await failureOf(source, run());
        expect(error).toMatchObject({ code: "PERMISSION_DENIED" });
        expect(JSON.stringify(error)).not.toContain(base);
      }
    },
  );

  it("cannot reach further from a file of theirs, nor by a name that they give themselves", async () => {
    expect(await failureOf('import { load } from "./lib/late.js"; export default await load()', run())).toMatchObject({
      code: "PERMISSION_DENIED",
      details: { file: "lib/late.js", line: 1 },
    });
    const forged = { ...run(), file: "../../x.js" };
    expect((await failureOf('import "./secret.js"', forged)).code).toMatch(/^(PERMISSION_DENIED|NOT_FOUND)$/);
  });

  it("are written down in the audit log", async () => {
    const { result } = await cast('import "./util.js"; await import("./none.js").catch(() => {})', run());
    expect(result.audit).toMatchObject([
      { function: "import", capability: "module=util.js", decision: "allowed" },
      { function: "import", capability: "module=none.js", decision: "allowed" },
      { function: "[require]", decision: "denied", code: "NOT_FOUND", file: "test.js", line: 1 },
    ]);
  });
});

describe("an allow list of modules", () => {
  const hash = `sha256-${createHash("sha256").update(TEXT).digest("base64")}`;
  const other = `sha256-${createHash("sha256").update("other").digest("base64")}`;
  const source = 'import { name } from "./lib/text.js"; export default name';

  it("lets in what it names, if its content is what it says", async () => {
    expect(await valueOf(source, run(parseGrant(`module=lib/text.js#${hash}`)))).toBe("text");
    const two = [...parseGrant(`module=lib/text.js#${other}`), ...parseGrant(`module=./lib/text.js#${hash}`)];
    expect(await valueOf(source, run(two))).toBe("text");
    expect((await failureOf('import "./util.js"', run(parseGrant(`module=lib/text.js#${hash}`)))).code).toBe(
      "PERMISSION_DENIED",
    );
  });

  it("refuses another content, whatever else is granted, and writes it down", async () => {
    const { result } = await cast(source, run([...parseGrant("module"), ...parseGrant(`module=lib/text.js#${other}`)]));
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: "PERMISSION_DENIED",
        message: `the module 'lib/text.js' is not the one that was granted: it is ${hash}`,
        details: { file: "test.js", line: 1 },
      },
    });
    expect(result.audit).toContainEqual(
      expect.objectContaining({ capability: `module=lib/text.js#${hash}`, decision: "denied" }),
    );
  });

  it("takes hashes that are whole", () => {
    expect(parseGrant("module=a.js#sha256-short")).toEqual([{ capability: "module", scope: "a.js#sha256-short" }]);
    expect(parseGrant(`file.read=a.js#${hash}`)).toEqual([{ capability: "file.read", scope: `a.js#${hash}` }]);
  });
});
