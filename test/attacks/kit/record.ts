import type { Attack, AttackClass } from "./attack.js";

/** Where the record begins in `docs/security.md`. */
export const RECORD_MARK = "<!-- The record below is written from test/attacks by record.test.ts. -->\n";

const RESULTS: Readonly<Record<string, string>> = {
  fine: "harmless",
  SYNTAX_ERROR: "refused: does not compile",
  SCRIPT_ERROR: "refused: error in the script",
};

const result = (code: string): string => RESULTS[code] ?? `\`${code}\``;

// What a cell of a table cannot hold.
const cell = (text: string): string =>
  text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("*", "\\*").replaceAll("_", "\\_");

const row = ({ name, ends }: Attack): string => `| ${cell(name)} | ${[ends].flat().map(result).join(" or ")} |`;

/** What was tried on one engine. */
export interface AttackRecord {
  readonly language: string;
  readonly classes: readonly AttackClass[];
}

/** The records as Markdown. */
export function renderRecords(records: readonly AttackRecord[]): string {
  return records.map(renderRecord).join("");
}

function renderRecord({ language, classes }: AttackRecord): string {
  const count = classes.reduce((sum, { attacks }) => sum + attacks.length, 0);
  const sections = classes.map(
    ({ title, about, attacks }) =>
      `### ${language}: ${title}\n\n${about}\n\n| attack | result |\n|---|---|\n${attacks.map(row).join("\n")}\n`,
  );
  return `\n## The record of ${language}\n\n${count} attacks on the ${language} engine.\n\n${sections.join("\n")}`;
}
