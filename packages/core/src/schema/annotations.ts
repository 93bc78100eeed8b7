/** Keywords that say nothing about which values are valid (JSON Schema 2020-12, core 8 and validation 9). */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$comment",
  "$id",
  "$schema",
  "default",
  "deprecated",
  "description",
  "examples",
  "readOnly",
  "title",
  "writeOnly",
]);
