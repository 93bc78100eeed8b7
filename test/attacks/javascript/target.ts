import { PROMISE_BINDINGS } from "@llmspell/engine/conformance";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import type { Target } from "../kit/arena.js";

export const JAVASCRIPT: Target = {
  language: "JavaScript",
  bindings: PROMISE_BINDINGS,
  createEngine: createJavaScriptEngine,
  /** The names in the library of the language, the next random numbers, and what the library of the guest does. */
  fingerprint: `
    const names = (o) => Reflect.ownKeys(o).map(String).join();
    return [
      Math.random(), test.sayTwice("a"), new Error("e").stack, Date.now(), names(globalThis),
      ...[Object, Array, String, Promise, Error, RegExp].flatMap((C) => [names(C), names(C.prototype)]),
    ].join("\\n")`,
};
