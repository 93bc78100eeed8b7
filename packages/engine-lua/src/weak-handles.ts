import { Handle, WeakHandle, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { LuaType } from "./abi.js";
import type { Intrinsic } from "./intrinsics.js";
import type { LibraryParts } from "./library-calls.js";

/** The host looks the object up. */
const UPGRADE_FUEL = 200;

/** What `lua/weak.lua` asks about the weak handle (or, for `weaken`, the handle) in argument 1. */
export function callWeak(
  L: number,
  name: Intrinsic & ("describe" | "expired" | "upgrade" | "weaken"),
  { lua, values, upgrade }: LibraryParts,
): number {
  const { ex } = lua;
  // Reading a function would hold it for the host.
  const value: ScriptValue = ex.lua_type(L, 1) === LuaType.userdata ? values.read(L, 1, "argument 1") : null;
  if (name === "weaken") {
    if (!(value instanceof Handle)) throw new SpellError("INVALID_ARGUMENT", "weak: argument 1 must be a handle");
    values.push(L, new WeakHandle(value.kind, value.id));
    return 1;
  }
  if (!(value instanceof WeakHandle)) throw new SpellError("INVALID_ARGUMENT", "argument 1 must be a weak handle");
  if (name === "describe") {
    lua.pushText(L, `${value.kind}: ${value.id}`);
    return 1;
  }
  lua.charge(UPGRADE_FUEL);
  const handle = upgrade(value);
  if (name === "expired") ex.lua_pushboolean(L, handle === undefined ? 1 : 0);
  else values.push(L, handle);
  return 1;
}
