import { FOREVER, allocationSuite } from "../kit/allocation.js";
import { failAllocations } from "./allocator.js";
import { JAVASCRIPT } from "./target.js";

allocationSuite(JAVASCRIPT, {
  failAllocations,
  refusals: [["and every later one too", FOREVER]],
  firstHeap: 25 * 65_536,
  filler: `
    const t = [];
    for (let i = 0; i < 6000; i++) t[i] = ["x".repeat(i % 97) + i];
    return [t.length, test.sayTwice("a"), await (async () => await test.wait("k"))()].join().length`,
  scripts: {
    "values of every kind": {
      source: `
      const t = [1, "two", { y: "z".repeat(50) }, 2n ** 70n, /a(b)?/g, new Map([[1, {}]]), new Uint8Array(20)];
      for (let i = 0; i < 10; i++) t.push(() => [t, i]);
      class A { #p = 1; get p() { return this.#p } static make() { return new A() } }
      const s = ["a", "b", (1.5).toFixed(2), \`\${7} x\`].join() + JSON.stringify({ a: [1, { b: 2 }] });
      const out = "hello world".replace(/\\w+/g, (w) => w.toUpperCase());
      t.sort((a, b) => String(a).length - String(b).length);
      const { a, ...rest } = { ...JSON.parse('{"a":1,"b":2}'), c: A.make().p };
      return [s, rest.b + rest.c, out]`,
      value: ['a,b,1.50,7 x{"a":[1,{"b":2}]}', 3, "HELLO WORLD"],
    },
    "generators, disposal and caught errors": {
      source: `
      const log = [];
      function* g() { try { for (let i = 0; i < 3; i++) yield i } finally { log.push("closed") } }
      for (const x of g()) if (x === 1) break;
      async function* h() { yield* g(); throw new Error("failed") }
      let caught = false;
      try { for await (const x of h()) log.push(x) } catch (e) { caught = true; if (!/memory/.test(String(e)) && e !== null) log.push(e.message) }
      new FinalizationRegistry(() => log.push("gone")).register({}, 1);
      const w = new WeakRef(log);
      try { null.x } catch (e) { if (e instanceof TypeError) log.push("null") }
      return log.length`,
      value: 7,
    },
    "host calls, handles, promises and waits": {
      source: `
      const box = test.open();
      const label = box.label();
      const values = test.echo([1, { a: "b" }, box, "x".repeat(100), 2n, new Uint8Array(5)]);
      const both = await Promise.all([(async () => await test.wait("a"))(), test.wait("b")]);
      let code;
      try { test.fail() } catch (e) { code = e.code }
      console.log(values[1]);
      return [label, values[1].a, both[0], both[1], code, test.apply((x) => x, 3)]`,
      value: ["box 1", "b", "answer", "answer", "TOOL_FAILED", 3],
    },
  },
});
