import { defineModule, type Module } from "../door/module.js";

/**
 * Modules of earlier times that have no functions of their own: what they had has moved, and is
 * found in them by the older names of the functions, e.g. `utils.auth.hash_password`.
 */
export const OLDER_MODULES: readonly Module[] = ["core", "observability", "utils"].map((name) =>
  defineModule({ name, doc: "Older names of functions of other modules.", functions: {} }),
);
