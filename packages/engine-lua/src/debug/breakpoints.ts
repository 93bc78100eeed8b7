import type { Breakpoint, SourceBreakpoint } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";

/** Breakpoints of one source. */
const MAX_BREAKPOINTS = 1_000;
/** Lines are looked up by their last bits first, which decides most. */
const LINE_BITS = 0xfff;

/** A breakpoint as it was asked for, and what became of it. */
export interface Armed {
  readonly id: number;
  readonly source: string;
  readonly wanted: SourceBreakpoint;
  /** Where it stops; the wanted line until its source is known. */
  line: number;
  isVerified: boolean;
  message: string | undefined;
  hits: number;
}

/** The breakpoints of a guest, by source and line. */
export class Breakpoints {
  readonly #bySource = new Map<string, Armed[]>();
  #lines = new Uint8Array(LINE_BITS + 1);
  #lastId = 0;

  get isEmpty(): boolean {
    return this.#bySource.size === 0;
  }

  /** @throws SpellError `INVALID_ARGUMENT` */
  set(source: string, wanted: readonly SourceBreakpoint[], linesOf: (source: string) => Set<number>): Breakpoint[] {
    if (wanted.length > MAX_BREAKPOINTS) {
      throw new SpellError("INVALID_ARGUMENT", `a source can have ${MAX_BREAKPOINTS} breakpoints`);
    }
    for (const { line, hitCount = 1 } of wanted) {
      if (!Number.isInteger(line) || line < 1 || !Number.isInteger(hitCount) || hitCount < 1) {
        throw new SpellError("INVALID_ARGUMENT", "the line and the hit count of a breakpoint count from 1");
      }
    }
    const armed = wanted.map((breakpoint): Armed => ({
      id: ++this.#lastId,
      source,
      wanted: breakpoint,
      line: breakpoint.line,
      isVerified: false,
      message: "the source is not loaded yet",
      hits: 0,
    }));
    if (armed.length === 0) this.#bySource.delete(source);
    else this.#bySource.set(source, armed);
    this.verify(source, linesOf(source));
    return armed.map(publicView);
  }

  clear(): void {
    this.#bySource.clear();
    this.#index();
  }

  /** A source is loaded whose code is on these lines; returns its breakpoints, each on a line with code. */
  verify(source: string, lines: Set<number>): Breakpoint[] {
    const armed = this.#bySource.get(source) ?? [];
    if (lines.size > 0) {
      const sorted = [...lines].toSorted((a, b) => a - b);
      for (const breakpoint of armed) place(breakpoint, sorted);
    }
    this.#index();
    return armed.map(publicView);
  }

  #index(): void {
    this.#lines = new Uint8Array(LINE_BITS + 1);
    for (const list of this.#bySource.values()) for (const { line } of list) this.#lines[line & LINE_BITS] = 1;
  }

  /** False for most lines without breakpoint, of any source. */
  mayStop(line: number): boolean {
    return this.#lines[line & LINE_BITS] === 1;
  }

  at(source: string, line: number): readonly Armed[] {
    return this.#bySource.get(source)?.filter((breakpoint) => breakpoint.line === line) ?? [];
  }
}

function place(breakpoint: Armed, lines: readonly number[]): void {
  const { line: wanted } = breakpoint.wanted;
  const line = lines.find((candidate) => candidate >= wanted);
  breakpoint.isVerified = line !== undefined;
  breakpoint.line = line ?? wanted;
  breakpoint.message =
    line === undefined
      ? `there is no code at or after line ${wanted}`
      : line === wanted
        ? undefined
        : `line ${wanted} has no code; moved to line ${line}`;
}

function publicView({ id, source, line, isVerified, message }: Armed): Breakpoint {
  return { id, source, line, isVerified, ...(message === undefined ? {} : { message }) };
}
