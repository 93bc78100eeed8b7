/**
 * The entry of `known` most like `name` for a "did you mean", or `undefined`
 * when none is close: at most a third of the letters may differ.
 */
function nearest(name: string, known: Iterable<string>): string | undefined {
  const wanted = fold(name);
  let best: string | undefined;
  let bestDistance = Math.floor(Math.max(3, wanted.length) / 3) + 1;
  let looked = 0;
  for (const candidate of known) {
    if (++looked > MOST_CANDIDATES) break;
    const folded = fold(candidate);
    // They differ by at least so many letters.
    if (Math.abs(folded.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, folded);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** A guess is worth milliseconds, not more. */
const MOST_CANDIDATES = 1000;

/** `", did you mean 'x'?"`, or the empty string. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const match = nearest(name, known);
  return match === undefined ? "" : `, did you mean '${match}'?`;
}

// Spelling styles are no difference: max_steps is maxSteps. Bounded, because names may be hostile.
function fold(name: string): string {
  return name.slice(0, 64).toLowerCase().replace(/[_-]/g, "");
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replace, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
