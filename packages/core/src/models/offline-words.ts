// The words that say nothing about what is asked.
const STOP_WORDS = new Set(
  (
    "a an and any are as at be been by can could did do does for from get give had has have he her him his how i if in into is it its " +
    "just know let like make me my need of on or our please she should so some tell than that the their them then there these they " +
    "this to tool use used using want was we were what when where which who why will with would you your"
  ).split(" "),
);

/** The significant words of `text`: lower case, camelCase and snake_case split, stop words gone, lightly stemmed. */
export function significantWords(text: string): string[] {
  return text
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1 && !STOP_WORDS.has(word))
    .map(stem);
}

function stem(word: string): string {
  for (const ending of [
    "ations",
    "ation",
    "ators",
    "ator",
    "ating",
    "ated",
    "ates",
    "ings",
    "ing",
    "ies",
    "ed",
    "es",
    "s",
  ]) {
    if (word.endsWith(ending) && word.length - ending.length >= 3) return trimmed(word.slice(0, -ending.length));
  }
  return trimmed(word);
}

// "calculate", "calculator" and "calculating" shall meet, as shall "city" and "cities".
function trimmed(word: string): string {
  const root = word.replace(/(ate|e|y|i)$/, "");
  return root.length >= 3 ? root : word;
}
