// Prints how fast llmspell is, as ratios against peers in the same run.
// `npm run bench`; peers that are not installed are left out.
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LuaFactory } from "wasmoon";
import { createLuaEngine } from "@llmspell/engine-lua";
import { Pending } from "@llmspell/engine";
import { benchAgents } from "./agents.js";
import { benchDebugging } from "./debug.js";
import { benchOperation, createDoorBench } from "./door.js";
import { benchJavaScript } from "./javascript.js";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { compileLua } from "../packages/engine-lua/dist/wasm.js";
import { benchModules } from "./modules.js";
import { compare, least, median, row, show, time, timeSync } from "./measure.js";
import { benchSnapshots } from "./snapshots.js";
import { benchValues, benchWaits } from "./values.js";
import { OBJECT, PROGRAMS } from "./programs.js";
import { benchTools } from "./tools.js";
import { measureTenants } from "./tenants.js";
import { benchSleepers } from "./waiting.js";
import { createWorkerBench } from "./worker.js";

const ratio = (a, b) => `${(a / b).toFixed(2)} ×`;
const native = spawnSync("lua5.4", ["-v"]).status === 0;
const peers = new LuaFactory();
const engine = createLuaEngine();
/** The same engine with no charge in its machine code: what it differs by is the meter. */
const uncharged = createLuaEngine({ compiled: compileLua(false) });
const unlimited = { limits: { fuel: 1e15, memoryBytes: 1024 ** 3 } };

function runOurs(source, on = engine) {
  const guest = on.createGuest(unlimited);
  const { value, error } = guest.run(source);
  guest[Symbol.dispose]();
  if (error) throw error;
  return value;
}

row("", "llmspell", "peer", "ratio", "target");

// Guests
{
  const guest = engine.createGuest(unlimited);
  const micros = timeSync(() => guest.run("return 42"), { count: 2000 });
  row("return 42, loaded and run on a guest", show(micros), "", "", "≤ 5 µs");
  guest[Symbol.dispose]();
  const acquire = timeSync(() => engine.createGuest()[Symbol.dispose](), { count: 500 });
  row("acquire from the warm pool, reset included", show(acquire), "", "", "≤ 20 µs");
  const samples = Array.from({ length: 2_000 }, () => {
    const started = performance.now();
    const guests = Array.from({ length: 16 }, () => engine.createGuest());
    const micros = ((performance.now() - started) * 1000) / guests.length;
    for (const guest of guests) guest[Symbol.dispose]();
    return micros;
  });
  row("  the reset aside", show(median(samples)), "", "", "≤ 1 µs");
  const cycle = timeSync(() => runOurs("return 42"), { count: 500 });
  row("acquire, run, reset", show(cycle));
}

// Programs
const ratios = [];
const meterRatios = [];
for (const [name, { source, result }] of Object.entries(PROGRAMS)) {
  // wasmoon's own API crashes after some sixty sources on one engine.
  const peer = await peers.createEngine();
  const check = (value) => {
    if (value !== result) throw new Error(`${name} gave ${value}`);
  };
  const [ours, unmetered] = await compare(
    () => check(runOurs(source)),
    async () => check(await peer.doString(source)),
    { rounds: 9, of: least },
  );
  peer.global.close();
  ratios.push(ours / unmetered);
  const [metered, plain] = await compare(
    () => check(runOurs(source)),
    () => check(runOurs(source, uncharged)),
    { rounds: 9, of: least },
  );
  meterRatios.push(metered / plain);
  row(name, show(ours), `wasmoon, unmetered ${show(unmetered)}`, ratio(ours, unmetered));
  row("  the meter in it", show(metered), `no charges ${show(plain)}`, ratio(metered, plain));
  if (native) {
    // Timed inside the process, so that its start does not count.
    const script = `local f = load([==[${source}]==]) local best = 1e9 for i = 1, 5 do local t = os.clock() f() best = math.min(best, os.clock() - t) end print(best)`;
    const micros = Number(execFileSync("lua5.4", ["-e", script], { encoding: "utf8" })) * 1e6;
    row(
      `  ${name} against native`,
      show(ours),
      `lua5.4 ${show(micros)}`,
      ratio(ours, micros),
      name === "fib(32)" ? "≤ 1.7 ×" : "",
    );
  }
}

