import type { JsonSchema } from "@llmspell/core";
import type { ScriptObject } from "@llmspell/engine";
import { t } from "../../door/types.js";
import type { RunContext } from "../../run/context.js";
import { toScript } from "../shapes.js";

/** A schema that a spell has a handle of. */
export interface HeldSchema {
  readonly schema: JsonSchema;
}

const handle = t.handle<HeldSchema>("Schema");

/** Where a schema is wanted: its handle, or the schema itself as a table. */
export const schemaType = t.union(handle, t.table);
type GivenSchema = ReturnType<typeof schemaType.check>;

const held = new WeakSet<object>();

export function schemaOf(given: GivenSchema): JsonSchema {
  return held.has(given) ? (given as HeldSchema).schema : (given as JsonSchema);
}

export function schemaHandle(run: RunContext, schema: JsonSchema): ReturnType<RunContext["handles"]["add"]> {
  const object: HeldSchema = { schema };
  held.add(object);
  return run.handles.add("Schema", object);
}

export const schemaHandleType = handle;

export const scriptSchema = (schema: JsonSchema): ScriptObject => toScript(schema) as ScriptObject;
