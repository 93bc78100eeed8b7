import type { FunctionDeclaration, Needs } from "../door/module.js";

/** What a function needs to be granted, a sentence each; `code` puts a capability into the marks of a language. */
export function needsOf(
  { needs = {}, mayNeed = {} }: FunctionDeclaration,
  code: (capability: string) => string = (capability) => `\`${capability}\``,
): string[] {
  const list = (given: Needs): string =>
    Object.entries(given)
      .map(([capability, scope]) => (capability === "tools" ? scope : `${code(capability)} (${scope})`))
      .join(", ");
  return [
    ...(Object.keys(needs).length === 0 ? [] : [`Needs ${list(needs)}.`]),
    ...(Object.keys(mayNeed).length === 0 ? [] : [`May need ${list(mayNeed)}.`]),
  ];
}
