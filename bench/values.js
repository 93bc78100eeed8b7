import { Handle, HostFunction, Pending } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { OBJECT } from "./programs.js";
import { timeSync } from "./measure.js";

const fn = (name, id, awaitable = false) => ({ name, aliases: [], id, awaitable });
const BINDINGS = {
  modules: [{ name: "bench", aliases: [], functions: [fn("take", 1), fn("give", 2), fn("wait", 3, true)] }],
  handles: [{ kind: "Box", methods: [] }],
  globals: {},
  roots: ["llmspell"],
};

const list = Array.from({ length: 100 }, (_, i) => i);
const large = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, i]));

/** One of each kind of value: what the host gives, and how often a round crosses. */
const KINDS = [
  ["nil", () => null],
  ["a boolean", () => true],
  ["an integer", () => 42],
  ["a float", () => 0.5],
  ["an integer beyond 2^53", () => 2n ** 60n],
  ["text of 10 characters", () => "0123456789"],
  ["text of 10,000 characters", () => "0123456789".repeat(1_000), 2_000],
  ["10,000 bytes", () => new Uint8Array(10_000).fill(200), 2_000],
  ["an array of 100 integers", () => list, 2_000],
  ["an array of 100 nulls", () => list.map(() => null), 2_000],
  ["an object of 20 fields, nested", () => OBJECT, 5_000],
  ["an object of 100,000 fields", () => large, 1],
  ["a handle", () => new Handle("Box", 7), 5_000],
  ["a function of the host", () => hostFunction, 5_000],
  ["a function of the guest", undefined, 5_000, "print"],
  ["an error", () => new SpellError("TOOL_FAILED", "no luck"), 2_000],
];
const hostFunction = new HostFunction("f", () => null);

/**
 * Microseconds for one value of each kind, host → Lua and Lua → host, the call
 * that carries it included.
 *
 * @returns {{ kind: string, enter: number | undefined, leave: number }[]}
 */
export function benchValues(engine) {
  const limits = { fuel: 1e15, hostCalls: 1e9, memoryBytes: 1024 ** 3, valueBytes: 1024 ** 3 };
  return KINDS.map(([kind, make, count = 50_000, source = "bench.give()"]) => {
    const value = make?.();
    // The host lets go of what it is given, as one would that does not keep it.
    const host = { call: (id, [given]) => (id === 2 ? value : void given?.release?.()) };
    const measure = (body) => {
      const guest = engine.createGuest({ bindings: BINDINGS, limits, host });
      const program = `local take, give, v = bench.take, bench.give, ${source} for i = 1, ${count} do ${body} end`;
      const micros = timeSync(
        () => {
          const { error } = guest.run(program);
          if (error) throw error;
        },
        { rounds: 9, warmup: 3 },
      );
      guest[Symbol.dispose]();
      return micros / count;
    };
    return { kind, enter: make && measure("give()"), leave: measure("take(v)") };
  });
}

/** Microseconds for what the guest's library does by itself. */
export function benchWaits(engine) {
  const limits = { fuel: 1e15, hostCalls: 1e9, memoryBytes: 1024 ** 3 };
  const bindings = {
    ...BINDINGS,
    modules: [
      ...BINDINGS.modules,
      {
        name: "promise",
        aliases: [],
        functions: ["resolve", "await", "spawn", "yield", "channel", "cancel_token"].map((name) => ({
          name,
          aliases: [],
          awaitable: false,
        })),
      },
    ],
  };
  const measure = (setup, body, count) => {
    const guest = engine.createGuest({ bindings, limits, host: { call: () => new Pending(Promise.resolve(1)) } });
    const micros = timeSync(() => {
      const { error } = guest.run(`${setup} for i = 1, ${count} do ${body} end`);
      if (error) throw error;
    });
    guest[Symbol.dispose]();
    return micros / count;
  };
  const channel = "local ch = promise.channel(1)";
  const pair = "local ch = promise.channel() promise.spawn(function() for i = 1, 2000 do ch:receive() end end)";
  return [
    { what: "a promise", micros: measure("", "promise.resolve(i)", 5_000) },
    { what: "a task, awaited", micros: measure("", "promise.await(promise.spawn(function() end))", 2_000) },
    { what: "a turn given to others", micros: measure("", "promise.yield()", 2_000) },
    { what: "a send and a receive, buffered", micros: measure(channel, "ch:send(i) ch:receive()", 5_000) },
    { what: "a send to a task that waits", micros: measure(pair, "ch:send(i)", 2_000) },
    { what: "a cancel token", micros: measure("", "promise.cancel_token()", 5_000) },
  ];
}
