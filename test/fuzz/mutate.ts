import type { Random } from "./random.js";

const TOKENS = [
  "end",
  "do",
  "then",
  "function",
  "(",
  ")",
  "{",
  "}",
  "[",
  "]",
  "[[",
  "]]",
  "[==[",
  "--",
  "--[[",
  '"',
  "'",
  "\\",
  "\\x",
  "\\u{7fffffff}",
  "\\z",
  "::",
  "goto",
  "local",
  "<close>",
  "<const>",
  "...",
  "..",
  "return",
  "break",
  "not",
  "nil",
  "~=",
  "0x",
  "1e",
  "9999999999999999999",
  "math.maxinteger",
  "math.mininteger",
  "-1",
  "0/0",
  "coroutine.wrap",
  "pcall",
  "_ENV",
  "setmetatable",
  "__gc",
  "__index",
  "__close",
  "error",
  "\u0000",
  "\u001b",
  "\ufeff",
  "ÿ",
  "#",
  ";",
];
const TOKEN = /\w+|"[^"]*"|\s+|./gs;

/** Changes a program in a few places, mostly where its tokens are. */
export function mutate(random: Random, source: string, other: string): string {
  const tokens = source.match(TOKEN) ?? [];
  const others = other.match(TOKEN) ?? [];
  const at = (list: readonly string[]): number => random.below(list.length + 1);
  for (let i = 1 + random.below(4); i > 0; i--) {
    const place = at(tokens);
    switch (random.below(7)) {
      case 0:
        tokens.splice(place, 1 + random.below(3));
        break;
      case 1:
        tokens.splice(place, 0, random.pick(TOKENS));
        break;
      case 2:
        tokens.splice(place, 1, random.pick(TOKENS));
        break;
      case 3:
        tokens.splice(place, 0, ...tokens.slice(place, place + random.below(8)));
        break;
      case 4: {
        const from = at(others);
        tokens.splice(place, random.below(3), ...others.slice(from, from + random.below(20)));
        break;
      }
      case 5:
        tokens.splice(
          place,
          0,
          ...Array.from({ length: 2 ** random.below(11) }, () => "(").concat(tokens[place] ?? ""),
        );
        break;
      default: {
        const text = tokens[place] ?? "";
        const cut = random.below(text.length + 1);
        tokens[place] = text.slice(0, cut) + String.fromCharCode(random.below(256)) + text.slice(cut + 1);
      }
    }
  }
  return tokens.join("");
}
