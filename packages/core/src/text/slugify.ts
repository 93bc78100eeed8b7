// Letters that Unicode does not take apart into a letter and a mark.
const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  ẞ: "ss",
  æ: "ae",
  Æ: "ae",
  œ: "oe",
  Œ: "oe",
  ø: "o",
  Ø: "o",
  đ: "d",
  Đ: "d",
  ð: "d",
  Ð: "d",
  þ: "th",
  Þ: "th",
  ł: "l",
  Ł: "l",
  ħ: "h",
  Ħ: "h",
  ı: "i",
};

/**
 * A text as a part of an address: lower case, marks taken off letters, everything that is no
 * letter or digit of any script as one `-`. `Crème brûlée!` is `creme-brulee`.
 */
export function slugify(text: string): string {
  return text
    .replaceAll(/[ßẞæÆœŒøØđĐðÐþÞłŁħĦı]/g, (letter) => LETTERS[letter] ?? letter)
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/['’]/g, "")
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "")
    .normalize("NFC");
}
