/** Median time of one call of `run`, in microseconds, over `rounds` rounds of `count` calls. */
export async function time(run, { count = 1, rounds = 9, warmup = 2 } = {}) {
  const samples = [];
  for (let round = -warmup; round < rounds; round++) {
    const started = performance.now();
    for (let i = 0; i < count; i++) await run();
    if (round >= 0) samples.push(((performance.now() - started) * 1000) / count);
  }
  return median(samples);
}

/** As {@link time}, for functions that do not wait: `await` itself would cost more than they do. */
export function timeSync(run, { count = 1, rounds = 9, warmup = 2 } = {}) {
  const samples = [];
  for (let round = -warmup; round < rounds; round++) {
    const started = performance.now();
    for (let i = 0; i < count; i++) run();
    if (round >= 0) samples.push(((performance.now() - started) * 1000) / count);
  }
  return median(samples);
}

/**
 * Times of two functions measured in turns, so that a drifting machine treats both alike.
 * `of` makes one number of the rounds: the least of them where nothing but the
 * machine's other work makes one longer than another. Default: their median.
 */
export async function compare(a, b, { rounds = 7, warmup = 2, of = median } = {}) {
  const [left, right] = [[], []];
  for (let round = -warmup; round < rounds; round++) {
    for (const [run, samples] of [
      [a, left],
      [b, right],
    ]) {
      const started = performance.now();
      await run();
      if (round >= 0) samples.push((performance.now() - started) * 1000);
    }
  }
  return [of(left), of(right)];
}

export const least = (samples) => Math.min(...samples);

export function median(samples) {
  return samples.toSorted((a, b) => a - b)[samples.length >> 1];
}

const UNITS = [
  [1e6, "s"],
  [1e3, "ms"],
  [1, "µs"],
  [1e-3, "ns"],
];

/** Microseconds as text with a fitting unit. */
export function show(micros) {
  const [size, unit] = UNITS.find(([limit]) => micros >= limit) ?? UNITS.at(-1);
  return `${(micros / size).toPrecision(3)} ${unit}`;
}

/**
 * Prints one row: what, ours, the peer's, the ratio, the target. With `--check` on the command
 * line a ratio that misses its target fails the run; times are those of a machine and do not.
 */
export function row(what, ours, peer = "", ratio = "", target = "") {
  if (process.argv.includes("--check") && missesRatio(String(ratio), target)) {
    process.exitCode = 1;
    console.log(`MISSED: ${what.trim()} is ${ratio}, wanted is ${target}`);
  }
  console.log(
    [what.padEnd(46), String(ours).padStart(12), String(peer).padStart(24), String(ratio).padStart(9), target].join(
      "  ",
    ),
  );
}

/** Whether a ratio such as `1.20 ×` is beyond the one of a target such as `≤ 5 µs, ≤ 1.1 ×`. */
export function missesRatio(ratio, target) {
  const most = /[≤<] ([\d.]+) ×/.exec(target)?.[1];
  const value = Number.parseFloat(ratio);
  return most !== undefined && ratio.endsWith("×") && value > Number(most);
}
