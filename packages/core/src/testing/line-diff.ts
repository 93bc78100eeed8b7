import { diffArrays } from "diff";

/** Lines around a difference that are shown. */
const CONTEXT = 3;
/** Lines that may differ: beyond it the search takes too long, and nobody reads it. */
const MOST_EDITS = 500;

/**
 * The lines that differ, `-` for those of `before` and `+` for those of `after`, with three
 * equal ones around them; `…` stands for those left out. Nothing when too many differ.
 */
export function lineDiff(before: string[], after: string[]): string[] {
  const parts = diffArrays(before, after, { maxEditLength: MOST_EDITS }) ?? [];
  const marked = parts.flatMap(({ added, removed, value }) =>
    value.map((line) => `${added ? "+" : removed ? "-" : " "}${line}`),
  );
  const near = marked.map((_, at) =>
    marked.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => !line.startsWith(" ")),
  );
  const shown: string[] = [];
  for (const [at, line] of marked.entries()) {
    if (near[at] === true) shown.push(line);
    else if (shown.at(-1) !== "…") shown.push("…");
  }
  return shown;
}
