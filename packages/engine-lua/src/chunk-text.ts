/** Source as Lua takes it: no byte order mark, and a first line such as #!/usr/bin/env as a comment. */
export function chunkText(source: string): string {
  const text = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  return text.startsWith("#") ? `--${text}` : text;
}
