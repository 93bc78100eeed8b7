import { parseArgs } from "node:util";
import { fuzz, LANGUAGES, type LanguageName } from "./fuzz.js";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    language: { type: "string" },
    case: { type: "string" },
  },
});
const names = Object.keys(LANGUAGES) as LanguageName[];
const isName = (name: string): name is LanguageName => name in LANGUAGES;
const chosen = values.language === undefined ? names : [values.language].filter(isName);
if (chosen.length === 0) throw new Error(`--language is one of ${names.join(", ")}`);
const seed = Number(values.seed);
const only = values.case === undefined ? {} : { from: Number(values.case), cases: 1 };

for (const language of chosen) {
  const end = performance.now() + (Number(values.seconds) * 1_000) / chosen.length;
  const { cases, finding } = await fuzz({ language, seed, ...only, isOver: () => performance.now() > end });
  if (finding === undefined) {
    console.log(`${language}: nothing found in ${cases} cases of the seed ${seed}`);
    continue;
  }
  const { number, target, input, error } = finding;
  const again = `npm run fuzz -- --language ${language} --seed ${seed} --case ${number}`;
  console.error(`${language}: found by '${target}' after ${cases} cases; again with: ${again}\n`);
  console.error(input, "\n\n", error);
  process.exitCode = 1;
}
