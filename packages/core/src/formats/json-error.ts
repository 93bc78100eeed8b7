/** Where a text stops being JSON, and what was expected there. */
export interface JsonProblem {
  readonly offset: number;
  readonly reason: string;
}

const SPACE = /[ \t\n\r]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const SHOWN = /[^\s,:[\]{}"]{1,20}|./suy;

type Expected = "value" | "first value" | "key" | "first key" | "colon" | "comma" | "end";

/**
 * Finds the first place where `text` is not JSON (RFC 8259). V8 names a place only in
 * some of its messages, and words them differently from version to version.
 */
export function findJsonProblem(text: string): JsonProblem | undefined {
  let at = 0;
  const match = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0].length ?? -1;
  };
  const open: ("[" | "{")[] = [];
  let expected: Expected = "value";
  const after = (): Expected => (open.length === 0 ? "end" : "comma");
  for (;;) {
    at += match(SPACE);
    const char = text[at];
    if (char === undefined)
      return expected === "end"
        ? undefined
        : { offset: at, reason: `the text ends where ${wanted(expected, open)} is expected` };
    const inside = open.at(-1);
    if ((expected === "first value" || expected === "comma") && char === "]" && inside === "[") {
      open.pop();
      at++;
      expected = after();
    } else if ((expected === "first key" || expected === "comma") && char === "}" && inside === "{") {
      open.pop();
      at++;
      expected = after();
    } else if (expected === "comma" && char === ",") {
      at++;
      expected = inside === "[" ? "value" : "key";
    } else if (expected === "colon" && char === ":") {
      at++;
      expected = "value";
    } else if ((expected === "key" || expected === "first key") && char === '"') {
      const end = endOfString(text, at);
      if (typeof end !== "number") return end;
      at = end;
      expected = "colon";
    } else if (expected === "value" || expected === "first value") {
      if (char === "[" || char === "{") {
        open.push(char);
        at++;
        expected = char === "[" ? "first value" : "first key";
        continue;
      }
      const end = char === '"' ? endOfString(text, at) : at + match(SCALAR);
      if (typeof end !== "number") return end;
      if (end < at) return unexpected(expected);
      at = end;
      expected = after();
    } else return unexpected(expected);
  }

  function unexpected(wantedHere: Expected): JsonProblem {
    const shown = text.slice(at, at + match(SHOWN));
    return { offset: at, reason: `${wanted(wantedHere, open)} is expected, not '${shown}'` };
  }
}

function wanted(expected: Expected, open: readonly string[]): string {
  switch (expected) {
    case "value":
      return "a value";
    case "first value":
      return "a value or ']'";
    case "key":
      return "a key in double quotes";
    case "first key":
      return "a key in double quotes or '}'";
    case "colon":
      return "':'";
    case "comma":
      return open.at(-1) === "[" ? "',' or ']'" : "',' or '}'";
    case "end":
      return "the end of the text";
  }
}

/** Where the string that starts at `start` ends, or what is wrong in it. */
function endOfString(text: string, start: number): number | JsonProblem {
  for (let offset = start + 1; ; offset++) {
    const char = text[offset];
    if (char === undefined) return { offset, reason: "the text ends inside a string" };
    if (char === '"') return offset + 1;
    if (char < " ") return { offset, reason: "a control character must be escaped in a string" };
    if (char !== "\\") continue;
    ESCAPE.lastIndex = offset;
    const escape = ESCAPE.exec(text);
    if (escape === null) return { offset, reason: `'${text.slice(offset, offset + 2)}' is no escape in a string` };
    offset += escape[0].length - 1;
  }
}
