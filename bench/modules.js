import { createModels } from "@llmspell/core";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { createLuaEngine } from "@llmspell/engine-lua";
import { runSpell } from "@llmspell/spell";
import { compare, row, show } from "./measure.js";

const LANGUAGES = [
  {
    engine: createLuaEngine(),
    file: "spells/s.lua",
    all: "for _, name in ipairs(llmspell.modules()) do for _ in pairs(_G[name]) do end end return 1",
  },
  {
    engine: createJavaScriptEngine(),
    file: "spells/s.js",
    all: "for (const name of llmspell.modules()) Object.keys(globalThis[name]); return 1",
  },
];

/** Prints what a run costs that has the whole script API: with nothing of it used, and with all of it looked up. */
export async function benchModules() {
  const models = createModels();
  for (const { engine, file, all } of LANGUAGES) {
    const run = async (source) => {
      const result = await runSpell({ engine, source, file, models });
      if (!result.ok) throw result.error;
    };
    const [unused, bare] = await compare(
      () => run("return 1"),
      async () => {
        const guest = engine.createGuest();
        await guest.run("return 1").result();
        guest[Symbol.dispose]();
      },
      { rounds: 101, warmup: 10 },
    );
    const [looked, none] = await compare(
      () => run(all),
      () => run("return 1"),
      { rounds: 31, warmup: 5 },
    );
    const ratio = (a, b) => `${(a / b).toFixed(2)} ×`;
    row(`a run with all modules, ${engine.name}`, show(unused), `a bare guest ${show(bare)}`, ratio(unused, bare));
    row("  all functions of all modules looked up", show(looked), `none ${show(none)}`, ratio(looked, none));
    engine[Symbol.dispose]();
  }
}
