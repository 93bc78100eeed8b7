import { SpellError } from "@llmspell/errors";
import { EMPTY_BINDINGS, type Bindings } from "../bindings.js";
import type { GuestOptions, SandboxLevel } from "../engine.js";

/** What instances are kept by: guests of the same bindings and the same level start alike. */
export interface Origin {
  readonly bindings: Bindings;
  readonly sandbox: SandboxLevel;
}

type Levels = Readonly<Record<SandboxLevel, Origin>>;

const origins = new WeakMap<Bindings, Levels>();

/** The one origin of all guests with these options. @throws SpellError `INVALID_ARGUMENT` for a level there is not. */
export function originOf({
  bindings = EMPTY_BINDINGS,
  sandbox = "basic",
}: Pick<GuestOptions, "bindings" | "sandbox">): Origin {
  let levels = origins.get(bindings);
  if (levels === undefined) {
    levels = {
      none: { bindings, sandbox: "none" },
      basic: { bindings, sandbox: "basic" },
      strict: { bindings, sandbox: "strict" },
    };
    origins.set(bindings, levels);
  }
  if (Object.hasOwn(levels, sandbox)) return levels[sandbox];
  throw new SpellError("INVALID_ARGUMENT", `there is no sandbox level '${String(sandbox)}'`, {
    details: { known: Object.keys(levels) },
  });
}
