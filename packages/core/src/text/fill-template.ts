import { SpellError } from "@llmspell/errors";
import { getPath } from "../data-path.js";

/**
 * A text with values in the place of `${name}` and `{{name}}`, where a name may be a path such as
 * `user.tags[0]`; `$$` is a dollar sign. Objects are written as JSON. Unlike `renderTemplate` it
 * has no logic.
 *
 * @throws SpellError `INVALID_ARGUMENT` naming what is missing, unless `strict` is false: then it is empty.
 */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, unknown>>,
  { strict = true }: { strict?: boolean } = {},
): string {
  return template.replaceAll(
    /\$\$|\$\{([^{}]{1,500})\}|\{\{([^{}]{1,500})\}\}/g,
    (whole, dollar?: string, braces?: string) => {
      if (whole === "$$") return "$";
      const name = (dollar ?? braces ?? "").trim();
      const value: unknown = getPath(values as unknown, name);
      if (value === undefined || value === null) {
        if (!strict) return "";
        throw new SpellError("INVALID_ARGUMENT", `the template has no value for '${name}'`, { details: { name } });
      }
      return typeof value === "object" ? JSON.stringify(value) : String(value);
    },
  );
}
