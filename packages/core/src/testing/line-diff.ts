/** Lines around a difference that are shown. */
const CONTEXT = 3;

/**
 * The lines that differ, `-` for those of `before` and `+` for those of `after`, with three
 * equal ones around them; `…` stands for those left out. Quadratic in what lies between
 * the first and the last difference.
 */
export function lineDiff(before: readonly string[], after: readonly string[]): string[] {
  const marked = markedLines(before, after);
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

/** All lines, by the longest common subsequence of the two. */
function markedLines(before: readonly string[], after: readonly string[]): string[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  const [left, right] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];

  // lengths[i][j]: how many lines left[i..] and right[j..] have in common.
  const lengths = Array.from({ length: left.length + 1 }, () => new Uint32Array(right.length + 1));
  const common = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    const row = lengths[i];
    if (row === undefined) continue;
    for (let j = right.length - 1; j >= 0; j--)
      row[j] = left[i] === right[j] ? common(i + 1, j + 1) + 1 : Math.max(common(i + 1, j), common(i, j + 1));
  }
  const lines: string[] = before.slice(0, start).map((line) => ` ${line}`);
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) {
      lines.push(` ${left[i++]}`);
      j++;
    } else if (i < left.length && (j === right.length || common(i + 1, j) >= common(i, j + 1))) {
      lines.push(`-${left[i++]}`);
    } else {
      lines.push(`+${right[j++]}`);
    }
  }
  return [...lines, ...before.slice(before.length - end).map((line) => ` ${line}`)];
}
