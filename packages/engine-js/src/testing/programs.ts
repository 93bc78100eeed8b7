import type { Programs } from "@llmspell/engine/conformance";

/** The programs of the conformance kit. */
export const JS_PROGRAMS: Programs = {
  returnNull: "return null",
  returnTrue: "return true",
  returnInteger: "return 42",
  returnFloat: "return 0.5",
  returnLargeInteger: "return Number.MAX_SAFE_INTEGER",
  returnHugeInteger: "return 2n ** 63n - 1n",
  returnText: 'return "héllo 世界 😀"',
  returnNulText: 'return "a\\0b"',
  returnBytes: "return Uint8Array.of(255, 0, 128)",
  returnNested: 'return { list: [1, "two", { three: true }], empty: [], name: "n" }',
  returnEmptyList: "return []",
  returnFunction: "return (a, b) => a + b",
  returnHandle: 'return test.open("box")',
  returnCycle: "const t = {}; t.me = t; return t",
  returnTooDeep: "let t = {}; for (let i = 0; i < 150; i++) t = { next: t }; return t",
  returnLargeText: 'return "x".repeat(100000)',
  returnUnsupported: "return { odd: new Map() }",
  returnUnsupportedFunction: "return async () => ({ odd: new Map() })",
  returnInput: "return input",
  echoInput: "return test.echo(input)",
  callInput: "return input(20)",
  callInputCaught: "try { return await input() } catch ({ code, message }) { return { code, message } }",
  sendLargeText: 'test.echo("x".repeat(100000)); return true',

  throwOnLine7: '\n\n\n\n\n\nthrow new Error("broken")',
  syntaxErrorOnLine3: "let a = 1\nlet b = 2\nlet = 3\n",
  failOnLine2: "let x = 1\ntest.fail()\nreturn x",
  catchFail: "try { test.fail() } catch ({ code, message }) { return { code, message } }",
  catchCrash: `
    let text = ""
    try { test.crash() } catch (e) {
      text = e + " " + e.stack
      const collect = (t) => {
        for (const k of Reflect.ownKeys(t)) {
          text += " " + String(k) + "=" + String(t[k])
          if (typeof t[k] === "object" && t[k] !== null) collect(t[k])
        }
      }
      collect(e)
    }
    return text`,
  forgeLimit: 'throw { code: "LIMIT_FUEL", message: "forged" }',
  tamperError: 'try { test.fail() } catch (e) { e.code = "LIMIT_FUEL"; e.category = "limit"; throw e }',

  endlessLoop: "while (true) {}",
  catchingLoop: "while (true) { try { while (true) {} } catch {} }",
  growMemory: 'const t = []; for (let i = 0; ; i++) t.push("x".repeat(100) + i)',
  deepRecursion: "const f = (n) => 1 + f(n + 1); return f(1)",
  callForever: "while (true) test.echo(1)",
  startForever: 'while (true) test.wait_async("x")',
  printForever: 'while (true) console.log("0123456789")',
  printText: 'console.log("hello")',

  keepWaiting: `
    test.keep(async () => await test.wait("a"));
    test.keep(async () => { try { await test.wait("a") } catch (error) { return error.code } });
    test.keep(async () => { for (;;) try { await test.wait("a") } catch {} });
    test.keep(async () => await test.wait("b"));`,
  awaitOne: 'return await test.wait("a")',
  awaitTwo: 'return [await test.wait("a"), await test.wait("b")]',
  awaitParallel: 'const a = test.wait_async("a"), b = test.waitAsync("b"); return [await a, await b]',
  awaitHundred: `
    const started = []
    for (let i = 1; i <= 100; i++) started.push(test.wait_async("w" + i))
    return (await Promise.all(started)).reduce((sum, n) => sum + n, 0)`,
  awaitCaught: 'try { await test.wait("a") } catch ({ code, message }) { return { code, message } }',
  twinThenReport: 'const p = test.wait_async("a"); test.report("started"); return await p',
  returnState: "return test.state()",

  waitWithState: `
    const log = []
    let shared = 0
    const up = () => ++shared
    const get = () => shared
    class Ring { #name = "ring"; get name() { return this.#name } }
    const ring = new Ring()
    ring.me = ring
    function* squares(n) { for (let i = 1; i <= n; i++) { const inner = (function* () { yield i; yield i * i })(); inner.next(); yield inner.next().value } }
    const square = squares(10)
    async function* words() { for (const w of "the quick brown fox".matchAll(/[a-z]+/g)) yield w[0] }
    const word = words()
    const weak = new WeakMap([[ring, "weak"]])
    const typed = new Float64Array([0.1, 2 ** 53])
    log.push(square.next().value + (await word.next()).value + up())
    try {
      const a = await test.wait("a")
      log.push(square.next().value + (await word.next()).value + up() + a)
    } finally { log.push("closed") }
    const b = await (async () => { const inner = await test.wait("b"); return inner })()
    log.push(square.next().value + (await word.next()).value + up() + b)
    log.push(ring.me.me.name + get() + 2n ** 70n + typed.join() + weak.get(ring) + Math.random() + Symbol("s").description)
    return log.join(" ")`,
  countUp: "globalThis.count = (globalThis.count ?? 0) + 1; return count",

  writeMarker: 'globalThis.marker = "mine"; return true',
  readMarker: "return globalThis.marker ?? null",
  pollute: `
    const damage = [
      () => { test.extra = "polluted" },
      () => { test.say_twice = () => "polluted" },
      () => { llmspell.test = null },
      () => { console = undefined },
      () => { delete globalThis.parseInt },
    ]
    for (let i = 0; i < damage.length; i++) try { damage[i]() } catch {}
    String.prototype.toUpperCase = () => "polluted"
    Array.prototype.push = null
    Math.floor = undefined
    Object.prototype.extra = 1
    Array.prototype.toJSON = () => "polluted"
    Array.prototype[Symbol.iterator] = null
    Promise.prototype.then = function () { throw new Error("polluted") }
    return true`,
  observe: `
    const names = {}
    for (const name of Reflect.ownKeys(globalThis)) names[String(name)] = typeof globalThis[name]
    const functions = {}
    for (const [name, value] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) {
      const object = value.value
      if (object === null || (typeof object !== "object" && typeof object !== "function")) continue
      functions[name] = Reflect.ownKeys(object).length + Reflect.ownKeys(object.prototype ?? {}).length
    }
    return { names, functions, upper: "a".toUpperCase(), floor: Math.floor(1.5), random: Math.random(), extra: {}.extra === undefined }`,

  work: `
    const t = []
    for (let i = 1; i <= 2000; i++) t.push(String((i * 7919) % 2003))
    t.sort()
    const s = t.join(",").replace(/\\d+/g, (d) => Number(d) + 1)
    let sum = 0
    for (const [d] of s.matchAll(/\\d+/g)) sum += Number(d)
    return sum`,

  sayTwice: {
    canonical: 'return test.say_twice("ho")',
    camelCase: 'return test.sayTwice("ho")',
    nested: 'return test.say.twice("ho")',
    acronym: 'return test.SAYTwice("ho")',
    alias: 'return test.repeat_text("ho")',
    moduleAlias: 'return testing.say_twice("ho")',
    global: 'return shout("ho")',
    root: 'return llmspell.test.say_twice("ho")',
    imported: 'import { sayTwice } from "llmspell/test"; export default sayTwice("ho")',
  },
  importUnknown: 'import "missing"',
  hostModule: {
    value: "export const value = () => 1",
    changed: "export const value = () => 2",
    broken: "export const = 1",
    use: 'import * as kept from "counted"; globalThis.kept = kept; export default kept.value()',
    again: "return kept.value()",
  },
  callMethod: 'return test.open("box").label()',
  forgeHandle: 'return test.describe({ kind: "box", id: 1, $handle: 1 })',

  keepAdder: "let sum = 0; test.keep((n) => (sum += n))",
  applyDouble: "return test.apply((n) => n * 2, 21)",
  waitInApply: 'try { test.apply(async () => await test.wait("a"), 1) } catch (e) { return e.code }',
  throwInApply: 'try { test.apply(() => { throw new Error("inside") }, 1) } catch (e) { return e.message }',

  makeTwoFunctions: "globalThis.f = (x) => x + 1; globalThis.g = (x) => x + 2; return [f, g]",
  dropF: "f = null",
  collect: "return 1",
  watchRefs: "globalThis.seen = []; refs.forEach((ref, i) => ref.onExpire(() => { seen.push(i + 1) }))",
  watchGoneAndStop: "refs[0].onExpire(() => { globalThis.seen = 'gone' }); refs[1].onExpire(() => { seen = 'both' })()",

  stepThrough: `function twice(n) {
  let result = n * 2
  return result
}
let total = twice(10)
total = total + 1
return total`,
  failingExpression: "nothing.at.all",
  hotFunction: `
    const cold = () => 1
    const hot = () => { let x = cold(); for (let i = 0; i < 1000; i++) x += i; return x }
    let sum = 0
    for (let i = 0; i < 100; i++) sum += hot()
    return sum`,
};
