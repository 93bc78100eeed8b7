import type { Host, Warning, WarningOptions } from "../index.js";

const MAX_CHARACTERS = 4_096;
const CATEGORY = /^([a-z][a-z0-9_-]{0,31}): /;

/** Which warnings of one guest its host hears of. */
export class Warnings {
  readonly #host: Host;
  readonly #options: WarningOptions;
  #second = Number.NaN;
  #inSecond = 0;
  #passedOn = 0;
  #dropped = 0;
  /** Warnings given while they were on. */
  count = 0;

  constructor(host: Host, options: WarningOptions = {}) {
    this.#host = host;
    this.#options = options;
  }

  /** Whether the host asks for warnings. */
  get isHeard(): boolean {
    return this.#host.warn !== undefined;
  }

  /** The category that a message itself names. */
  categoryOf(message: string): string | undefined {
    return CATEGORY.exec(message)?.[1];
  }

  /** Counts a warning, and says whether the host's limits let it through. */
  allows(category: string | undefined): boolean {
    if (category !== undefined && this.#options.ignore?.includes(category) === true) return false;
    this.count++;
    const fits = this.#fits();
    if (fits) this.#passedOn++;
    else this.#dropped++;
    return fits;
  }

  /** Hands the host what {@link allows} has let through. */
  passOn(warning: Warning): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    const message = warning.message.slice(0, MAX_CHARACTERS);
    this.#host.warn?.({ ...warning, message, ...(dropped === 0 ? {} : { dropped }) });
  }

  #fits(): boolean {
    const { perSecond = 100, total = 1_000 } = this.#options;
    if (this.#passedOn >= total) return false;
    if (this.#host.now === undefined) return true;
    const second = Math.floor(this.#host.now() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    return ++this.#inSecond <= perSecond;
  }
}
