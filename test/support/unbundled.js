// The command line as `bin/llmspell.cjs` runs it, but from the files that the bundle is made of: their source
// maps lead to the sources.
import { main } from "../../packages/llmspell/dist/cli.js";

await main(process.argv.slice(2));
