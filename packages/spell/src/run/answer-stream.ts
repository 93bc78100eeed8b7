import type { AgentResponse } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";

/** An answer whose pieces a spell fetches one by one. It goes on by itself, however slowly they are fetched. */
export class AnswerStream implements Disposable {
  readonly #stop = new AbortController();
  readonly #pieces: string[] = [];
  readonly #response: Promise<AgentResponse>;
  #fetched = "";
  #isOver = false;
  #news: () => void = () => {};
  #whenNews = new Promise<void>((resolve) => (this.#news = resolve));

  /** @param ask begins the answer, and passes on its pieces */
  constructor(ask: (signal: AbortSignal, push: (text: string) => void) => Promise<AgentResponse>) {
    this.#response = ask(this.#stop.signal, (text) => {
      this.#pieces.push(text);
      this.#tell();
    }).finally(() => {
      this.#isOver = true;
      this.#tell();
    });
    // Whoever fetches it hears of it.
    this.#response.catch(() => {});
  }

  #tell(): void {
    this.#news();
    this.#whenNews = new Promise((resolve) => (this.#news = resolve));
  }

  /** The next piece; nothing when the answer is over. @throws what it has failed with. */
  async next(signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#stop.signal.aborted) return undefined;
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#fetched += piece;
        return piece;
      }
      if (this.#isOver) {
        await this.#response;
        return undefined;
      }
      await this.#whenNews;
    }
  }

  /** What was fetched, when it was ended before its end. */
  get ended(): string | undefined {
    return this.#stop.signal.aborted ? this.#fetched : undefined;
  }

  /** The whole response, when it is over. */
  get response(): Promise<AgentResponse> {
    return this.#response;
  }

  /** Ends the answer; what has been fetched is all of it. */
  [Symbol.dispose](): void {
    if (this.#isOver && this.#pieces.length === 0) return;
    this.#stop.abort(new SpellError("CANCELLED", "the stream was closed"));
    this.#pieces.length = 0;
    this.#tell();
  }
}
