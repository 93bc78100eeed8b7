import { isRecord, type JsonSchema } from "../json.js";
import { subschemasOf } from "./subschemas.js";

/**
 * What `reference` names inside `root`: a JSON pointer (`#/$defs/a`, RFC 6901), an `$anchor`
 * (`#a`) or the whole (`#`); undefined for anything else. Identifiers (`$id`) are not followed.
 */
export function followReference(reference: string, root: JsonSchema): unknown {
  if (!reference.startsWith("#")) return undefined;
  const fragment = decoded(reference.slice(1));
  if (fragment === "") return root;
  if (!fragment.startsWith("/")) return anchored(fragment, root);
  return fragment
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>(
      (place, part) =>
        (isRecord(place) || Array.isArray(place)) && Object.hasOwn(place, part) ? Reflect.get(place, part) : undefined,
      root,
    );
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function anchored(name: string, schema: JsonSchema): unknown {
  if (schema["$anchor"] === name) return schema;
  for (const { schema: inner } of subschemasOf(schema)) {
    const found = isRecord(inner) ? anchored(name, inner) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
