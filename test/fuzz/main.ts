import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    case: { type: "string" },
  },
});
const seed = Number(values.seed);
const end = performance.now() + Number(values.seconds) * 1_000;
const only = values.case === undefined ? {} : { from: Number(values.case), cases: 1 };

const { cases, finding } = await fuzz({ seed, ...only, isOver: () => performance.now() > end });
if (finding === undefined) {
  console.log(`nothing found in ${cases} cases of the seed ${seed}`);
} else {
  const { number, target, input, error } = finding;
  console.error(
    `found by '${target}' after ${cases} cases; again with: npm run fuzz -- --seed ${seed} --case ${number}\n`,
  );
  console.error(input, "\n\n", error);
  process.exitCode = 1;
}
