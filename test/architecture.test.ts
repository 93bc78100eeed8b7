import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import { isErrorCode } from "@llmspell/errors";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** What each package may import of the others: the table of the architecture. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  engine: ["errors"],
  "engine-lua": ["errors", "engine"],
  "engine-js": ["errors", "engine"],
  core: ["errors"],
  spell: ["errors", "engine", "core"],
  llmspell: ["errors", "engine", "engine-lua", "engine-js", "core", "spell"],
};

// Files of this commit and those about to be added; none that git ignores.
const FILES = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter(Boolean);

const read = (file: string): string => {
  try {
    return readFileSync(new URL(`../${file}`, import.meta.url), "utf8");
  } catch {
    // Deleted but not yet committed.
    return "";
  }
};

interface PackageJson {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const manifest = (file: string): PackageJson => JSON.parse(read(file)) as PackageJson;
const ownName = (specifier: string): string | undefined =>
  /^(?:@llmspell\/([\w-]+)|(llmspell))(?:\/|$)/.exec(specifier)?.slice(1).find(Boolean);

/** Sources that are shipped: tests and what only they use may import anything. */
const sources = (folder: string): string[] =>
  FILES.filter(
    (file) =>
      file.startsWith(folder) &&
      /\.tsx?$/.test(file) &&
      !file.endsWith(".test.ts") &&
      // The test kit of core is shipped.
      (!file.includes("/testing/") || /^packages\/core\/src\/testing\/[^/]+$/.test(file)) &&
      !file.includes("/conformance/"),
  );

/** Every module that a source names: import, export from, import(), require; comments left out. */
function imports(file: string): string[] {
  const text = read(file)
    .replace(/^\s*\/\*\*[^]*?\*\//gm, "")
    .replace(/^\s*\/\/.*$/gm, "");
  const forms = [
    /^(?:import|export)\b[^"'`;]*?\bfrom\s*["']([^"']+)["']/gm,
    /^import\s*["']([^"']+)["']/gm,
    /\bimport\(\s*["'`]([^"'`]+)["'`]/g,
    // In a test it is Lua's own, inside the source of a spell.
    ...(file.endsWith(".test.ts") ? [] : [/\brequire\(\s*["'`]([^"'`]+)["'`]/g]),
  ];
  return forms.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] ?? ""));
}

describe("the packages", () => {
  it("are those of the table", () => {
    const found = FILES.flatMap((file) => /^packages\/([^/]+)\/package\.json$/.exec(file)?.[1] ?? []);
    expect(found.toSorted()).toEqual(Object.keys(MAY_IMPORT).toSorted());
  });

  it.each(Object.entries(MAY_IMPORT))("%s depends on nothing of ours but %j", (name, allowed) => {
    const {
      dependencies = {},
      optionalDependencies = {},
      peerDependencies = {},
    } = manifest(`packages/${name}/package.json`);
    const ours = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).flatMap(
      (dependency) => ownName(dependency) ?? [],
    );
    expect(ours.filter((dependency) => !allowed.includes(dependency))).toEqual([]);
  });

  it.each(Object.entries(MAY_IMPORT))("QA-11: %s imports nothing of ours but %j", (name, allowed) => {
    const files = sources(`packages/${name}/src/`);
    expect(files.length).toBeGreaterThan(0);
    const wrong = files.flatMap((file) =>
      imports(file).flatMap((specifier) => {
        const ours = ownName(specifier);
        return ours !== undefined && !allowed.includes(ours) ? [`${file}: ${specifier}`] : [];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it.each(Object.keys(MAY_IMPORT))("%s declares every package that it imports, and stays inside itself", (name) => {
    const {
      dependencies = {},
      optionalDependencies = {},
      peerDependencies = {},
    } = manifest(`packages/${name}/package.json`);
    const declared = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    const wrong = sources(`packages/${name}/src/`).flatMap((file) =>
      imports(file).flatMap((specifier) => {
        if (specifier.startsWith("node:")) return [];
        if (specifier.startsWith(".")) {
          const target = new URL(specifier, new URL(`../${file}`, import.meta.url)).pathname;
          return target.includes(`/packages/${name}/`) ? [] : [`${file}: ${specifier}`];
        }
        const owner = specifier.startsWith("@")
          ? specifier.split("/").slice(0, 2).join("/")
          : (specifier.split("/")[0] ?? "");
        return declared.includes(owner) ? [] : [`${file}: ${specifier}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe("the modules of the script API", () => {
  const files = sources("packages/spell/src/modules/");

  it("QA-11: reach for nothing outside: no file, network, process, clock or entropy", () => {
    expect(files.length).toBeGreaterThan(5);
    const wrong = files.flatMap((file) =>
      imports(file)
        .filter((specifier) => !specifier.startsWith(".") && !specifier.startsWith("@llmspell/"))
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });

  it("QA-11: use no global that does", () => {
    const wrong = files.flatMap((file) => {
      const found =
        /\b(fetch\(|process\.|globalThis|XMLHttpRequest|WebSocket|Math\.random|crypto\.|Date\.now|new Date|eval\(|new Function)/.exec(
          // Examples, which are scripts, may name what they like.
          read(file).replaceAll(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""'),
        );
      return found === null ? [] : [`${file}: ${found[0]}`];
    });
    expect(wrong).toEqual([]);
  });
});

describe("the repository", () => {
  const manifests = FILES.filter((file) => /(^|\/)package\.json$/.test(file));

  it("pins every dependency exactly", () => {
    expect(manifests.length).toBeGreaterThanOrEqual(7);
    const loose = manifests.flatMap((file) => {
      const { dependencies = {}, devDependencies = {}, optionalDependencies = {} } = manifest(file);
      return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
        .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
        .map(([name, version]) => `${file}: ${name} ${version}`);
    });
    expect(loose).toEqual([]);
  });

  it("PROD-2: throws the one class of errors, with codes of the one list", () => {
    // Signals inside of an engine that become such an error before anybody sees them, and one that Node must see.
    const signals = new Set(["GuestKilled", "InterpreterAborted", "ListenerFailure", "Stopped"]);
    const wrong = FILES.filter((file) => /^packages\/[^/]+\/src\/.*\.ts$/.test(file))
      .filter((file) => !/\.test\.ts$|\/(testing|conformance)\//.test(file))
      .flatMap((file) =>
        [
          ...read(file).matchAll(
            /\bthrow new (\w*(?:Error|Killed|Aborted|Failure|Stopped)\b)(?:<[^>]*>)?\(\s*("[A-Z_]+")?/g,
          ),
        ].flatMap(([found, name = "", code]) =>
          (name === "SpellError" && (code === undefined || isErrorCode(code.slice(1, -1)))) || signals.has(name)
            ? []
            : [`${file}: ${found}`],
        ),
      );
    // Caught where it is thrown; read by Node.
    expect(wrong).toEqual([
      "packages/core/src/tools/feed/parse-feed.ts: throw new Error(",
      "packages/llmspell/src/typescript-hooks.ts: throw new SyntaxError(",
    ]);
  });

  it("QA-3: skips no test, but for a system that cannot run it", () => {
    const tests = FILES.filter((file) => file.endsWith(".test.ts"));
    expect(tests.length).toBeGreaterThan(100);
    const skipped = tests.flatMap((file) =>
      [...read(file).matchAll(/\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|only|todo|fails|runIf|skipIf)\b\(([^)]*)/g)]
        .filter(([call, condition = ""]) => !/skipIf|runIf/.test(call) || !condition.includes("process.platform"))
        .map(([call]) => `${file}: ${call}`),
    );
    expect(skipped).toEqual([]);
  });

  it("names no path of the machine it was made on", () => {
    const escaped = homedir().replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const paths = [/\/work\/\w/, ...(escaped.length > 1 ? [new RegExp(`${escaped}/\\w`)] : [])];
    const binary = /\.(png|jpe?g|gif|ico|wasm|warm|woff2?)$/;
    const wrong = FILES.filter((file) => !binary.test(file) && file !== "package-lock.json").flatMap((file) => {
      const text = read(file);
      return paths.flatMap((path) => path.exec(text)?.[0] ?? []).map((path) => `${file}: ${path}`);
    });
    expect(wrong).toEqual([]);
  });

  it("has imports that end in .js, as Node wants them", () => {
    const wrong = FILES.filter((file) => /^(packages|test|bench|scripts)\/.*\.ts$/.test(file)).flatMap((file) =>
      imports(file)
        .filter((specifier) => specifier.startsWith(".") && !/\.(js|json)$/.test(specifier))
        .map((specifier) => `${file}: ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});
