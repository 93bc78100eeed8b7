/** Which lines of one source ran, and how often. */
export interface SourceCoverage {
  readonly source: string;
  /** Every line that has code → how often it was entered, in order of lines. */
  readonly lines: ReadonlyMap<number, number>;
}

/** Line coverage of the sources that were run while it was on. */
export class Coverage {
  readonly sources: readonly SourceCoverage[];

  constructor(sources: readonly SourceCoverage[]) {
    this.sources = sources;
  }

  /** Share of the lines with code that ran, 0 to 1; 1 when there are none. */
  get ratio(): number {
    const counts = this.sources.flatMap(({ lines }) => [...lines.values()]);
    return counts.length === 0 ? 1 : counts.filter((count) => count > 0).length / counts.length;
  }

  /** The tracefile format of LCOV, which `genhtml` and most services read. */
  lcov(testName = ""): string {
    return this.sources
      .map(({ source, lines }) => {
        const counts = [...lines.values()];
        return [
          `TN:${testName}`,
          `SF:${source}`,
          ...[...lines].map(([line, count]) => `DA:${line},${count}`),
          `LF:${counts.length}`,
          `LH:${counts.filter((count) => count > 0).length}`,
          "end_of_record\n",
        ].join("\n");
      })
      .join("");
  }
}

/** Coverage being recorded. */
export interface CoverageRecorder extends Disposable {
  /** Ends recording; later calls give the same coverage. */
  stop(): Coverage;
}
