import { compare, row, show } from "./measure.js";

const FIB =
  "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end\nlocal r = fib(27)\nreturn r";
const loop = (rounds) => `local x = 0\nfor i = 1, ${rounds} do\n  x = x + i % 7\nend\nreturn x`;
const PROGRAMS = { "fib(27)": FIB, "a loop": loop(2_000_000) };

const breakAt = (source, breakpoint) => (guest) => guest.attachDebugger().setBreakpoints(source, [breakpoint]);

/** What can be switched on for a guest, and what it may cost against off. */
const TOOLS = {
  "debugger, no breakpoints": { start: (guest) => guest.attachDebugger(), target: "≤ 1.05 ×" },
  "a breakpoint never reached": { start: breakAt("other", { line: 900 }) },
  "a condition never true": {
    start: breakAt("bench", { line: 3, condition: "i < 0" }),
    programs: { "20,000 times": loop(20_000) },
  },
  "profiler, sampled": { start: (guest) => guest.startProfiler(), target: "≤ 1.1 ×" },
  "profiler, exact": { start: (guest) => guest.startProfiler({ kind: "exact" }) },
  "line coverage": { start: (guest) => guest.startCoverage() },
};

/** Prints what the debugger, the profilers and coverage cost, each as a ratio against a guest without. */
export async function benchDebugging(engine) {
  const run = (source, start) => {
    const guest = engine.createGuest({ limits: { fuel: 1e15 } });
    start?.(guest);
    const { error } = guest.run(source, { name: "bench" });
    guest[Symbol.dispose]();
    if (error) throw error;
  };
  for (const [name, { start, programs = PROGRAMS, target }] of Object.entries(TOOLS)) {
    for (const [program, source] of Object.entries(programs)) {
      const [on, off] = await compare(
        () => run(source, start),
        () => run(source),
      );
      row(`${name}: ${program}`, show(on), `off ${show(off)}`, `${(on / off).toFixed(2)} ×`, target);
    }
  }
}