const geometricMean = (all) => Math.exp(all.reduce((sum, each) => sum + Math.log(each), 0) / all.length);
row("meter, geometric mean", "", "no charges", `${geometricMean(meterRatios).toFixed(2)} ×`, "≤ 1.12 ×");
row("meter and sandbox, geometric mean", "", "wasmoon, no fence", `${geometricMean(ratios).toFixed(2)} ×`, "≤ 1.25 ×");

// Crossing the boundary
const bindings = {
  modules: [
    {
      name: "bench",
      aliases: [],
      functions: ["add", "take", "give"].map((name, i) => ({ name, aliases: [], id: i + 1, awaitable: false })),
    },
  ],
  handles: [],
  globals: {},
  roots: [],
};
const host = { call: (id, args) => (id === 1 ? args[0] + 1 : id === 3 ? OBJECT : null) };
const LUA_OBJECT = `local T = {id=123,name="alice smith",email="alice@example.com",age=30,score=1.5,active=true,tags={"a","b","c","d"},
  address={street="1 Main St",city="Paris",zip="75001",geo={lat=48.85,lng=2.35}},role="admin",level=7,note="some longer text with spaces in it, about fifty chars"}`;
const crossing = (body, count) => {
  const options = { ...unlimited, limits: { ...unlimited.limits, hostCalls: 1e9 }, bindings, host };
  const micros = timeSync(
    () => {
      using(engine.createGuest(options), (guest) => {
        const { error } = guest.run(body(count));
        if (error) throw error;
      });
    },
    { rounds: 15, warmup: 5 },
  );
  return micros / count;
};
function using(guest, use) {
  try {
    use(guest);
  } finally {
    guest[Symbol.dispose]();
  }
}
const peer = await peers.createEngine();
const peerCrossing = async (body, count) => (await time(() => peer.doString(body(count)), { rounds: 7 })) / count;
peer.global.set("add", (x) => x + 1);
peer.global.set("take", () => null);
peer.global.set("give", () => OBJECT);
{
  const loop = (f) => (n) => `local f = ${f} local x = 0 for i = 1, ${n} do x = f(x) end return x`;
  // The same loop with a function of Lua is not part of the crossing.
  const around = crossing(loop("(function(x) return x + 1 end)"), 200_000);
  const ours = crossing(loop("bench.add"), 200_000) - around;
  const theirs = await peerCrossing(loop("add"), 20_000);
  row("Lua → host → Lua, a number", show(ours), `wasmoon ${show(theirs)}`, ratio(ours, theirs), "≤ 100 ns");
  const door = await createDoorBench(engine);
  row("  the same through the full door", show(door), "", "", "≤ 2 µs");
  const take = (f) => (n) => `${LUA_OBJECT} for i = 1, ${n} do ${f}(T) end`;
  const read = crossing(take("bench.take"), 5_000);
  // wasmoon hands tables to the host as they are only when they are converted.
  peer.global.set("take", (table) => Object.keys(table).length);
  const theirRead = await peerCrossing(take("take"), 500);
  row(
    "20-field table, Lua → host",
    show(read),
    `wasmoon ${show(theirRead)}`,
    ratio(read, theirRead),
    "≤ 5 µs, ≤ 0.1 ×",
  );
  // wasmoon hands over a proxy, so both sides read every field.
  const fields = "x.id, x.name, x.email, x.age, x.score, x.active, x.role, x.level, x.note";
  const nested =
    "x.tags[1], x.tags[2], x.tags[3], x.tags[4], x.address.street, x.address.city, x.address.zip, x.address.geo.lat, x.address.geo.lng";
  const get = (f) => (n) => `for i = 1, ${n} do local x = ${f}(i) local t = { ${fields}, ${nested} } end`;
  const write = crossing(get("bench.give"), 5_000);
  const theirWrite = await peerCrossing(get("give"), 300);
  row(
    "20-field table, host → Lua, every field read",
    show(write),
    `wasmoon ${show(theirWrite)}`,
    ratio(write, theirWrite),
    "≤ 5 µs, ≤ 0.1 ×",
  );
}

// Every kind of value, and what waits
for (const { kind, enter, leave } of benchValues(engine)) {
  row(`${kind}, host → Lua`, enter === undefined ? "" : show(enter));
  row("  Lua → host", show(leave));
}
for (const { what, micros } of benchWaits(engine)) row(what, show(micros));

