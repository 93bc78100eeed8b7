import { Coverage, type CoverageRecorder, type SourceCoverage } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { JsInstance } from "../instance.js";
import { instrument } from "./instrument.js";

/** The global variables with counters are called this, and a number. */
const GLOBAL = "$llmspell_lines_";
const COUNTER_BYTES = 8;

/** The counters of one source. */
interface Counters {
  readonly source: string;
  /** The line of each. */
  readonly lines: readonly number[];
  readonly counts: Float64Array;
  /** Where the guest counts; 0 when it is another guest's memory, or that of another time. */
  address: number;
}

/** Where sources get their counters. */
export interface CoverageHome {
  coverage: LineCounters | undefined;
  /** Makes a list of so many counters, the value of a new global variable; gives its address. */
  makeCounters(name: string, size: number): number;
}

/**
 * @param nextId gives numbers that no other source of the guest has.
 *
 * @throws SpellError `ALREADY_EXISTS`
 */
export function startCoverage(js: JsInstance, home: CoverageHome, nextId: () => number): CoverageRecorder {
  if (home.coverage !== undefined)
    throw new SpellError("ALREADY_EXISTS", "lines of the guest are being counted already");
  const counters = new LineCounters(js, home, nextId);
  home.coverage = counters;
  let coverage: Coverage | undefined;
  const stop = (): Coverage => {
    if (coverage === undefined) {
      home.coverage = undefined;
      counters.read();
      coverage = counters.result();
    }
    return coverage;
  };
  return { stop, [Symbol.dispose]: () => void stop() };
}

/** Counts the lines of the sources that are loaded from now on. */
export class LineCounters {
  readonly #js: JsInstance;
  readonly #home: CoverageHome;
  readonly #nextId: () => number;
  readonly #counters: Counters[] = [];

  constructor(js: JsInstance, home: CoverageHome, nextId: () => number) {
    this.#js = js;
    this.#home = home;
    this.#nextId = nextId;
  }

  /** A source with counters; as it is when the parser cannot read it. */
  instrument(source: string, code: string): string {
    const name = `${GLOBAL}${this.#nextId()}`;
    const instrumented = instrument(code, name);
    if (instrumented === undefined) return code;
    const { lines } = instrumented;
    const address = this.#home.makeCounters(name, lines.length);
    this.#counters.push({ source, lines, counts: new Float64Array(lines.length), address });
    return instrumented.code;
  }

  /** Takes over what the guest has counted, before its memory becomes another's. */
  read(): void {
    this.#js.sync();
    const { view } = this.#js;
    for (const { address, counts } of this.#counters) {
      if (address === 0) continue;
      for (let i = 0; i < counts.length; i++) {
        const at = address + i * COUNTER_BYTES;
        // A script can have damaged its own memory, at the level `none`.
        if (at > view.byteLength - COUNTER_BYTES) break;
        const counted = view.getFloat64(at, true);
        if (Number.isSafeInteger(counted)) counts[i] = (counts[i] ?? 0) + Math.max(0, counted);
        view.setFloat64(at, 0, true);
      }
    }
  }

  /** The guest's memory is that of another time, or its last. */
  forget(): void {
    for (const counters of this.#counters) counters.address = 0;
  }

  result(): Coverage {
    const bySource = new Map<string, Map<number, number>>();
    for (const { source, lines, counts } of this.#counters) {
      const byLine = new Map<number, number>();
      // A line is entered as often as the statement on it that runs most.
      lines.forEach((line, i) => byLine.set(line, Math.max(byLine.get(line) ?? 0, counts[i] ?? 0)));
      const total = bySource.get(source) ?? new Map<number, number>();
      bySource.set(source, total);
      for (const [line, count] of byLine) total.set(line, (total.get(line) ?? 0) + count);
    }
    const inOrder = ([source, lines]: [string, Map<number, number>]): SourceCoverage => ({
      source,
      lines: new Map([...lines].toSorted(([a], [b]) => a - b)),
    });
    return new Coverage(Array.from(bySource, inOrder));
  }
}
