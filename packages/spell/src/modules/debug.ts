import { dump } from "@llmspell/core";
import type { Profile, Profiler, ScriptObject } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { awaitable, defineModule, guestFunction, sync } from "../door/module.js";
import { t } from "../door/types.js";
import { perRun } from "../run/per-run.js";
import type { RunContext } from "../run/context.js";
import { nameOfValue } from "./shapes.js";

const MOST_FUNCTIONS = 50;
const MOST_SECTIONS = 1000;

interface Section {
  readonly started: number;
  readonly fuel: number;
  readonly memory: number;
}

const sectionsOf = perRun(() => new Map<string, Section>());

const sectionNow = (run: RunContext): Section => {
  const { fuel, memoryBytes } = run.guest.usage;
  return { started: performance.now(), fuel, memory: memoryBytes };
};

function sinceThen(
  run: RunContext,
  { started, fuel, memory }: Section,
): { wall_ms: number; fuel: number; memory_bytes: number } {
  const now = sectionNow(run);
  return { wall_ms: now.started - started, fuel: now.fuel - fuel, memory_bytes: now.memory - memory };
}

const section = "{wall_ms: number, fuel: integer, memory_bytes: integer}";

export const debugModule = defineModule({
  name: "debug",
  doc: "Looking into a spell: what is called, what it costs, what a value holds.",
  functions: {
    trace_calls: guestFunction({
      doc: "A function that does the same as another one, and a function that gives what was recorded of its calls (the first 1000 events): `enter`, `leave` or `error`, the depth, the values as text. In JavaScript a list of the two.",
      params: { fn: t.fn },
      result: "list<function>",
      everywhere: true,
      example: "local f, calls = debug.trace_calls(function(n) return n * 2 end) f(21) return calls()[2].values[1]",
    }),
    memory_usage: sync({
      doc: "Memory of the script, as the engine counts it.",
      result: "{used_bytes: integer, peak_bytes: integer, limit_bytes: integer}",
      example: "return debug.memory_usage().used_bytes > 0",
      call({ guest }) {
        const { memoryBytes, peakMemoryBytes } = guest.usage;
        return {
          used_bytes: memoryBytes,
          peak_bytes: Math.max(memoryBytes, peakMemoryBytes),
          limit_bytes: guest.limits.memoryBytes,
        };
      },
    }),
    performance_profile: awaitable({
      doc: "Calls a function with the arguments of a list and counts what each function spends; fuel is the unit, the same on every run.",
      params: { fn: t.fn, args: t.optional(t.list(t.any)) },
      result: `{result: any, profile: {wall_ms: number, fuel: integer, memory_bytes: integer, functions: list<{name: string, file: string, line: integer, self: integer, total: integer, calls: integer}>}}`,
      example: "return debug.performance_profile(function(n) return n + 1 end, { 41 }).result",
      async call(run, { fn, args = [] }, signal) {
        // Inside of a turn of the guest no profiler can start.
        await Promise.resolve();
        const { guest } = run;
        const { features } = guest.engine;
        if (!features.profiling) throw new SpellError("UNSUPPORTED", "this engine has no profiler");
        using profiler: Profiler = guest.startProfiler(
          features.exactProfiling ? { kind: "exact" } : { kind: "sampled", everyFuel: 1000 },
        );
        const before = sectionNow(run);
        const result = await run.callGuest(fn, args, signal);
        return { result, profile: { ...sinceThen(run, before), functions: dearest(profiler.stop()) } };
      },
    }),
    trace: guestFunction({
      doc: "The stack as text, under a label if one is given; at most `depth` frames.",
      params: { label: t.optional(t.string), depth: t.optional(t.integer(1)) },
      result: "string",
      aliases: ["utils.debug_trace"],
      everywhere: true,
      example: 'return debug.trace("here"):sub(1, 4)',
    }),
    profile: sync({
      doc: "Starts or stops a named section and tells what was spent in between, by all tasks.",
      params: { name: t.name, action: t.oneOf("start", "stop") },
      result: `${section} or nil`,
      aliases: ["utils.debug_profile"],
      example: 'debug.profile("load", "start") return debug.profile("load", "stop").wall_ms >= 0',
      call(run, { name, action }) {
        const sections = sectionsOf(run);
        const known = sections.get(name);
        if (action === "stop") {
          if (known === undefined) throw new SpellError("INVALID_STATE", `debug.profile: '${name}' was not started`);
          sections.delete(name);
          return sinceThen(run, known);
        }
        if (known !== undefined) throw new SpellError("INVALID_STATE", `debug.profile: '${name}' has been started`);
        if (sections.size >= MOST_SECTIONS)
          throw new SpellError("INVALID_STATE", `debug.profile: at most ${MOST_SECTIONS} sections at a time`);
        sections.set(name, sectionNow(run));
        return undefined;
      },
    }),
    dump: sync({
      doc: "A value as text for people, `depth` levels deep (4).",
      params: { value: t.any, options: t.optional(t.object({ depth: t.optional(t.integer(0)) }, "DumpOptions")) },
      result: "string",
      aliases: ["utils.debug_dump"],
      example: "return debug.dump({ 1, 2 })",
      call(_, { value, options = {} }) {
        return dump(value, { ...(options.depth === undefined ? {} : { depth: options.depth }), nameOf: nameOfValue });
      },
    }),
    assert: sync({
      doc: "The condition, when it is neither false nor nothing; else ASSERTION_FAILED with the message.",
      params: { condition: t.any, message: t.optional(t.string) },
      result: "any",
      aliases: ["utils.debug_assert"],
      example: 'return debug.assert(42, "there is an answer")',
      call(_, { condition, message }) {
        if (condition !== false && condition !== null) return condition;
        throw new SpellError("ASSERTION_FAILED", message ?? "the condition does not hold");
      },
    }),
    breakpoint: awaitable({
      doc: "Stops in the debugger that is attached, if one is, when the condition is neither false nor nothing.",
      params: { condition: t.optional(t.any) },
      example: "debug.breakpoint(false)",
      async call(run, { condition }) {
        if (condition !== false) run.debugger?.pause();
        return undefined;
      },
    }),
  },
});

function dearest(profile: Profile): ScriptObject[] {
  return profile
    .functions()
    .slice(0, MOST_FUNCTIONS)
    .map(({ name, source, line, self, total, count }) => ({ name, file: source, line, self, total, calls: count }));
}
