import type { Spinner } from "yocto-spinner";

/** Shows on stderr what a run is doing. */
export interface Progress {
  step(text: string): void;
  /** Clears the line, so that something else can be written. */
  pause(): void;
  stop(): void;
}

const SILENT: Progress = { step() {}, pause() {}, stop() {} };

/** A spinner on a terminal, nothing elsewhere. */
export async function createProgress(enabled: boolean): Promise<Progress> {
  if (!enabled || !process.stderr.isTTY) return SILENT;
  const { default: yoctoSpinner } = await import("yocto-spinner");
  let spinner: Spinner | undefined;
  const stop = (): void => {
    spinner?.stop();
    spinner = undefined;
  };
  return {
    step(text) {
      if (spinner === undefined)
        spinner = yoctoSpinner({ text, stream: process.stderr, handleSignals: false } as Parameters<
          typeof yoctoSpinner
        >[0]).start();
      else spinner.text = text;
    },
    pause: stop,
    stop,
  };
}
