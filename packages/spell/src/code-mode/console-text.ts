/** What a script prints: the beginning of it, and how much there was. */
export class ConsoleText {
  readonly #most: number;
  readonly #decoder = new TextDecoder();
  #text: string;
  #dropped: number;

  constructor(most: number, { text, dropped }: { text: string; dropped: number } = { text: "", dropped: 0 }) {
    this.#most = most;
    this.#text = text;
    this.#dropped = dropped;
  }

  add(bytes: Uint8Array): void {
    const more = this.#decoder.decode(bytes, { stream: true });
    const room = Math.max(0, this.#most - this.#text.length);
    this.#text += more.slice(0, room);
    this.#dropped += Math.max(0, more.length - room);
  }

  save(): { text: string; dropped: number } {
    return { text: this.#text, dropped: this.#dropped };
  }

  /** With a note of what is left out. */
  toString(): string {
    return this.#dropped === 0 ? this.#text : `${this.#text}… [${this.#dropped} more characters]`;
  }
}
