const MAX_TRIES = 20;

/** How module syntax looks at the start of a line; dynamic imports and `import.meta` are none. */
const STATEMENT = /^[ \t]*(?:import\b(?!\s*[(.])|export\b)/m;

/** A source without what stands before the language: a byte order mark, and `#!` as a comment. */
export function plain(source: string): string {
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  return text.startsWith("#!") ? `//${text}` : text;
}

/** A source as the body of an async function, on the lines it has. */
export function asFunction(source: string): string {
  return `(async () => {${source}\n})`;
}

/** Whether a source that is no function body may be a module. */
export function mayBeModule(source: string): boolean {
  return /\b(?:import|export)\b/.test(source);
}

/** Whether a source is plainly meant as a module. */
export function isMeantAsModule(source: string): boolean {
  return STATEMENT.test(source);
}

export function countLines(source: string): number {
  return source.split("\n").length;
}

/**
 * The line on which a module is imported by `specifier`, as far as that can be seen.
 *
 * @param binding what is imported from it, when there are several such lines.
 */
export function lineOfImport(source: string, specifier: string, binding = ""): number | undefined {
  let before = 0;
  let first: number | undefined;
  // A source may hold any number of them.
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const at = ['"', "'", "`"]
      .map((quote) => source.indexOf(quote + specifier + quote, before))
      .filter((index) => index >= 0);
    if (at.length === 0) return first;
    const found = Math.min(...at);
    const line = countLines(source.slice(0, found));
    if (source.slice(before, found).includes(binding)) return line;
    first ??= line;
    before = found + specifier.length + 2;
  }
  return first;
}

/** What is wrong with a module, with what to do about a `return` in one. */
export function withModuleAdvice(message: string): string {
  const isReturn = /^return /i.test(message);
  return isReturn ? `${message}: the result of a source with 'import' or 'export' is its default export` : message;
}
