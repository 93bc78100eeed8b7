import { Handle, Pending } from "@llmspell/engine";
import { createLuaEngine } from "@llmspell/engine-lua";
import { standardLibrary } from "@llmspell/spell";
import { timeSync } from "./measure.js";

const SPELL = `
  local a = agent.create({ system_prompt = "You look things up." })
  local log = {}
  for i = 1, 20 do log[i] = { step = i, note = "what step " .. i .. " found" } end
  return a:run("What is the weather in Paris?").content .. #log`;

/** Microseconds and bytes of the snapshots of a spell that waits for its agent. */
export function benchSnapshots() {
  const engine = createLuaEngine({ pool: { max: 128 } });
  const { bindings } = standardLibrary();
  const agent = bindings.modules.find(({ name }) => name === "agent");
  const { id: create } = agent.functions.find(({ name }) => name === "create");
  const host = {
    call: (id) => (id === create ? new Handle("Agent", 1) : new Pending(new Promise(() => {}))),
    resume: () => new Pending(new Promise(() => {})),
  };
  const options = { bindings, host };
  const guest = engine.createGuest(options);
  guest.run(SPELL, { name: "bench.lua" });
  if (guest.state !== "suspended") throw new Error(`the spell is ${guest.state}`);

  const snapshot = guest.snapshot();
  const bytes = snapshot.encode();
  const many = { count: 100, rounds: 15, warmup: 5 };
  const result = {
    snapshot: timeSync(() => guest.snapshot(), many),
    restore: timeSync(() => engine.restore(snapshot, options)[Symbol.dispose](), many),
    encode: timeSync(() => snapshot.encode(), many),
    decode: timeSync(() => engine.restore(bytes, options)[Symbol.dispose](), many),
    rollback: timeSync(() => guest.rollback(snapshot), many),
    fork: timeSync(
      () => {
        for (const fork of guest.fork(100)) fork[Symbol.dispose]();
      },
      { rounds: 9, warmup: 2 },
    ),
    bytes: bytes.length,
    inMemory: snapshot.byteLength,
  };
  const cold = createLuaEngine();
  const first = cold.restore(bytes, options);
  const started = performance.now();
  const forks = first.fork(100);
  result.coldFork = (performance.now() - started) * 1000;
  for (const each of [...forks, first, guest]) each[Symbol.dispose]();
  cold[Symbol.dispose]();
  engine[Symbol.dispose]();
  return result;
}
