import { readFileSync } from "node:fs";

/** One text of a corpus and what should come out of it. */
export interface Sample {
  readonly name: string;
  readonly text: string;
  readonly expected: unknown;
}

/**
 * Reads a corpus: `=== name`, the text as it is, `--- expect`, JSON. The text ends before the
 * last line end. `\u{200b}` stands for a character that an editor would not show.
 */
export function readCorpus(file: URL): Sample[] {
  const parts = readFileSync(file, "utf8").split(/^=== /m).slice(1);
  return parts.map((part) => {
    const [head = "", expected = ""] = part.split("\n--- expect\n");
    const end = head.indexOf("\n");
    const text = head
      .slice(end + 1)
      .replaceAll(/\\u\{([\da-f]+)\}/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
    return {
      name: head.slice(0, end === -1 ? undefined : end),
      text: end === -1 ? "" : text,
      expected: JSON.parse(expected) as unknown,
    };
  });
}
