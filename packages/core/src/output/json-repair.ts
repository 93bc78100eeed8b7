/**
 * What `candidate` may have been meant to be, the likeliest first, in forms that `jsonrepair`
 * can mend: it knows quotes, commas, comments and constants, this what it takes for text.
 */
export function attemptsAt(candidate: string): string[] {
  const text = prepared(candidate);
  const closed = balanced(text);
  // With a quote that is not closed the brackets inside cannot be told from those outside.
  const isQuoted = text.split(STRINGS).every((part, i) => i % 2 === 1 || !/["'`“”‘’]/.test(part));
  return [...(isQuoted ? [closed, text] : [text, closed]), text.replaceAll(OPEN_KEY, '$1"$2": ')];
}

/** A key whose second quote is missing. */
const OPEN_KEY = /([{,]\s*)"([\w-]+):\s/g;
/** JSON that was escaped as a whole, without its quotes. */
const ESCAPED = /^[[{](?:\s|\\[nrt])*\\"/;

/** What the library does not know, or takes for text. */
function prepared(candidate: string): string {
  let text = candidate;
  if (ESCAPED.test(text)) text = text.replaceAll(/\\([nrt])/g, " ").replaceAll(/\\(["\\])/g, "$1");
  if (/^[[{]\s*""[^\s",:}\]]/.test(text)) text = text.replaceAll('""', '"');
  return outsideStrings(text, (code) =>
    code
      .replaceAll("\u00a0", " ")
      .replaceAll(/#[^\n]*/g, "")
      .replaceAll(/([:[,]\s*)(TRUE|FALSE|NULL)\b/g, (_, before: string, word: string) => before + word.toLowerCase())
      .replaceAll(/(^|[[,:\s])\+(?=\.?\d)/g, "$1")
      .replaceAll(/(^|[[,:\s-])\.(?=\d)/g, "$10.")
      .replaceAll(/(\d)\.(?=\s*[,\]}])/g, "$1")
      .replaceAll(
        /([:[,]\s*)0x([\da-fA-F]{1,12})\b/g,
        (_, before: string, digits: string) => before + Number.parseInt(digits, 16),
      )
      .replaceAll(
        /([:[,]\s*)(\d{1,3}(?:_\d{3})+)\b/g,
        (_, before: string, digits: string) => before + digits.replaceAll("_", ""),
      )
      .replaceAll(/([:[,]\s*)(?:-?Infinity|NaN|nil)\b/g, "$1null")
      .replaceAll(/=>|^(\s*)=(?![=>])|(?<=[{,]\s*\w+\s*)=(?![=>])/g, ":")
      .replaceAll(";", ",")
      .replaceAll(/,(?:\s*,)+/g, ","),
  );
}

/**
 * `text` with the closing brackets that are missing, and without those that close nothing. A
 * bracket of the wrong kind is meant as the right one, unless it would close the whole too early.
 */
function balanced(text: string): string {
  const parts = text.split(STRINGS);
  const end = text.length - (/[\]}\s]*$/.exec(text.slice(-MAX_TAIL))?.[0].length ?? 0);
  const open: string[] = [];
  const written: string[] = [];
  let offset = 0;

  const closeThrough = (bracket: string): void => {
    for (let closed: string | undefined; closed !== bracket && open.length > 0;)
      written.push((closed = open.pop() ?? ""));
  };
  const write = (char: string, next: () => string): void => {
    if (char === "[" || char === "{") {
      // An object cannot follow in an object without a key: the one before was not closed.
      const last = written.findLastIndex((piece) => piece.trim() !== "");
      if (char === "{" && open.at(-1) === "}" && written[last] === ",") written.splice(last, 0, open.pop() ?? "");
      open.push(char === "[" ? "]" : "}");
      written.push(char);
    } else if (char === "]" || char === "}") {
      if (open.includes(char)) closeThrough(char);
      else if (open.length > 1 || (open.length === 1 && offset >= end)) closeThrough(open.at(-1) ?? "");
    } else {
      // A key cannot follow in a list.
      if (char === "," && open.at(-1) === "]" && open.includes("}") && KEY_NEXT.test(next()))
        written.push(open.pop() ?? "");
      written.push(char);
    }
  };

  parts.forEach((part, i) => {
    if (i % 2 === 1) written.push(part);
    else
      for (let at = 0; at < part.length; at++, offset++)
        write(part.charAt(at), () => part.slice(at) + parts.slice(i + 1, i + 3).join(""));
    if (i % 2 === 1) offset += part.length;
  });
  return written.join("") + open.toReversed().join("");
}

const MAX_TAIL = 1000;
const KEY_NEXT = /^,\s*"(?:[^"\\]|\\[^])*"\s*:/;
const STRINGS = /("(?:[^"\\]|\\[^])*")/;

/** A backslash that means itself, as in a path; `\\'` is known to the library. */
const WRONG_ESCAPE = /(?<!\\)(?:\\\\)*\\(?!["'\\/bfnrtu\n]|$)|(?<!\\)\\(?=u(?![\da-fA-F]{4}))/g;

/** Changes what is outside of double quotes, and escapes wrong escapes inside. */
function outsideStrings(text: string, change: (code: string) => string): string {
  return text
    .split(STRINGS)
    .map((part, i) => (i % 2 === 1 ? part.replaceAll(WRONG_ESCAPE, String.raw`\\`) : change(part)))
    .join("");
}
