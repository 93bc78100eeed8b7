import { SpellError } from "@llmspell/errors";

/** How many sources are remembered; of more, the oldest is forgotten. */
const MAX_SOURCES = 200;
const MAX_LINE = 200;

/** The sources that the host gave a guest: errors quote from them, and from nothing else. */
export class Sources {
  /** By name; undefined where two different sources had the same name. */
  readonly #texts = new Map<string, string | undefined>();

  add(name: string, text: string): void {
    const known = this.#texts.get(name);
    if (known === text) return;
    const isOther = known !== undefined || this.#texts.has(name);
    if (this.#texts.size >= MAX_SOURCES && !isOther) this.#forgetOldest();
    this.#texts.set(name, isOther ? undefined : text);
  }

  /** Takes over what another guest was given. */
  adopt(other: Sources): void {
    for (const [name, text] of other.#texts) this.#texts.set(name, text);
  }

  get(name: string): string | undefined {
    return this.#texts.get(name);
  }

  /** What a name stands for from now on; undefined for nothing that can be quoted. */
  set(name: string, text: string | undefined): void {
    this.#texts.set(name, text);
  }

  #forgetOldest(): void {
    for (const name of this.#texts.keys()) {
      this.#texts.delete(name);
      return;
    }
  }

  /** The error with the line of source it happened in, as `details.sourceLine`. */
  quote(error: SpellError): SpellError {
    const { file, line, sourceLine } = error.details;
    if (typeof file !== "string" || typeof line !== "number" || line < 1 || sourceLine !== undefined) return error;
    const text = this.#line(file, line);
    if (text === undefined) return error;
    const { code, message, details, cause } = error;
    return new SpellError(code, message, { details: { ...details, sourceLine: text }, cause });
  }

  #line(file: string, line: number): string | undefined {
    const text = this.#texts.get(file);
    if (text === undefined) return undefined;
    let start = 0;
    for (let n = 1; n < line; n++) {
      start = text.indexOf("\n", start) + 1;
      if (start === 0) return undefined;
    }
    const end = text.indexOf("\n", start);
    return text.slice(start, Math.min(end < 0 ? text.length : end, start + MAX_LINE)).trimEnd();
  }
}
