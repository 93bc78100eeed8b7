#!/usr/bin/env node
const { load } = require("./load.cjs");

load("llmspell.cjs").main(process.argv.slice(2));
