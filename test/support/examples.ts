import { fileURLToPath } from "node:url";
import type { SpellRun } from "@llmspell/spell";

/** What the examples of the declarations may do, and find beside them. */
export const EXAMPLE_RUN: Pick<SpellRun, "folder" | "grants"> = {
  folder: fileURLToPath(new URL("../../packages/spell/src/modules/testing/", import.meta.url)),
  grants: ["auth", "env", "file.read", "file.write", "model", "module", "provider", "spell", "storage"].map(
    (capability) => ({ capability }),
  ),
};
