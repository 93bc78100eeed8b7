// What is installed with llmspell: where it comes from, that nothing of it runs at its
// installation, its licenses, and the advisories that npm knows of it.
//
//   npm run security-audit               everything; needs the registry
//   npm run security-audit -- --offline  all but the advisories
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const LICENSES = new Set([
  "MIT",
  "ISC",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "0BSD",
  "Unlicense",
  "BlueOak-1.0.0",
]);
// What the lock file means where it names no place.
const REGISTRY = "https://registry.npmjs.org/";
const SERIOUS = new Set(["high", "critical"]);

const lock = JSON.parse(readFileSync(process.env["LOCKFILE"] ?? `${ROOT}package-lock.json`, "utf8"));
const shipped = Object.entries(lock.packages).filter(
  ([where, { dev, link }]) => where.includes("node_modules/") && dev !== true && link !== true,
);
const problems = shipped.flatMap(([where, entry]) => {
  const name = where.slice(where.lastIndexOf("node_modules/") + "node_modules/".length);
  const about = `${name}@${entry.version}`;
  const { resolved = REGISTRY, integrity = "", hasInstallScript, license = "none" } = entry;
  return [
    ...(resolved.startsWith(REGISTRY) ? [] : [`${about} comes from '${resolved}'`]),
    ...(integrity.startsWith("sha512-") ? [] : [`${about} has no sha512`]),
    ...(hasInstallScript === true ? [`${about} runs a script when it is installed`] : []),
    ...(mayBeUsed(license) ? [] : [`${about} has the license ${license}`]),
  ];
});
console.log(`${shipped.length} packages are installed with llmspell`);
for (const problem of problems) console.log(`  ${problem}`);
let status = problems.length === 0 ? 0 : 1;

if (!process.argv.includes("--offline")) {
  const report = await advisories();
  if (report === undefined) {
    console.log("the advisories could not be asked for");
    status ||= 2;
  } else {
    for (const [name, { severity, range }] of Object.entries(report)) console.log(`  ${severity}: ${name} ${range}`);
    if (Object.values(report).some(({ severity }) => SERIOUS.has(severity))) status = 1;
  }
}
process.exitCode = status;

/** An expression of SPDX, as far as packages write them. */
function mayBeUsed(license) {
  const alternatives = license.replaceAll(/[()]/g, "").split(" OR ");
  return alternatives.some((each) => each.split(" AND ").every((name) => LICENSES.has(name)));
}

/** Packages with advisories, by name; undefined when the registry does not answer. */
async function advisories() {
  const options = { cwd: ROOT, maxBuffer: 64 * 1024 * 1024, timeout: 120_000 };
  // It ends with 1 when it finds something, so what it prints decides.
  const { stdout } = await promisify(execFile)("npm", ["audit", "--omit=dev", "--json"], options).catch(
    (error) => error,
  );
  try {
    return JSON.parse(stdout).vulnerabilities;
  } catch {
    return undefined;
  }
}
