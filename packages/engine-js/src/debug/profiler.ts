import type { FunctionLabel, Profiler, ProfilerOptions } from "@llmspell/engine";
import { Samples, makeProfiler } from "@llmspell/engine/guest-kit";
import { SpellError } from "@llmspell/errors";
import type { JsKeeper } from "../keeper.js";
import { OWN } from "../errors.js";
import type { CallStack } from "./call-stack.js";

/** Calls that one sample looks at. */
const MAX_CALLS = 1_000;

/**
 * Looks at the stack whenever a portion of fuel is used up.
 *
 * @throws SpellError `ALREADY_EXISTS`, `INVALID_ARGUMENT`, and `UNSUPPORTED` for the kind `exact`:
 * nothing tells of every call.
 */
export function startProfiler(keeper: JsKeeper, stack: CallStack, options: ProfilerOptions): Profiler {
  return makeProfiler(options, (tree, kind, everyFuel) => {
    if (kind === "exact")
      throw new SpellError("UNSUPPORTED", "calls of a JavaScript guest cannot be counted one by one");
    if (keeper.sample !== undefined) throw new SpellError("ALREADY_EXISTS", "the guest is being profiled already");
    const samples = new Samples(tree, keeper.fuel, () => keeper.memoryBytes());
    const labels = new Labels(stack);
    keeper.sample = () => samples.add(stack.functions(MAX_CALLS).map((fn) => labels.of(fn)));
    keeper.fuel.divide(everyFuel);
    return () => {
      keeper.sample = undefined;
      keeper.fuel.divide(Infinity);
    };
  });
}

/** One label for each function, by whose identity costs are added up. */
class Labels {
  readonly #stack: CallStack;
  readonly #labels = new Map<string, FunctionLabel>();

  constructor(stack: CallStack) {
    this.#stack = stack;
  }

  /** Undefined for a function of the engine's own library. */
  of(fn: number): FunctionLabel | undefined {
    const { name, code } = this.#stack.describe(fn);
    if (code === undefined) return name === "" ? undefined : this.#label({ name, source: "", line: 0 }, 0);
    if (OWN.test(code.file)) return undefined;
    const { file: source, line, column } = code;
    return this.#label({ name: name === "" ? "<anonymous>" : name, source, line }, column);
  }

  #label(label: FunctionLabel, column: number): FunctionLabel {
    const key = `${label.source}\n${label.line}\n${column}\n${label.name}`;
    const known = this.#labels.get(key);
    if (known === undefined) this.#labels.set(key, label);
    return known ?? label;
  }
}
