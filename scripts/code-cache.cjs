// Runs a spell as the command line does, and keeps beside the files of its bundle what V8
// compiled for that. Started by bundle-cli.js.
const { writeFileSync } = require("node:fs");
const { load, scripts } = require("../packages/llmspell/bin/load.cjs");

process.on("exit", (status) => {
  if (status !== 0) return;
  for (const [file, script] of scripts) writeFileSync(`${file}.cache`, script.createCachedData());
});
load("llmspell.cjs").main(["run", process.argv[2], "--model", "offline:demo"]);
