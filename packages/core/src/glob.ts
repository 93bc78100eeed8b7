/** Whether `text` fits a pattern in which `*` stands for any text; a hostile pattern costs nothing. */
export const matchesGlob = (pattern: string, text: string): boolean => globMatcher(pattern)(text);

/** As {@link matchesGlob}, for many texts: the pattern is read once. */
export function globMatcher(pattern: string): (text: string) => boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return (text) => text === head;
  const parts = rest.filter((part) => part !== "");
  return (text) => {
    if (!text.startsWith(head)) return false;
    let at = head.length;
    for (const part of parts) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return text.length - tail.length >= at && text.endsWith(tail);
  };
}
