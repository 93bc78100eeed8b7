import type { Random } from "../support/random.js";

const TOKEN = /\w+|"[^"]*"|\s+|./gs;

/** Changes a program in a few places, mostly where its tokens are. @param words what is put in. */
export function mutate(random: Random, words: readonly string[], source: string, other: string): string {
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
        tokens.splice(place, 0, random.pick(words));
        break;
      case 2:
        tokens.splice(place, 1, random.pick(words));
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
