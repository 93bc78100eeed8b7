import { basename, extname } from "node:path";
import { readField } from "@llmspell/core";
import type { ScriptModule, ScriptObject, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { declaredGrants, parseManifest } from "../manifest/manifest.js";
import { resolveParams } from "../manifest/params.js";
import { headerManifest, SOURCE_EXTENSIONS } from "../manifest/source.js";
import type { RunContext } from "./context.js";
import { perRun } from "./per-run.js";
import { asData } from "./data-only.js";

interface Part {
  readonly spell: string;
  readonly as: string;
  readonly params: ScriptObject;
}

/** Spells that compose spells that compose spells. */
const MAX_DEPTH = 8;

/** One at a time: each may use what the others have left. */
const turnsOf = perRun(() => ({ last: Promise.resolve() as Promise<unknown> }));

async function inTurn<T>(run: RunContext, work: () => Promise<T>): Promise<T> {
  const turns = turnsOf(run);
  const mine = turns.last.then(work);
  turns.last = mine.catch(() => undefined);
  return await mine;
}

/** A spell to run, as a script writes it. */
export type GivenPart =
  | string
  | {
      readonly spell: string;
      readonly params?: ScriptObject | undefined;
      readonly as?: string | undefined;
    };

function parts(given: readonly GivenPart[]): Part[] {
  const all = given.map((item): Part => {
    const { spell, params = {}, as } = typeof item === "string" ? { spell: item } : item;
    return { spell, params, as: as ?? basename(spell, extname(spell)) };
  });
  const twice = all.find(({ as }, index) => all.findIndex((other) => other.as === as) < index);
  if (twice !== undefined)
    throw new SpellError("VALIDATION_FAILED", `spell.compose: there are two spells '${twice.as}'; name one with 'as'`);
  return all;
}

const REFERENCE = /^\$([A-Za-z_][\w-]*)((?:\.[\w-]+)*)$/;

/** Parameters in which `$name.field` is what an earlier spell gave; `$$` at the start is one `$`. */
function resolved(value: ScriptValue | undefined, results: ScriptObject): ScriptValue {
  if (typeof value === "string") {
    if (value.startsWith("$$")) return value.slice(1);
    const [, name, path = ""] = REFERENCE.exec(value) ?? [];
    if (name === undefined) return value;
    const keys = path.split(".").slice(1);
    const found = readField(results, [name, ...keys]) as ScriptValue | undefined;
    if (found !== undefined) return found;
    throw new SpellError("NOT_FOUND", `spell.compose: there is no '${value}' among the results so far`);
  }
  if (Array.isArray(value)) return value.map((item: ScriptValue) => resolved(item, results));
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value ?? null;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, resolved(field as ScriptValue, results)]),
  );
}

interface PartCall {
  /** What errors and the audit log call it. */
  readonly fn: string;
  /** The file whose folder relative paths start at. */
  readonly from: string;
  readonly signal: AbortSignal;
}

/**
 * A spell of the spell's folder, if `fn` may run it.
 *
 * @throws SpellError `PERMISSION_DENIED`, `NOT_FOUND`.
 */
export const findSpell = (run: RunContext, fn: string, spell: string, from: string): Promise<ScriptModule> =>
  run.modules.source({ fn, capability: "spell", extensions: SOURCE_EXTENSIONS }, spell, from);

/** Runs one spell, when those before it have ended. @throws SpellError as {@link composeSpells}. */
export async function callSpell(
  run: RunContext,
  spell: string,
  params: ScriptObject,
  call: PartCall,
): Promise<ScriptValue> {
  checkDepth(run, call.fn);
  return await inTurn(run, async () => {
    call.signal.throwIfAborted();
    return await runPart(run, { spell, as: basename(spell, extname(spell)), params }, call);
  });
}

function checkDepth(run: RunContext, fn: string): void {
  if ((run.info.parent?.depth ?? 0) >= MAX_DEPTH)
    throw new SpellError("LIMIT_DEPTH", `${fn}: spells are composed more than ${MAX_DEPTH} deep`);
}

/** Runs a spell in a guest of its own, with no more power and no more to use than this one has left. */
async function runPart(
  run: RunContext,
  { spell, as, params }: Part,
  { fn, from, signal }: PartCall,
): Promise<ScriptValue> {
  const { name: file, source } = await findSpell(run, fn, spell, from);
  const header = headerManifest(source, extname(file));
  const manifest = header === undefined ? {} : await parseManifest(header, `${file} (its first comment)`);
  const given = asData(params, `${fn}: the parameters of ${as}`);
  const { list } = run.grants;
  const isOwn = ({ capability }: { capability: string }): boolean => capability === "module";
  const result = await run.runChild({
    source,
    file,
    name: manifest.name ?? file,
    params: resolveParams(manifest.params, given as Record<string, ScriptValue>),
    grants: [
      ...declaredGrants(
        manifest,
        [],
        list.filter((grant) => !isOwn(grant)),
      ),
      ...list.filter(isOwn),
    ],
    limits: manifest.limits ?? {},
    signal,
  });
  if (result.ok) return asData(result.value, `${fn}: the result of ${as}`);
  throw failed(as, result.error);
}

/** The host alone ends a run by these, so that they are not the end of the one that composed it. */
function failed(as: string, error: SpellError): SpellError {
  const isFinal = error.code.startsWith("LIMIT_") || error.code === "INTERRUPTED" || error.code === "INTERNAL";
  return new SpellError(isFinal ? "SCRIPT_ERROR" : error.code, `the spell '${as}' failed: ${error.message}`, {
    details: { ...error.details, spell: as, code: error.code },
    cause: error,
  });
}

/**
 * Runs spells one after the other; a parameter `$name.field` is what an earlier one gave.
 *
 * @throws SpellError the error of the first that fails, `NOT_FOUND`, `PERMISSION_DENIED`, `VALIDATION_FAILED`.
 */
export async function composeSpells(
  run: RunContext,
  given: readonly GivenPart[],
  signal: AbortSignal,
): Promise<{ results: ScriptObject; final: ScriptValue }> {
  const all = parts(given);
  checkDepth(run, "spell.compose");
  const from = run.guest.position?.file ?? run.info.file;
  return await inTurn(run, async () => {
    const results: Record<string, ScriptValue> = {};
    let final: ScriptValue = null;
    for (const each of all) {
      signal.throwIfAborted();
      const params = resolved(each.params, results) as ScriptObject;
      final = results[each.as] = await runPart(run, { ...each, params }, { fn: "spell.compose", from, signal });
    }
    return { results, final };
  });
}
