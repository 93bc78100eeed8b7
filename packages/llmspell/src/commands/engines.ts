import { ENGINES } from "../engines.js";

/** `llmspell engines`: the languages a spell can be written in. */
export async function enginesCommand(): Promise<void> {
  for (const { load } of ENGINES) {
    using engine = await load();
    const features = Object.entries(engine.features).map(([name, on]) => (on ? name : `no ${name}`));
    process.stdout.write(
      `${engine.name}  ${engine.language}  files: ${engine.extensions.join(" ")}\n  ${features.join(", ")}\n`,
    );
  }
}
