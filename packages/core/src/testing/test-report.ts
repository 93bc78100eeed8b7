import type { SpellError } from "@llmspell/errors";
import type { CaseResult, TestResults } from "./suite.js";

export type ReportFormat = "text" | "json" | "tap" | "junit";

/** The results of tests in one file or several. */
export type FileResults = readonly { file: string; results: TestResults }[];

const fullName = ({ groups, name }: CaseResult): string => [...groups, name].join(" › ");

/** Where a case failed, as `file:line`, when that is known. */
function placeOf({ details }: SpellError): string | undefined {
  const { file, line } = details as { file?: unknown; line?: unknown };
  return typeof file === "string" ? `${file}:${String(line)}` : undefined;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/** The results as text for people, JSON, TAP version 14, or XML in the form of JUnit that CI services read. */
export function testReport(files: FileResults, format: ReportFormat): string {
  switch (format) {
    case "text":
      return textReport(files);
    case "json":
      return JSON.stringify(files.map(({ file, results }) => ({ file, ...results })));
    case "tap":
      return tapReport(files);
    case "junit":
      return junitReport(files);
  }
}

const MARKS = { passed: "✓", failed: "✗", skipped: "-" } as const;

function textReport(files: FileResults): string {
  const lines = files.flatMap(({ file, results }) => [
    file,
    ...results.cases.flatMap((each) => {
      const { status, error, reason } = each;
      const why = reason === undefined ? "" : ` (${reason})`;
      const place = error && placeOf(error);
      const problem = error === undefined ? [] : [error.message, ...(place === undefined ? [] : [`at ${place}`])];
      return [
        `  ${MARKS[status]} ${fullName(each)}${why}`,
        ...problem.flatMap((text) => text.split("\n")).map((line) => `      ${line}`),
      ];
    }),
  ]);
  return `${[...lines, "", summary(files)].join("\n")}\n`;
}

/** `3 passed, 1 failed, 1 skipped` */
function summary(files: FileResults): string {
  const sum = (key: "passed" | "failed" | "skipped"): number =>
    files.reduce((total, { results }) => total + results[key], 0);
  const parts = [`${sum("passed")} passed`];
  if (sum("failed") > 0) parts.push(`${sum("failed")} failed`);
  if (sum("skipped") > 0) parts.push(`${sum("skipped")} skipped`);
  return parts.join(", ");
}

/** https://testanything.org/tap-version-14-specification.html */
function tapReport(files: FileResults): string {
  const all = files.flatMap(({ file, results }) => results.cases.map((each) => ({ file, each })));
  const several = files.length > 1;
  const lines = all.flatMap(({ file, each }, i) => {
    const { status, error, reason = "" } = each;
    const name = `${several ? `${file} › ` : ""}${fullName(each)}`.replaceAll(/[\\#]/g, String.raw`\$&`);
    const line = `${status === "failed" ? "not ok" : "ok"} ${i + 1} - ${oneLine(name)}`;
    if (status === "skipped") return [`${line} # SKIP ${oneLine(reason)}`.trimEnd()];
    if (error === undefined) return [line];
    const place = placeOf(error);
    return [
      line,
      "  ---",
      `  message: ${JSON.stringify(error.message)}`,
      `  code: ${error.code}`,
      ...(place === undefined ? [] : [`  at: ${JSON.stringify(place)}`]),
      "  ...",
    ];
  });
  return `${["TAP version 14", `1..${all.length}`, ...lines].join("\n")}\n`;
}

const oneLine = (text: string): string => text.replaceAll(/[\r\n]+/g, " ");

function junitReport(files: FileResults): string {
  const suites = files.map(({ file, results }) => {
    const { total, failed, skipped, durationMs, cases } = results;
    const counts = `tests="${total}" failures="${failed}" skipped="${skipped}" time="${seconds(durationMs)}"`;
    return [
      `  <testsuite name="${xml(file)}" ${counts}>`,
      ...cases.flatMap((each) => junitCase(file, each)),
      "  </testsuite>",
    ].join("\n");
  });
  return `${['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>", ...suites, "</testsuites>"].join("\n")}\n`;
}

function junitCase(file: string, each: CaseResult): string[] {
  const { groups, name, status, durationMs, error, reason } = each;
  const className = [file, ...groups].join(" › ");
  const head = `    <testcase classname="${xml(className)}" name="${xml(name)}" time="${seconds(durationMs)}"`;
  if (status === "skipped")
    return [
      `${head}>`,
      `      <skipped${reason === undefined ? "" : ` message="${xml(reason)}"`}/>`,
      "    </testcase>",
    ];
  if (error === undefined) return [`${head}/>`];
  const place = placeOf(error);
  return [
    `${head}>`,
    `      <failure type="${error.code}" message="${xml(error.message)}">${xml(place ?? "")}</failure>`,
    "    </testcase>",
  ];
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};

/** Text in XML 1.0, which does not know most control characters. */
const xml = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "�")
    .replaceAll(/[&<>"\n]/g, (character) => ENTITIES[character] ?? character);
