import { readFileSync } from "node:fs";
import { MODULES, type FunctionDeclaration } from "@llmspell/spell";
import { describe, expect, it } from "vitest";
import { inJavaScript, valueOf } from "../support/spell.js";

/** Every name that a function of the script API ever had, and the one it has now. */
const NAMES = readFileSync(new URL("older-names.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split(" ") as [older: string, now: string]);

const functions = new Map<string, FunctionDeclaration>(
  MODULES.flatMap(({ name, functions: own }) =>
    Object.entries(own).map(([fn, declaration]) => [`${name}.${fn}`, declaration] as const),
  ),
);
const plain = (name: string): string => name.replace(/_async$/, "");
const known = NAMES.filter(([, now]) => functions.has(now) || functions.has(plain(now)));

describe("older names", () => {
  it("each lead to their function in Lua", async () => {
    const checks = known.map(([older, now]) => `check("${older}", "${now}")`);
    const missing = await valueOf(`
      local missing = llmspell.array{}
      local function at(path)
        local value = _G
        for name in path:gmatch("[^.]+") do value = value and value[name] end
        return value
      end
      local function check(older, now)
        if type(at(older)) ~= "function" and type(at(older)) ~= "table" then missing[#missing + 1] = older .. " → " .. now end
      end
      ${checks.join("\n")}
      return missing`);
    expect(missing).toEqual([]);
  });

  it("each lead to their function in JavaScript, but for those of the language", async () => {
    const ofHost = known.filter(([, now]) => (functions.get(now) ?? functions.get(plain(now)))?.call !== undefined);
    const missing = await valueOf(
      `
      const at = (path) => path.split(".").reduce((value, name) => value?.[name], globalThis);
      return ${JSON.stringify(ofHost)}
        .filter(([older]) => typeof at(older) !== "function")
        .map(([older, now]) => older + " → " + now)`,
      inJavaScript(),
    );
    expect(missing).toEqual([]);
  });
});
