import { isRecord } from "@llmspell/core";
import type { Limits, ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { covers, formatGrant, parseGrant, type Grant } from "../door/capabilities.js";
import { parseLimit } from "../run/limits.js";
import { coerceParam, PARAM_TYPES, type ParamDeclaration, type ParamType } from "./params.js";

/** What a spell says of itself. */
export interface Manifest {
  readonly name?: string;
  readonly description?: string;
  readonly version?: string;
  /** Absent when the spell declares no parameters: then any is taken. */
  readonly params?: Readonly<Record<string, ParamDeclaration>>;
  /** Absent when the spell does not say: then what the user grants counts. */
  readonly capabilities?: readonly Grant[];
  readonly limits?: Partial<Limits>;
}

const FIELDS = ["name", "description", "version", "params", "capabilities", "limits"];
const PARAM_FIELDS = ["type", "description", "default", "required"];

type Fields = Record<string, unknown>;

/**
 * Reads a manifest written in YAML. `where` names it in errors.
 *
 * @throws SpellError `CONFIG_INVALID` that names the place and the field.
 */
export async function parseManifest(text: string, where: string): Promise<Manifest> {
  const { parse } = await import("yaml");
  let data: unknown;
  try {
    data = parse(text, { maxAliasCount: 10, strict: true }) as unknown;
  } catch (error) {
    throw new SpellError("CONFIG_INVALID", `${where}: ${(error as Error).message.split("\n")[0]}`);
  }
  return readManifest(data ?? {}, where);
}

/** The same of data. @throws SpellError as {@link parseManifest}. */
export function readManifest(data: unknown, where: string): Manifest {
  const fail = (problem: string): SpellError => new SpellError("CONFIG_INVALID", `${where}: ${problem}`);
  const fields = asFields(data, "the manifest", fail);
  known(fields, FIELDS, "the manifest", fail);
  return {
    ...texts(fields, ["name", "description", "version"], fail),
    ...(fields["params"] === undefined ? {} : { params: readParams(fields["params"], fail) }),
    ...(fields["capabilities"] === undefined ? {} : { capabilities: readCapabilities(fields["capabilities"], fail) }),
    ...(fields["limits"] === undefined ? {} : { limits: readLimits(fields["limits"], fail) }),
  };
}

type Fail = (problem: string) => SpellError;

function asFields(value: unknown, what: string, fail: Fail): Fields {
  if (isRecord(value)) return value;
  throw fail(`${what} must be a table of fields`);
}

function known(fields: Fields, names: readonly string[], what: string, fail: Fail): void {
  const unknown = Object.keys(fields).find((name) => !names.includes(name));
  if (unknown !== undefined) throw fail(`${what} has no field '${unknown}'; known: ${names.join(", ")}`);
}

function texts(fields: Fields, names: readonly string[], fail: Fail): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (typeof value === "object") throw fail(`'${name}' must be text`);
    found[name] = String(value);
  }
  return found;
}

function readParams(value: unknown, fail: Fail): Record<string, ParamDeclaration> {
  const declared: Record<string, ParamDeclaration> = {};
  for (const [name, raw] of Object.entries(asFields(value ?? {}, "'params'", fail))) {
    if (!/^[a-zA-Z_]\w{0,63}$/.test(name) || name === "__proto__")
      throw fail(`'${name}' cannot be the name of a parameter`);
    const what = `parameter '${name}'`;
    const fields = asFields(raw ?? {}, what, fail);
    known(fields, PARAM_FIELDS, what, fail);
    const { type = "string", default: fallback, required = fallback === undefined, description } = fields;
    if (!PARAM_TYPES.includes(type as ParamType))
      throw fail(`${what}: 'type' must be one of ${PARAM_TYPES.join(", ")}`);
    if (typeof required !== "boolean") throw fail(`${what}: 'required' must be true or false`);
    declared[name] = {
      type: type as ParamType,
      required,
      ...(typeof description === "string" ? { description } : {}),
      ...(fallback === undefined || fallback === null
        ? {}
        : { default: checkedDefault(name, type as ParamType, fallback as ScriptValue, fail) }),
    };
  }
  return declared;
}

function checkedDefault(name: string, type: ParamType, value: ScriptValue, fail: Fail): ScriptValue {
  try {
    return coerceParam(name, type, value);
  } catch (error) {
    throw fail(`the default of ${(error as Error).message}`);
  }
}

function readCapabilities(value: unknown, fail: Fail): Grant[] {
  if (value === null) return [];
  if (!Array.isArray(value)) throw fail("'capabilities' must be a list");
  return value.flatMap((item) => {
    try {
      return parseGrant(String(item));
    } catch (error) {
      throw fail(`capabilities: ${(error as Error).message}`);
    }
  });
}

function readLimits(value: unknown, fail: Fail): Partial<Limits> {
  let limits: Partial<Limits> = {};
  for (const [name, text] of Object.entries(asFields(value ?? {}, "'limits'", fail))) {
    try {
      limits = { ...limits, ...parseLimit(name, String(text)) };
    } catch (error) {
      throw fail(`limits: ${(error as Error).message}`);
    }
  }
  return limits;
}

/**
 * What a user grants, as far as the spell declares it.
 *
 * @throws SpellError `INVALID_ARGUMENT` for a grant of the command line that the
 *   spell does not declare: it must not come about silently.
 */
export function declaredGrants(manifest: Manifest, asked: readonly Grant[], standing: readonly Grant[]): Grant[] {
  const { capabilities } = manifest;
  if (capabilities === undefined) return [...standing, ...asked];
  const declares = (grant: Grant): boolean =>
    capabilities.some(
      (declared) =>
        covers(declared, grant.capability, grant.scope) || covers(grant, declared.capability, declared.scope),
    );
  const undeclared = asked.find((grant) => !declares(grant));
  if (undeclared !== undefined) {
    const list = capabilities.length === 0 ? "none" : capabilities.map(formatGrant).join(", ");
    throw new SpellError(
      "INVALID_ARGUMENT",
      `the spell does not declare the capability '${formatGrant(undeclared)}'; it declares ${list}`,
    );
  }
  return [...standing, ...asked].flatMap((grant) => narrow(grant, capabilities));
}

/** A grant cut down to what is declared: the narrower scope of the two. */
function narrow(grant: Grant, capabilities: readonly Grant[]): Grant[] {
  return capabilities.flatMap((declared) => {
    if (covers(declared, grant.capability, grant.scope)) return [grant];
    return covers(grant, declared.capability, declared.scope) ? [declared] : [];
  });
}
