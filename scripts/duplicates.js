// What is written more than once: runs of lines that are the same in two places, blanks,
// comments, imports and lines without a word left out.
//
//   npm run duplicates                        of the sources of all packages
//   npm run duplicates -- --least 12 folder   runs of at least 12 lines, in a folder
//   npm run duplicates -- --most 1            fails when more than 1 % of the lines are repeats
import { readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  options: {
    least: { type: "string", default: "8" },
    most: { type: "string" },
    json: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const least = Number(values.least);
const folders = positionals.length > 0 ? positionals : packageSources();
const files = folders.flatMap((folder) => sourcesIn(path.resolve(folder)));
const { clones, repeated, lines } = findClones(files.map((file) => ({ file, lines: meaningful(file) })));
const percent = lines === 0 ? 0 : (100 * repeated) / lines;

if (values.json) {
  console.log(JSON.stringify({ lines, repeated, percent, clones }, null, 2));
} else {
  for (const { length, places } of clones) console.log(`${length} lines\n  ${places.join("\n  ")}`);
  console.log(`${repeated} of ${lines} lines are repeats: ${percent.toFixed(2)} %`);
}
if (values.most !== undefined && percent > Number(values.most)) process.exitCode = 1;

function packageSources() {
  return readdirSync(`${ROOT}packages`).map((name) => `${ROOT}packages/${name}/src`);
}

function sourcesIn(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.[jt]s$/.test(file) && !/\.test\.ts$|\.d\.ts$|(^|[\\/])(node_modules|dist)[\\/]/.test(file))
    .map((file) => path.join(folder, file))
    .toSorted();
}

/** The lines that say something, with their numbers. */
function meaningful(file) {
  const text = readFileSync(file, "utf8")
    .replaceAll(/\/\*[^]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ""))
    .replaceAll(/^(import|export)\b[^;{]*(\{[^}]*\})?[^;{]*\bfrom\b[^;]*;/gm, (form) => form.replaceAll(/[^\n]/g, ""));
  return text.split("\n").flatMap((line, index) => {
    const said = line.replace(/^\s*\/\/.*$/, "").trim();
    return /\w/.test(said) ? [{ said, number: index + 1 }] : [];
  });
}

/** Runs of `least` lines or more that come again, the longest first. */
function findClones(sources) {
  const seen = new Map();
  const clones = [];
  let [repeated, all] = [0, 0];
  const place = ({ file, lines: own }, at, length) =>
    `${path.relative(ROOT, file)}:${own[at].number}-${own[at + length - 1].number}`;
  for (const source of sources) {
    const own = source.lines;
    all += own.length;
    for (let at = 0; at + least <= own.length;) {
      const key = keyOf(own, at);
      const first = seen.get(key);
      if (first === undefined || overlaps(first, source, at)) {
        if (first === undefined) seen.set(key, { source, at });
        at++;
        continue;
      }
      let length = least;
      while (
        own[at + length]?.said !== undefined &&
        own[at + length].said === first.source.lines[first.at + length]?.said
      )
        length++;
      clones.push({ length, places: [place(first.source, first.at, length), place(source, at, length)] });
      repeated += length;
      at += length;
    }
  }
  return { clones: clones.toSorted((a, b) => b.length - a.length), repeated, lines: all };
}

function overlaps(first, source, at) {
  return first.source === source && at < first.at + least;
}

function keyOf(own, at) {
  return own
    .slice(at, at + least)
    .map(({ said }) => said)
    .join("\n");
}
