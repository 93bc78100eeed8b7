import { SpellError } from "@llmspell/errors";
import { getPath } from "../data-path.js";

/** Characters that come out: a value may be in a template many times. */
const MOST_CHARACTERS = 10_000_000;

/**
 * A text with values in the place of `${name}` and `{{name}}`, where a name may be a path such as
 * `user.tags[0]`; `$$` is a dollar sign. Objects are written as JSON. Unlike `renderTemplate` it
 * has no logic.
 *
 * @throws SpellError `INVALID_ARGUMENT` naming what is missing, unless `strict` is false: then it is empty;
 *   `TOO_LARGE` when the values that go in have more than 10 M characters together.
 */
export function fillTemplate(
  template: string,
  values: Readonly<Record<string, unknown>>,
  { strict = true }: { strict?: boolean } = {},
): string {
  let characters = 0;
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
      const text = typeof value === "object" ? JSON.stringify(value) : String(value);
      if ((characters += text.length) > MOST_CHARACTERS)
        throw new SpellError("TOO_LARGE", `the template makes more than ${MOST_CHARACTERS} characters`, {
          details: { limit: MOST_CHARACTERS },
        });
      return text;
    },
  );
}
