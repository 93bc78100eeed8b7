/** A fenced block of code in a text. */
export interface CodeBlock {
  /** The first word after the fence. */
  language?: string;
  code: string;
}

/** A block with the text that it takes, fences included. */
export interface Fence extends CodeBlock {
  raw: string;
}

const OPENING = /^[ \t]{0,8}(`{3,}|~{3,})[ \t]*([^\s`]*)[^`\n]*$/;

/**
 * The fenced blocks of `text`, by line, the last one even when it is not closed. Unlike
 * Markdown this also reads a fence that starts within a line, as models write it.
 */
export function fencesOf(text: string): Fence[] {
  const lines = text.replaceAll(/([^\n`~ \t])[ \t]*(```[a-zA-Z]*\n)/g, "$1\n$2").split("\n");
  const found: Fence[] = [];
  let open: { fence: string; language: string; raw: string[]; code: string[] } | undefined;
  const close = (): void => {
    if (open === undefined) return;
    const { language, raw, code } = open;
    found.push({ ...(language === "" ? {} : { language }), code: dedented(code).join("\n"), raw: raw.join("\n") });
    open = undefined;
  };
  for (const line of lines) {
    if (open === undefined) {
      const [, fence, language = ""] = OPENING.exec(line) ?? [];
      if (fence !== undefined) open = { fence, language, raw: [line], code: [] };
      continue;
    }
    open.raw.push(line);
    const closing = line.trim();
    if (closing.startsWith(open.fence) && closing === open.fence.charAt(0).repeat(closing.length)) close();
    else if (closing.endsWith(open.fence) && closing !== open.fence && !closing.slice(0, -3).includes("`")) {
      open.code.push(line.slice(0, line.lastIndexOf(open.fence)));
      close();
    } else open.code.push(line);
  }
  close();
  return found;
}

/** A fence inside a list is indented as a whole. */
function dedented(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const common = indents.length === 0 ? 0 : Math.min(...indents.slice(0, 1), ...indents.slice(1, 10_000));
  return lines.map((line) => line.slice(common));
}

/** The code blocks of a model's answer, of one language when it is given. */
export function extractCodeBlocks(text: string, language?: string): CodeBlock[] {
  const wanted = language?.toLowerCase();
  return fencesOf(text.replaceAll("\r\n", "\n"))
    .filter((block) => wanted === undefined || block.language?.toLowerCase() === wanted)
    .map(({ raw: _raw, ...block }) => block);
}
