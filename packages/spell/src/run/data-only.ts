import { FunctionRef, Handle, HostFunction, valueError, WeakHandle, type ScriptValue } from "@llmspell/engine";
import { describeValue } from "../door/types.js";

const OF_ONE_GUEST = [FunctionRef, Handle, HostFunction, WeakHandle] as const;

/**
 * A value that means the same in every guest: a function or handle is a number of one guest's own,
 * which is something else in another.
 *
 * @throws SpellError `INVALID_ARGUMENT` that names the place of what is none.
 */
export function asData(value: ScriptValue, where: string): ScriptValue {
  const path: (string | number)[] = [where];
  const look = (part: ScriptValue | undefined): void => {
    if (typeof part !== "object" || part === null) return;
    if (OF_ONE_GUEST.some((type) => part instanceof type))
      throw valueError(path, `must be data, not ${describeValue(part)}`);
    const isPlain = Array.isArray(part) || Object.getPrototypeOf(part) === Object.prototype;
    if (!isPlain) return;
    for (const [key, inner] of Object.entries(part)) {
      path.push(Array.isArray(part) ? Number(key) + 1 : key);
      look(inner);
      path.pop();
    }
  };
  look(value);
  return value;
}

/** Data as text, to know how much it is. */
export const dataText = (value: ScriptValue, where: string): string =>
  JSON.stringify(asData(value, where), (_, part: unknown) => {
    if (typeof part === "bigint") return String(part);
    return part instanceof Uint8Array ? Buffer.from(part).toString("base64") : part;
  });