// Snapshots
{
  const { snapshot, restore, encode, decode, rollback, fork, coldFork, bytes, inMemory } = benchSnapshots();
  const kilobytes = (size) => `${(size / 1024).toFixed(1)} KB`;
  row("snapshot of a spell that waits for its agent", show(snapshot), kilobytes(inMemory), "", "≤ 50 µs");
  row("  encoded: compressed and checked", show(encode), kilobytes(bytes), "", "≤ 32 KB");
  row("restore, instance and reset included", show(restore), "", "", "≤ 100 µs");
  row("  from its encoded form", show(decode));
  row("rollback", show(rollback));
  row("fork of 100 guests, from the warm pool", show(fork), "", "", "≤ 20 ms");
  row("  with 99 instances to be made", show(coldFork));
}

// Tasks that sleep
{
  const [ours, timers] = await benchSleepers(engine);
  row("100 coroutines that sleep for 50 ms", show(ours), `100 timers ${show(timers)}`, ratio(ours, timers), "≈ 50 ms");
}

// Debugging and profiling
await benchDebugging(engine);

// Many guests
{
  const waits = {
    ...bindings,
    modules: [{ name: "bench", aliases: [], functions: [{ name: "wait", aliases: [], id: 1, awaitable: true }] }],
  };
  global.gc?.();
  const before = process.memoryUsage().rss;
  const releases = [];
  const started = performance.now();
  const guests = Array.from({ length: 1000 }, () =>
    engine.createGuest({
      bindings: waits,
      host: { call: () => new Pending(new Promise((resolve) => releases.push(resolve))) },
    }),
  );
  const tasks = guests.map((guest, i) => guest.run(`return bench.wait() + ${i}`));
  global.gc?.();
  const each = (process.memoryUsage().rss - before) / 1000 / 1024;
  for (const release of releases) release(1);
  const sum = (await Promise.all(tasks.map((task) => task.result()))).reduce((a, b) => a + b, 0);
  if (sum !== 500_500) throw new Error(`the suspended guests gave ${sum}`);
  row("1,000 suspended guests, all completed", show((performance.now() - started) * 1000));
  row("  resident memory of each", `${each.toFixed(0)} KB`, "", "", "≤ 250 KB");
  for (const guest of guests) guest[Symbol.dispose]();
}

// Tenants
{
  const [alone, beside] = await measureTenants(engine, time);
  row(
    "a tenant's run beside 50 endless guests of another",
    show(beside),
    `alone ${show(alone)}`,
    ratio(beside, alone),
    "≤ 2 ×",
  );
}

// Pool: how often a guest finds an instance that is there already, of 1 to 8 guests at a time in turns
for (const [what, pool] of [
  ["  instances made ahead", { min: 8 }],
  ["  none made ahead", {}],
]) {
  const pooled = createLuaEngine({ pool });
  if (pool.min) pooled.warmUp({}, pool.min);
  for (let i = 0; i < 400; i++) {
    const guests = Array.from({ length: 1 + (i % 8) }, () => pooled.createGuest());
    for (const guest of guests) guest[Symbol.dispose]();
  }
  row(`hit ratio of the pool,${what}`, `${(pooled.pool.hitRatio * 100).toFixed(1)} %`, "", "", "> 90 %");
  pooled[Symbol.dispose]();
}

// JavaScript
await benchJavaScript();

// Guests in threads of their own
{
  const { worker, inline } = await createWorkerBench();
  for (const [what, micros] of Object.entries(worker)) {
    row(`in a thread: ${what}`, show(micros), `inline ${show(inline[what])}`, ratio(micros, inline[what]));
  }
}

// Agents
await benchAgents();

// Tools
await benchTools();

// All modules of the script API
await benchModules();
{
  const javascript = createJavaScriptEngine();
  await benchOperation([engine, javascript]);
  javascript[Symbol.dispose]();
}

// Cold start
{
  const cli = fileURLToPath(new URL("../packages/llmspell/bin/llmspell.cjs", import.meta.url));
  const hello = fileURLToPath(new URL("../examples/hello.lua", import.meta.url));
  const [ours, node] = await compare(
    () => execFileSync(process.execPath, [cli, "run", hello], { stdio: "ignore" }),
    () => execFileSync(process.execPath, ["-e", "0"]),
    { rounds: 15 },
  );
  row("cold: llmspell run examples/hello", show(ours), `node -e 0 ${show(node)}`, ratio(ours, node), "≤ 3 ×");
}

peer.global.close();
uncharged[Symbol.dispose]();
engine[Symbol.dispose]();
