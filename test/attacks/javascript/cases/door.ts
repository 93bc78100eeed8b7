import { attack, harmless, type AttackClass } from "../../kit/attack.js";

export const DOOR: AttackClass = {
  title: "Floods",
  about: "Output, calls, pending calls and values by the thousand: each is counted, and no handler takes the end.",
  attacks: [
    attack("a flood of output", "for (;;) console.log('spam')", "LIMIT_OUTPUT"),
    attack("a flood of errors on the console", "for (;;) console.error('spam')", "LIMIT_OUTPUT"),
    attack("one huge line", "console.log('x'.repeat(100000))", "LIMIT_OUTPUT"),
    attack("a flood of empty lines", "for (;;) console.log()", ["LIMIT_OUTPUT", "LIMIT_FUEL"]),
    attack("output in a catch", "for (;;) try { console.log('spam'.repeat(100)) } catch {}", "LIMIT_OUTPUT"),
    attack(
      "output too much, and the spell returns",
      "try { console.log('x'.repeat(20000)) } catch {} return 'survived'",
      "LIMIT_OUTPUT",
    ),
    attack("the console of a huge array", "console.log(new Array(1e7).fill(1))", [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
      "LIMIT_OUTPUT",
    ]),
    attack(
      "the console of what unfolds",
      "let o = [1]; for (let i = 0; i < 40; i++) o = [o, o, o, o]; console.log(o)",
      ["LIMIT_FUEL", "LIMIT_MEMORY", "LIMIT_OUTPUT"],
    ),
    harmless("the console of a cycle", "const o = {}; o.o = [o]; console.log(o, [o], new Map([[o, o]])); return true"),
    attack(
      "the console of a proxy without end",
      "console.log(new Proxy({}, { ownKeys() { for (;;); } }))",
      "LIMIT_FUEL",
    ),
    harmless("the console of getters", "let n = 0; console.log({ get a() { n++ } }, [,]); return n === 0"),
    attack(
      "the console of an error whose text does not end",
      "console.log(Object.assign(new Error(), { toString() { for (;;); } }))",
      "LIMIT_FUEL",
    ),
    harmless(
      "the console of symbols, functions and null",
      "console.log(Symbol('x'), () => {}, null, undefined, Object.create(null), 1n, -0); return true",
    ),
    attack("control characters for a terminal", "console.log('\\x1b[2J\\x1b]0;x\\x07\\u202e')", "fine"),
    attack("a flood of calls", "for (;;) test.echo()", "LIMIT_CALLS"),
    attack("a flood of calls in a catch", "for (;;) try { test.echo() } catch {}", "LIMIT_CALLS"),
    attack(
      "a call too many, and the spell returns",
      "for (let i = 0; i <= 1000; i++) try { test.echo() } catch {} return 'survived'",
      "LIMIT_CALLS",
    ),
    attack(
      "a call too many in a promise, and the spell returns",
      "const p = (async () => { for (;;) test.echo() })(); p.catch(() => {}); return 'survived'",
      "LIMIT_CALLS",
    ),
    attack("calls that fail", "for (;;) try { test.fail() } catch {}", "LIMIT_CALLS", { hostCalls: 50 }),
    attack(
      "calls with what cannot cross, which are none",
      "for (;;) try { test.echo(Symbol()) } catch {}",
      "LIMIT_FUEL",
    ),
    attack("a flood of pending calls", "for (;;) test.waitAsync('x')", "LIMIT_PENDING"),
    attack("a flood of pending calls in a catch", "for (;;) try { test.wait('x') } catch {}", ["LIMIT_PENDING"]),
    attack(
      "pending calls too many, and the spell returns",
      "const a = []; for (let i = 0; i < 200; i++) a.push(test.wait('x' + i).catch(() => {})); return 'survived'",
      "LIMIT_PENDING",
    ),
    harmless("pending calls that nobody awaits", "for (let i = 0; i < 50; i++) test.wait('x' + i); return true"),
    attack("a huge argument", "test.echo('x'.repeat(200000))", "LIMIT_VALUE", {
      valueBytes: 100_000,
      fuel: 20_000_000,
    }),
    attack(
      "a huge argument in a catch",
      "try { test.echo('x'.repeat(200000)) } catch {} return 'survived'",
      "LIMIT_VALUE",
      { valueBytes: 100_000, fuel: 20_000_000 },
    ),
    attack("a wide argument", "test.echo(Array.from({ length: 50000 }, () => 1))", "LIMIT_VALUE", {
      valueBytes: 100_000,
      fuel: 20_000_000,
    }),
    attack("an argument of empty objects", "test.echo(Array.from({ length: 15000 }, () => ({})))", "LIMIT_VALUE", {
      valueBytes: 100_000,
      fuel: 20_000_000,
    }),
    attack("very many arguments", "test.echo(...new Array(50000).fill(1))", ["LIMIT_VALUE", "LIMIT_DEPTH"], {
      valueBytes: 100_000,
      fuel: 20_000_000,
    }),
    attack("a huge key", "test.echo({ ['x'.repeat(200000)]: 1 })", "LIMIT_VALUE", {
      valueBytes: 100_000,
      fuel: 20_000_000,
    }),
    attack("a huge result", "return 'x'.repeat(200000)", "LIMIT_VALUE", { valueBytes: 100_000, fuel: 20_000_000 }),
    attack("a huge error", "throw new Error('x'.repeat(200000))", "LIMIT_VALUE", {
      valueBytes: 100_000,
      fuel: 20_000_000,
    }),
    attack(
      "functions by the thousand to the host",
      "for (let i = 0; i < 100; i++) test.keep(() => i); return 1",
      "fine",
    ),
    attack("functions by the thousand in one value", "test.echo(Array.from({ length: 20000 }, () => () => 1))", [
      "fine",
      "LIMIT_VALUE",
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
    ]),
    attack("handles by the thousand", "for (;;) test.open()", "LIMIT_CALLS", { fuel: 5_000_000 }),
    harmless(
      "handles that are dropped and asked for",
      "for (let i = 0; i < 300; i++) test.open().label(); return test.open().label().startsWith('box ')",
    ),
    attack(
      "the same promise awaited by the thousand",
      "const p = test.wait('x'); const all = []; for (let i = 0; i < 5000; i++) all.push((async () => await p)()); return (await Promise.all(all)).length",
      ["fine", "LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack("the clock by the thousand", "for (;;) Date.now()", "LIMIT_FUEL"),
    attack("callbacks that call the host that call back", "const f = (n) => { test.apply(f, n + 1) }; f(0)", [
      "LIMIT_DEPTH",
      "LIMIT_CALLS",
      "SCRIPT_ERROR",
      "LIMIT_FUEL",
    ]),
    attack("time that is over while it waits", "await test.wait('x'); for (;;) await null", "LIMIT_FUEL"),
    harmless(
      "a function of the host with another this",
      "return test.sayTwice.call({ evil: 1 }, 'x') === 'x x' && Reflect.apply(test.sayTwice, null, ['y']) === 'y y'",
    ),
    attack("a function of the host as a constructor", "new test.sayTwice('x')", "SCRIPT_ERROR"),
    harmless(
      "a function of the host that is changed",
      "for (const f of [() => { test.sayTwice = 1 }, () => { test.sayTwice.x = 1 }, () => { delete test.echo }, () => { test.mine = 1 }, () => { Object.setPrototypeOf(test, null) }]) try { f(); return false } catch {} return true",
    ),
  ],
};
