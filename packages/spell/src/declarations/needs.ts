import type { FunctionDeclaration, Need } from "../door/module.js";

/** What a function needs to be granted, a sentence each; `code` puts a capability into the marks of a language. */
export function needsOf(
  { needs = {}, mayNeed = {} }: FunctionDeclaration,
  code: (capability: string) => string = (capability) => `\`${capability}\``,
): string[] {
  const list = (given: Readonly<Record<string, Need>>): string =>
    Object.entries(given)
      .map(([capability, need]) => (capability === "tools" ? inWords(need) : `${code(capability)} (${inWords(need)})`))
      .join(", ");
  return [
    ...(Object.keys(needs).length === 0 ? [] : [`Needs ${list(needs)}.`]),
    ...(Object.keys(mayNeed).length === 0 ? [] : [`May need ${list(mayNeed)}.`]),
  ];
}

function inWords(need: Need): string {
  if (typeof need === "string") return need;
  return "exactly" in need ? need.exactly : `the ${need.param}`;
}
