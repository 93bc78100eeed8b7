// JavaScript guests beside other ways to run JavaScript in a sandbox of its own.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Pending } from "@llmspell/engine";
import { createJavaScriptEngine } from "@llmspell/engine-js";
import { compileQuickJs } from "../packages/engine-js/dist/wasm.js";
import { openIsolatedVm, openQuickJsEmscripten } from "./javascript-peers.js";
import { compare, least, row, show, timeSync } from "./measure.js";
import { OBJECT } from "./programs.js";

const FIB = "const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2)); ";
/** A guest gets 1 s and 64 MB; a child that is not done by then is killed. */
const PATIENCE_MS = 6_000;
const PROBES = fileURLToPath(new URL("javascript-probes.js", import.meta.url));

const fn = (name, id, awaitable = false) => ({ name, aliases: [], id, awaitable });
const bindings = {
  modules: [
    { name: "bench", aliases: [], functions: [fn("add", 1), fn("take", 2), fn("give", 3), fn("wait", 4, true)] },
  ],
  handles: [],
  globals: {},
  roots: [],
};
const host = { call: (id, args) => (id === 1 ? args[0] + 1 : id === 2 ? null : id === 3 ? OBJECT : 1) };
const limits = { fuel: 1e15, memoryBytes: 1024 ** 3, hostCalls: 1e12 };

/** The same shape as a peer: what it opens runs code, and calls `add`, `take` and `give` of the host. */
const openOurs = (engine) => ({
  fresh(source) {
    const guest = engine.createGuest();
    const { value, error } = guest.run(`return ${source}`);
    guest[Symbol.dispose]();
    if (error) throw error;
    return value;
  },
  open() {
    const guest = engine.createGuest({ bindings, host, limits });
    return {
      run(body) {
        const { value, error } = guest.run(`const { add, take, give } = bench; ${body}`);
        if (error) throw error;
        return value;
      },
      close: () => guest[Symbol.dispose](),
    };
  },
});

/** What is measured of each: microseconds, made of the least times of some functions that are called in turns. */
const MEASURES = [
  ["fresh guest, 1 + 1", "≤ 50 µs", freshGuests(200)],
  ["a call of the host with a number", "≤ 500 ns", inLoop("x = add(x)", 20_000)],
  ["an object of 20 fields, guest → host", "≤ 15 µs", inLoop("take(T)", 2_000)],
  ["an object of 20 fields, host → guest", "≤ 15 µs", inLoop("x = give()", 2_000)],
  ["fib(27)", "", inside([`${FIB} return fib(27)`], ([micros]) => micros)],
];

function freshGuests(count) {
  return (peer) => ({
    runs: [
      () => {
        for (let i = 0; i < count; i++) peer.fresh("1 + 1");
      },
    ],
    micros: ([micros]) => micros / count,
    close() {},
  });
}

/** A statement in a loop in the guest, the loop aside. */
function inLoop(statement, count) {
  const loop = (body) => `const T = ${JSON.stringify(OBJECT)}; let x = 0; for (let i = 0; i < ${count}; i++) ${body}`;
  return inside([loop(statement), loop("x = i")], ([all, around]) => (all - around) / count);
}

function inside(bodies, micros) {
  return (peer) => {
    const guest = peer.open();
    return { runs: bodies.map((body) => () => guest.run(body)), micros, close: () => guest.close() };
  };
}

/** Microseconds of each peer, measured in turns, so that a drifting machine treats all alike. */
function inTurns(peers, prepare, { rounds = 15, warmup = 5 } = {}) {
  const all = peers.map(prepare);
  const best = all.map(({ runs }) => runs.map(() => Infinity));
  for (let round = -warmup; round < rounds; round++) {
    all.forEach(({ runs }, peer) =>
      runs.forEach((run, i) => {
        const started = performance.now();
        run();
        const micros = (performance.now() - started) * 1000;
        if (round >= 0) best[peer][i] = Math.min(best[peer][i], micros);
      }),
    );
  }
  for (const { close } of all) close();
  return all.map(({ micros }, peer) => micros(best[peer]));
}

export async function benchJavaScript() {
  const engine = createJavaScriptEngine();
  const ours = openOurs(engine);
  const peers = [await openQuickJsEmscripten(host), openIsolatedVm(host)].filter((peer) => peer !== undefined);
  for (const [what, target, prepare] of MEASURES) {
    const [micros, ...theirs] = inTurns([ours, ...peers], prepare);
    row(`JavaScript: ${what}`, show(micros), "", "", target);
    peers.forEach(({ name }, i) => row("", "", `${name} ${show(theirs[i])}`, `${(micros / theirs[i]).toFixed(2)} ×`));
  }
  await benchMeter(engine);
  benchSnapshot(engine);
  for (const peer of peers) peer.close();
  engine[Symbol.dispose]();
  await benchProbes(["llmspell", ...peers.map(({ name }) => name)]);
}

async function benchMeter(engine) {
  const uncharged = createJavaScriptEngine({ compiled: compileQuickJs(false) });
  const run = (on) => () => openOurs(on).fresh(`(() => { ${FIB} return fib(25) })()`);
  const [metered, plain] = await compare(run(engine), run(uncharged), { rounds: 15, of: least });
  uncharged[Symbol.dispose]();
  row(
    "JavaScript: the meter in fib(25)",
    show(metered),
    `no charges ${show(plain)}`,
    `${(metered / plain).toFixed(2)} ×`,
  );
}

function benchSnapshot(engine) {
  const waiting = { call: () => new Pending(new Promise(() => {})) };
  const guest = engine.createGuest({ bindings, host: waiting, limits });
  guest.run("const seen = Array.from({ length: 20 }, (_, i) => ({ step: i })); await bench.wait(); return seen.length");
  const micros = timeSync(() => guest.snapshot(), { count: 50, rounds: 15, warmup: 5 });
  const bytes = guest.snapshot().encode().length;
  row(
    "JavaScript: snapshot of a spell that waits",
    show(micros),
    `${(bytes / 1024).toFixed(1)} KB encoded`,
    "",
    "≤ 200 µs, ≤ 64 KB",
  );
  guest[Symbol.dispose]();
}

/** What becomes of hostile scripts that have 1 s and 64 MB. */
async function benchProbes(names) {
  for (const probe of ["text of a huge list", "text for ever", "a growing integer", "a regular expression"]) {
    for (const name of names) {
      const { outcome, ms, megabytes } = await probed(name, probe);
      const what = name === "llmspell" ? `JavaScript: ${probe}, 1 s` : "";
      const [ours, theirs] = name === "llmspell" ? [show(ms * 1000), ""] : ["", `${name} ${show(ms * 1000)}`];
      row(what, ours, theirs, "", `${outcome}, ${megabytes} MB at most`);
    }
  }
}

async function probed(name, probe) {
  const started = performance.now();
  const child = spawn(process.execPath, [PROBES, name, probe], { stdio: ["ignore", "pipe", "ignore"] });
  const killer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  let text = "";
  child.stdout.on("data", (chunk) => (text += chunk));
  await once(child, "close");
  clearTimeout(killer);
  if (text !== "") return JSON.parse(text);
  const how = child.signalCode === "SIGKILL" ? "had to be killed" : "took its process with it";
  return { outcome: how, ms: performance.now() - started, megabytes: "?" };
}
