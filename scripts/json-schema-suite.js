// Runs the official JSON Schema Test Suite, draft 2020-12, with formats.
//
//   npm run build && node scripts/json-schema-suite.js <folder> [--list]
//
// The folder is a checkout of github.com/json-schema-org/JSON-Schema-Test-Suite at the
// commit that `docs/framework/schema.md` names. Prints a row of that page for each file;
// with `--list` each failure too. The exit status is 1 when a file has another number of
// failures than `KNOWN` says.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createValidator } from "@llmspell/core";

const [folder, flag] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node scripts/json-schema-suite.js <folder of the test suite> [--list]");
  process.exit(2);
}

/** Files that do not apply, and why. */
const LEFT_OUT = {
  "dynamicRef.json": "`$dynamicRef` is refused: ajv resolves it wrongly in half of these tests",
  "format.json": "wants formats to be mere annotations; here they are always checked",
  "optional/cross-draft.json": "mixes drafts; every schema is read as 2020-12",
  "optional/dynamicRef.json": "`$dynamicRef` is refused",
  "optional/format/idn-email.json": "the format is not known",
  "optional/format/idn-hostname.json": "the format is not known",
  "optional/format/iri.json": "the format is not known",
  "optional/format/iri-reference.json": "the format is not known",
};

/** How many tests of a file fail, and why. */
const KNOWN = {
  "enum.json": { failed: 6, why: "an empty `enum` is refused" },
  "optional/float-overflow.json": { failed: 1, why: "a number beyond the range of doubles" },
  "optional/format/date-time.json": { failed: 3, why: "leap seconds at hour 24, offsets without minutes" },
  "optional/format/duration.json": { failed: 2, why: "units may be left out in the middle" },
  "optional/format/ecmascript-regex.json": { failed: 1, why: "checks a `pattern` of a schema as a value" },
  "optional/format/email.json": { failed: 5, why: "no quoted local parts, no addresses as domains" },
  "optional/format/hostname.json": { failed: 24, why: "Punycode is not decoded; a dot at the end is allowed" },
  "optional/format/uri-reference.json": { failed: 6, why: "brackets and ports are not checked everywhere" },
  "optional/format/uri-template.json": { failed: 3, why: "some literals and operators" },
  "optional/format/uri.json": { failed: 3, why: "brackets and ports are not checked everywhere" },
  "optional/format/uuid.json": { failed: 1, why: "a `urn:uuid:` before it is allowed" },
  "optional/unknownKeyword.json": { failed: 3, why: "an `$id` inside an unknown keyword counts" },
  "properties.json": { failed: 1, why: "a property of the schema named `__proto__` is not seen" },
  "ref.json": { failed: 8, why: "refused: a `$ref` to a part with an `$id` that itself is one" },
  "unevaluatedItems.json": { failed: 12, why: "`contains`, nested `items` and `if` alone do not count as evaluating" },
  "unevaluatedProperties.json": { failed: 5, why: "`if` alone does not count as evaluating; `$dynamicRef` is refused" },
  "vocabulary.json": { failed: 1, why: "vocabularies are not switched off" },
};

const tests = join(folder, "tests", "draft2020-12");
const files = readdirSync(tests, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.replaceAll("\\", "/"))
  .toSorted();

const validator = createValidator({ schemas: remotes(join(folder, "remotes")) });

/** The schemas that the suite would serve at http://localhost:1234. */
function remotes(root) {
  const names = readdirSync(join(root, "draft2020-12"), { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".json"),
  );
  return names.flatMap((name) => {
    const text = readFileSync(join(root, "draft2020-12", name), "utf8");
    if (text.includes("$dynamicRef")) return [];
    const schema = JSON.parse(text);
    const url = `http://localhost:1234/draft2020-12/${name}`;
    const own = schema.$id === undefined ? url : new URL(schema.$id, url).href;
    return own === url ? [{ ...schema, $id: url }] : [schema, { $id: url, $ref: own }];
  });
}

async function outcome(schema, { data, valid }) {
  try {
    // A schema may be a boolean, which as a whole is nothing that a program would pass.
    const result = await validator.validate(typeof schema === "boolean" ? { allOf: [schema] } : schema, data);
    return result.valid === valid ? undefined : `is ${result.valid ? "valid" : "invalid"}`;
  } catch (error) {
    return error.message;
  }
}

let unexpected = 0;
const totals = { passed: 0, failed: 0 };
console.log("| file | passed | failed | why |\n|---|---|---|---|");
for (const file of files) {
  if (LEFT_OUT[file] !== undefined) {
    console.log(`| \`${file}\` | left out | | ${LEFT_OUT[file]} |`);
    continue;
  }
  const counts = { passed: 0, failed: 0 };
  const problems = [];
  for (const group of JSON.parse(readFileSync(join(tests, file), "utf8"))) {
    for (const test of group.tests) {
      const problem = await outcome(group.schema, test);
      counts[problem === undefined ? "passed" : "failed"]++;
      if (problem !== undefined) problems.push(`  ${group.description}: ${test.description}: ${problem}`);
    }
  }
  totals.passed += counts.passed;
  totals.failed += counts.failed;
  const { failed = 0, why = "" } = KNOWN[file] ?? {};
  console.log(`| \`${file}\` | ${counts.passed} | ${counts.failed} | ${why} |`);
  if (counts.failed !== failed) unexpected++;
  if (counts.failed !== failed || flag === "--list") for (const problem of problems) console.log(problem);
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${unexpected} files with other numbers than known`);
process.exitCode = unexpected > 0 ? 1 : 0;
