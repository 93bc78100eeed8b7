import { SpellError } from "@llmspell/errors";

/** What the notation of a parameter or a result says. */
export type Notation =
  | { readonly of: "name"; readonly name: string }
  | { readonly of: "text"; readonly text: string }
  | { readonly of: "list"; readonly item: Notation }
  | { readonly of: "union"; readonly members: readonly Notation[] }
  | { readonly of: "object"; readonly fields: readonly NotedField[] };

interface NotedField {
  readonly name: string;
  readonly optional: boolean;
  readonly type: Notation;
}

const TOKEN = /\s*(?:"([^"]*)"|([A-Za-z_]\w*)|([<>{},:?]))/y;

/**
 * Reads the notation of a result: `string`, `list<ToolInfo>`, `Agent or nil`,
 * `{ok: boolean, error?: error}`, `"a" or "b"`.
 *
 * @throws SpellError `INTERNAL` for a notation that is none, so that a declaration with one cannot be built.
 */
export function parseNotation(notation: string): Notation {
  const tokens = tokenize(notation);
  let at = 0;
  const fail = (): SpellError => new SpellError("INTERNAL", `'${notation}' is no notation of a type`);
  const take = (wanted?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (wanted !== undefined && token !== wanted)) throw fail();
    return token;
  };
  const union = (): Notation => {
    const members = [single()];
    while (tokens[at] === "or") {
      at++;
      members.push(single());
    }
    return members.length === 1 ? (members[0] as Notation) : { of: "union", members };
  };
  const single = (): Notation => {
    const token = take();
    if (token.startsWith('"')) return { of: "text", text: token.slice(1) };
    if (token === "{") return { of: "object", fields: fields() };
    if (!/^\w/.test(token)) throw fail();
    if (token !== "list") return { of: "name", name: token };
    take("<");
    const item = union();
    take(">");
    return { of: "list", item };
  };
  const fields = (): NotedField[] => {
    const found: NotedField[] = [];
    for (;;) {
      const name = take();
      const optional = tokens[at] === "?";
      if (optional) at++;
      take(":");
      found.push({ name, optional, type: union() });
      if (take() === "}") return found;
      if (tokens[at - 1] !== ",") throw fail();
    }
  };
  const result = union();
  if (at !== tokens.length) throw fail();
  return result;
}

function tokenize(notation: string): string[] {
  const tokens: string[] = [];
  const pattern = new RegExp(TOKEN);
  let end = 0;
  for (let match = pattern.exec(notation); match !== null; match = pattern.exec(notation)) {
    const [, text, name, mark] = match;
    tokens.push(text === undefined ? (name ?? mark ?? "") : `"${text}`);
    end = pattern.lastIndex;
  }
  if (notation.slice(end).trim() !== "") throw new SpellError("INTERNAL", `'${notation}' is no notation of a type`);
  return tokens;
}
