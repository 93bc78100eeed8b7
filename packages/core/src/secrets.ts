// Keyed by the object that is asked, so that no key is ever a property of anything that can be printed.
const secrets = new WeakMap<object, readonly string[]>();

/** Remembers the keys that calls of a model or another server carry, so that {@link redact} can remove them. */
export function keepSecrets(asked: object, values: readonly (string | undefined)[]): void {
  // Very short values ("1", "ollama") are no secrets, and cutting them out would garble any text.
  const long = values.filter((value) => value !== undefined && value.length >= 8) as string[];
  // A header is often `Bearer key`; an error may hold the key alone, or as part of a URL.
  const bare = long.flatMap((value) => value.split(/\s+/)).filter((value) => value.length >= 8);
  const all = new Set([...long, ...bare].flatMap((value) => [value, encodeURIComponent(value)]));
  // A key may begin with another one.
  const longestFirst = [...all].toSorted((a, b) => b.length - a.length);
  secrets.set(asked, longestFirst);
}

/** `text` without the keys of `asked`: a server may repeat a key in its error message. */
export function redact(asked: object, text: string): string {
  return (secrets.get(asked) ?? []).reduce((rest, secret) => rest.replaceAll(secret, "[key]"), text);
}

/** Lets {@link redact} remove the keys of `from` for `asked` too, which passes calls on to it. */
export function inheritSecrets(asked: object, from: object): void {
  secrets.set(asked, secrets.get(from) ?? []);
}
