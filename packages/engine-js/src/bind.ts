import type { JsInstance } from "./instance.js";
import { VALUE_BYTES } from "./layout.js";

/** Which datum of a function of the host is its id; before it stand what `Answer` names. */
export const ID_DATUM = 3;

/** Serves `bind` of the guest library, whose arguments stand from `argv` on: makes a function of the host. @returns the answer */
export function bindFunction(js: JsInstance, trampoline: number, argv: number): number {
  const at = (i: number): number => argv + i * VALUE_BYTES;
  return js.answerWith(js.newHostFunction(trampoline, js.numberAt(at(1)), [at(2), at(3), at(4), at(5)]));
}
