import { SpellError } from "@llmspell/errors";
import type { Type } from "../door/types.js";

/** What the notation of a parameter or a result says; `given` marks lists and objects that a script passes. */
export type Notation =
  | { readonly of: "name"; readonly name: string }
  | { readonly of: "text"; readonly text: string }
  /** A handle of this kind, for which its id stands too. */
  | { readonly of: "handle"; readonly kind: string }
  | { readonly of: "list"; readonly item: Notation; readonly given?: true }
  | { readonly of: "union"; readonly members: readonly Notation[] }
  | NotedObject;

/** `name` is what typed languages call it. */
export interface NotedObject {
  readonly of: "object";
  readonly fields: readonly NotedField[];
  readonly name?: string | undefined;
  readonly given?: true;
}

export interface NotedField {
  readonly name: string;
  readonly optional: boolean;
  readonly type: Notation;
}

/** What a script passes where a parameter has this type. */
export function notationOf({ shape, kind, notation }: Type<unknown>): Notation {
  switch (shape?.of) {
    case "list":
      return { of: "list", item: notationOf(shape.item), given: true };
    case "union":
      return { of: "union", members: shape.types.map(notationOf) };
    case "object":
      return givenObject(shape.fields, shape.name);
    default:
      return kind === undefined ? parseNotation(notation) : { of: "handle", kind };
  }
}

/** The same for a table with these fields. */
export function givenObject(fields: Readonly<Record<string, Type<unknown>>>, name?: string): NotedObject {
  const noted = Object.entries(fields).map(([field, type]) => ({
    name: field,
    optional: type.optional === true,
    type: notationOf(type),
  }));
  return { of: "object", fields: noted, name, given: true };
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

/** Text in quotes, without what would be seen as another text than it is. */
export const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
