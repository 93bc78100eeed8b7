import { awaitable } from "../../door/module.js";
import { t } from "../../door/types.js";
import { composeSpells } from "../../run/compose.js";

const part = t.object({ spell: t.string, params: t.optional(t.table), as: t.optional(t.string) }, "SpellPart");

export const composeFunctions = {
  compose: awaitable({
    doc: "Runs spells of the spell's folder one after the other, each in a guest of its own with no more power than this one has and at its expense. A parameter `$name.field` is what an earlier one gave.",
    needs: { spell: "the path of each spell" },
    params: { spells: t.list(t.union(t.string, part)) },
    result: "{results: table, final: any}",
    example:
      'return spell.compose({ { spell = "lib/add.lua", as = "sum", params = { a = 1, b = 2 } }, { spell = "lib/add.lua", params = { a = "$sum", b = 4 } } }).final',
    call: async (run, { spells }, signal) => await composeSpells(run, spells, signal),
  }),
} as const;
