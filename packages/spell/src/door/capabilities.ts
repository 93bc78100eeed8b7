import { posix } from "node:path";
import { defined, matchesGlob } from "@llmspell/core";
import { SpellError } from "@llmspell/errors";

/** Every power a spell can be granted, and what its scope means. */
export const CAPABILITIES = {
  model: { doc: "Ask a language model", scope: "a model id such as openai:gpt-5, or a pattern such as openai:*" },
  "file.read": { doc: "Read files", scope: "a path below the working directory" },
  "file.write": { doc: "Write and delete files", scope: "a path below the working directory" },
  module: {
    doc: "Load modules of the spell's own folder",
    scope: "a path below the spell's folder; with #sha256-BASE64 behind it, a file that must have this content",
  },
  spell: { doc: "Run other spells", scope: "a path below the spell's folder" },
  network: { doc: "Open network connections", scope: "a host name, or a pattern such as *.example.com" },
  process: { doc: "Start processes", scope: "a program as it is called, e.g. git; a shell needs all" },
  env: { doc: "Read environment variables", scope: "a variable's name" },
  system: { doc: "Tell about the machine", scope: "what is told, e.g. memory" },
  mcp: { doc: "Call tools of MCP servers", scope: "SERVER/TOOL, or a pattern such as files/*" },
  storage: { doc: "Keep data beyond the run", scope: "a name of a store, or a pattern such as notes-*" },
  auth: {
    doc: "Log in, sign tokens, keep secrets",
    scope: "login, oauth, tokens, passwords, secrets or audit",
  },
  provider: { doc: "Configure model providers", scope: "a provider's name" },
} as const;

export type Capability = keyof typeof CAPABILITIES;

/** A capability, for everything or for one scope. */
export interface Grant {
  readonly capability: string;
  readonly scope?: string;
  /** The SHA-256 that the file of the scope must have, as `sha256-` and base64; for `module` only. */
  readonly integrity?: string;
}

const INTEGRITY = /^(.+)#(sha256-[A-Za-z\d+/]{43}=)$/;

/** Whether the scope of a capability is a path below a folder. */
const isPath = (capability: string): boolean =>
  capability === "module" || capability === "spell" || capability.startsWith("file.");

/** Names that stand for several capabilities, e.g. `file`. */
function expand(name: string): Capability[] {
  const all = Object.keys(CAPABILITIES) as Capability[];
  return all.filter((capability) => capability === name || capability.startsWith(`${name}.`));
}

/**
 * Reads `CAP` or `CAP=SCOPE`, e.g. `file.read=./data` or `file` for both file capabilities.
 *
 * @throws SpellError `INVALID_ARGUMENT` that lists the known capabilities.
 */
export function parseGrant(text: string): Grant[] {
  const at = text.indexOf("=");
  const name = (at < 0 ? text : text.slice(0, at)).trim();
  const given = at < 0 ? undefined : text.slice(at + 1).trim();
  const [, scope = given, integrity] = (name === "module" ? INTEGRITY.exec(given ?? "") : undefined) ?? [];
  const capabilities = expand(name);
  if (capabilities.length === 0) {
    throw new SpellError(
      "INVALID_ARGUMENT",
      `there is no capability '${name}'; known: ${Object.keys(CAPABILITIES).join(", ")}`,
    );
  }
  if (scope !== undefined && capabilities.some(isPath) && !isBelow(".", scope)) {
    const folder = name === "module" || name === "spell" ? "the spell's folder" : "the working directory";
    throw new SpellError("INVALID_ARGUMENT", `the scope of '${name}' must be a path below ${folder}, not '${scope}'`);
  }
  if (scope === "") throw new SpellError("INVALID_ARGUMENT", `the scope of '${name}=' is empty`);
  return capabilities.map((capability) => ({
    capability,
    ...defined({ scope, integrity }),
  }));
}

export const formatGrant = ({ capability, scope, integrity }: Grant): string =>
  capability + (scope === undefined ? "" : `=${scope}`) + (integrity === undefined ? "" : `#${integrity}`);

/** Whether `grant` allows `capability` on `scope`. A scoped grant does not allow an unscoped request. */
export function covers(grant: Grant, capability: string, scope: string | undefined): boolean {
  if (grant.capability !== capability) return false;
  if (grant.scope === undefined) return true;
  if (scope === undefined) return false;
  if (isPath(capability)) return isBelow(grant.scope, scope);
  // Host names have no case; everything else has.
  return capability === "network"
    ? matchesGlob(grant.scope.toLowerCase(), scope.toLowerCase())
    : matchesGlob(grant.scope, scope);
}

function isBelow(root: string, path: string): boolean {
  const from = posix.normalize(root).replace(/\/$/, "");
  const to = posix.normalize(path);
  if (to === ".." || to.startsWith("../")) return false;
  if (from === ".") return !to.startsWith("/");
  return to === from || to.startsWith(`${from}/`);
}

/** What one run may do. */
export class Grants {
  readonly list: readonly Grant[];

  constructor(list: readonly Grant[]) {
    this.list = list;
  }

  allows(capability: string, scope?: string): boolean {
    return this.list.some((grant) => covers(grant, capability, scope));
  }

  /** What the content of a module must be, one of these; empty for anything. Whoever names a hash means it, whatever else is granted. */
  integrityOf(path: string): readonly string[] {
    return this.list.flatMap(({ capability, scope, integrity }) =>
      capability === "module" && integrity !== undefined && posix.normalize(scope ?? "") === path ? [integrity] : [],
    );
  }

  /** @throws SpellError `PERMISSION_DENIED` that says what to grant, and what `fn` asked for it. */
  require(capability: string, scope?: string, fn?: string): void {
    if (this.allows(capability, scope)) return;
    const wanted = formatGrant(scope === undefined ? { capability } : { capability, scope });
    throw new SpellError(
      "PERMISSION_DENIED",
      `${fn === undefined ? "" : `${fn}: `}this spell was not granted '${wanted}'`,
      {
        details: { ...defined({ function: fn, capability, scope }), grant: `--allow ${wanted}` },
      },
    );
  }
}
