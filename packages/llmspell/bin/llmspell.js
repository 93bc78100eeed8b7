#!/usr/bin/env node
import { main } from "../dist/cli/llmspell.js";

await main(process.argv.slice(2));
