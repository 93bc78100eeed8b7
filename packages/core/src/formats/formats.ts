import { csv } from "./csv.js";
import type { Format, FormatName } from "./format.js";
import { json } from "./json.js";
import { markdown } from "./markdown.js";
import { xml } from "./xml.js";
import { yaml } from "./yaml.js";

/**
 * Text to plain data and back. Each library is imported at its first use; every reading ends
 * within two seconds and within {@link FormatLimits}.
 *
 * @example
 * const rows = await formats.csv.parse("name,age\nAda,36\n");
 * const text = await formats.yaml.stringify(rows);
 */
export const formats: Readonly<Record<FormatName, Format>> = { json, yaml, xml, csv, markdown };
