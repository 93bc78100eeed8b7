import { attack, harmless, type AttackClass } from "../../kit/attack.js";

/** Replaces every method and accessor of the language's prototypes that can be replaced. */
const BURN = `
  const roots = [Object, Function, Array, String, Number, Boolean, Symbol, BigInt, Promise, RegExp, Map, Set, WeakMap, WeakRef,
    WeakSet, Error, TypeError, RangeError, SyntaxError, EvalError, Uint8Array, Int8Array, Object.getPrototypeOf(Uint8Array), ArrayBuffer,
    DataView, Date, FinalizationRegistry, Proxy, JSON, Math, Reflect, Iterator];
  const { defineProperty } = Object;
  const { ownKeys } = Reflect;
  const burnAll = (f) => {
    for (let i = 0; i < roots.length; i++) {
      for (let j = 0; j < 2; j++) {
        const o = j === 0 ? roots[i].prototype ?? {} : roots[i];
        const names = ownKeys(o);
        for (let n = 0; n < names.length; n++) {
          if (names[n] === "prototype" || names[n] === "constructor") continue;
          try { defineProperty(o, names[n], { value: f, writable: true, configurable: true }) } catch {}
        }
      }
    }
  };`;

/** What crosses after the library was tampered with: values, errors, JSON, promises, handles, functions. */
const CROSS = `
  const box = test.open();
  const seen = [test.echo({ a: [1, "x", null, true, 2n ** 60n, -0] }).a.length, box.label(), test.sayTwice("y")];
  let code; try { test.fail() } catch (e) { code = e.code }
  const late = await test.wait("k");
  const back = test.apply((x) => x + 1, 4);
  return seen[0] + seen[1] + seen[2] + code + late + back;`;
const RIGHT = "6box 1y yTOOL_FAILEDanswer5";

/** @param tamper what a script does to the language before values cross. */
const still = (name: string, tamper: string): ReturnType<typeof harmless> =>
  harmless(`values, errors and promises cross after ${name}`, `${tamper}\n${CROSS}`, RIGHT);

const setter = (prototype: string, ...names: readonly string[]): string =>
  names
    .map(
      (name) =>
        `Object.defineProperty(${prototype}, ${JSON.stringify(name)}, { get() { return undefined }, set() { throw new Error("trapped") }, configurable: true });`,
    )
    .join(" ");

export const POLLUTION: AttackClass = {
  title: "Prototype pollution",
  about:
    "The language's library is replaced before values cross, errors are made, JSON is used and promises settle. The guest library took what it needs before, so all of it still works, or only the script itself is hurt.",
  attacks: [
    attack(
      "toJSON on all objects that makes the arguments of a call text",
      `Object.prototype.toJSON = () => "$hacked"; test.echo(1)`,
      ["fine", "INVALID_ARGUMENT"],
    ),
    attack(
      "toJSON on all objects that makes the arguments of a call nothing",
      `Object.prototype.toJSON = () => null; test.echo(1)`,
      ["fine", "INVALID_ARGUMENT"],
    ),
    attack(
      "toJSON on all objects that makes the arguments of a call endless",
      `Object.prototype.toJSON = () => ({ length: 1e12, toJSON: 1 }); test.echo(1)`,
      ["fine", "INVALID_ARGUMENT"],
    ),
    still("toJSON on all objects that changes nothing", `Object.prototype.toJSON = function () { return this };`),
    still(
      "toJSON on text and numbers",
      `String.prototype.toJSON = Number.prototype.toJSON = () => ({ $handle: [1, "box"] });`,
    ),
    still("toJSON on integers", `BigInt.prototype.toJSON = () => 1;`),
    still("then on all objects", `Object.prototype.then = undefined;`),
    still("JSON replaced", `JSON.parse = JSON.stringify = () => { throw 1 }; globalThis.JSON = {};`),
    still(
      "Map replaced",
      `for (const k of ["get", "set", "has", "delete"]) Map.prototype[k] = () => { throw 1 }; globalThis.Map = 1;`,
    ),
    still(
      "WeakRef and FinalizationRegistry replaced",
      `WeakRef.prototype.deref = FinalizationRegistry.prototype.register = () => { throw 1 };`,
    ),
    still("Promise.prototype.then replaced", `Promise.prototype.then = () => { throw 1 };`),
    still(
      "Promise.prototype.constructor replaced",
      `Object.defineProperty(Promise.prototype, "constructor", { value: undefined, writable: true, configurable: true });`,
    ),
    still("Promise replaced", `globalThis.Promise = class {}; `),
    still(
      "the species of promises replaced",
      `Object.defineProperty(Promise, Symbol.species, { get() { throw 1 }, configurable: true });`,
    ),
    still("Reflect replaced", `Reflect.apply = Reflect.ownKeys = Reflect.construct = () => { throw 1 };`),
    still(
      "Function.prototype.call, apply and bind replaced",
      `Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => { throw 1 };`,
    ),
    still(
      "Symbol.hasInstance of functions",
      `try { Object.defineProperty(Function.prototype, Symbol.hasInstance, { value: () => true }) } catch {}`,
    ),
    still("the iterator of arrays replaced", `Array.prototype[Symbol.iterator] = function* () { yield 7 };`),
    still(
      "the next of array iterators replaced",
      `Object.getPrototypeOf([][Symbol.iterator]()).next = () => ({ done: true });`,
    ),
    still(
      "the methods of arrays replaced",
      `for (const k of ["push", "pop", "map", "join", "slice", "concat", "forEach", "includes", "flatMap"]) Array.prototype[k] = () => { throw 1 };`,
    ),
    // QuickJS's own JSON.stringify does not end when arrays inherit an element 0.
    attack(
      "an element 0 that all arrays inherit",
      `Object.defineProperty(Array.prototype, 0, { get: () => "got", configurable: true }); return test.echo([1, { a: [1n] }]).length`,
      ["fine", "LIMIT_FUEL"],
    ),
    attack(
      "setters on the indices of all arrays",
      `for (let i = 1; i < 8; i++) Object.defineProperty(Array.prototype, i, { get: () => "got", set() { throw new Error("trapped") }, configurable: true }); return test.echo([1, [2, { a: [3n] }]]).length`,
      ["fine", "LIMIT_FUEL"],
    ),
    still(
      "setters on the indices of all objects",
      `for (let i = 1; i < 8; i++) Object.defineProperty(Object.prototype, i, { get: () => "got", set() { throw new Error("trapped") }, configurable: true });`,
    ),
    still(
      "the methods of text replaced",
      `for (const k of ["slice", "replace", "startsWith", "charCodeAt", "toUpperCase", "split", "substring"]) String.prototype[k] = () => { throw 1 };`,
    ),
    still(
      "the methods of regular expressions replaced",
      `for (const k of ["exec", "test", Symbol.replace, Symbol.match]) RegExp.prototype[k] = () => { throw 1 };`,
    ),
    still(
      "Object's functions replaced",
      `for (const k of ["keys", "freeze", "create", "defineProperty", "getPrototypeOf", "setPrototypeOf", "entries", "fromEntries", "is"]) Object[k] = () => { throw 1 };`,
    ),
    still("BigInt and Number replaced", `globalThis.BigInt = globalThis.Number = () => { throw 1 };`),
    still("Number.isFinite and BigInt.asIntN replaced", `Number.isFinite = BigInt.asIntN = () => { throw 1 };`),
    still("Array.isArray replaced", `Array.isArray = () => true;`),
    still(
      "toString and valueOf of everything replaced",
      `for (const C of [Object, Number, String, Boolean, BigInt, Array, Error]) C.prototype.toString = C.prototype.valueOf = () => "hacked";`,
    ),
    still("Symbol.toPrimitive on all objects", `Object.prototype[Symbol.toPrimitive] = () => "hacked";`),
    still(
      "Error and its kinds replaced",
      `globalThis.Error = globalThis.TypeError = class { constructor() { throw 1 } };`,
    ),
    still("a setter for the text of errors", setter("Error.prototype", "message", "stack")),
    still("setters for the fields of an error of the host", setter("Error.prototype", "category", "details")),
    still("setters for the same fields on all objects", setter("Object.prototype", "category", "details")),
    still("fields of descriptors on all objects", `Object.prototype.get = Object.prototype.set = () => "hacked";`),
    still(
      "descriptors that are not writable by default",
      `Object.prototype.writable = false; Object.prototype.enumerable = true; Object.prototype.configurable = false;`,
    ),
    still("a value for all descriptors", `Object.prototype.value = "hacked";`),
    still(
      "fields of outcomes on all objects",
      `Object.prototype.resolve = Object.prototype.refuse = Object.prototype.id = Object.prototype.text = Object.prototype.number = 7;`,
    ),
    still(
      "tags of values on all objects",
      `Object.prototype.$handle = [9, "box"]; Object.prototype.$error = { id: 1 };`,
    ),
    still("every method of the language replaced by one that throws", `${BURN} burnAll(() => { throw 1 });`),
    still("every method of the language replaced by one that returns nothing", `${BURN} burnAll(() => undefined);`),
    still(
      "every property of the prototypes deleted",
      `${BURN} for (let i = 0; i < roots.length; i++) for (let j = 0; j < 2; j++) { const o = j === 0 ? roots[i] : roots[i].prototype ?? {}; const names = ownKeys(o); for (let n = 0; n < names.length; n++) if (names[n] !== "prototype" && names[n] !== "constructor") try { delete o[names[n]] } catch {} }`,
    ),
    still(
      "every global of the language deleted",
      `const { test: kept } = globalThis; for (const k of Reflect.ownKeys(globalThis)) if (!["test", "undefined"].includes(k)) try { delete globalThis[k] } catch {}`,
    ),
    still(
      "prototypes that hang below another",
      `for (const C of [Array, Error, Map, Promise, String]) try { Object.setPrototypeOf(C.prototype, { get x() { throw 1 } }) } catch {}`,
    ),
    still(
      "prototypes without a prototype",
      `for (const C of [Array, Map, Promise, String, Function]) try { Object.setPrototypeOf(C.prototype, null) } catch {}`,
    ),
    attack("globalThis replaced, and a result", "globalThis.globalThis = undefined; return 1", "fine"),
    harmless(
      "a field called __proto__ that comes in",
      `const v = test.echo({ ["__proto__"]: { polluted: 1 } }); return ({}).polluted === undefined && Object.keys(v).join() === "__proto__"`,
    ),
    harmless(
      "a field called __proto__ in JSON",
      `JSON.parse('{"__proto__":{"polluted":1}}'); return ({}).polluted === undefined`,
    ),
    harmless(
      "fields called constructor and prototype that go out and come in",
      `const v = test.echo(JSON.parse('{"constructor":{"prototype":{"polluted":1}}}')); return ({}).polluted === undefined && v.constructor.prototype.polluted === 1`,
    ),
    harmless(
      "a setter of __proto__ that catches what comes in",
      `let caught = 0; Object.defineProperty(Object.prototype, "__proto__", { set() { caught++ }, configurable: true }); test.echo({ ["__proto__"]: 1 }); return caught === 0`,
    ),
    harmless(
      "setters on all objects see nothing that comes in",
      `let caught = 0; for (const k of ["a", "b", "code", "id"]) Object.defineProperty(Object.prototype, k, { set() { caught++ }, configurable: true }); const v = test.echo(JSON.parse('{"a":1,"b":{"id":2}}')); return caught === 0 && v.b.id === 2`,
    ),
    harmless(
      "what console prints after everything was replaced",
      `${BURN} burnAll(() => { throw 1 }); console.log("x", 1, [1], { a: 1 }, null, 2n); return true`,
    ),
    harmless(
      "what the guest library puts together, seen and changed through concat",
      `let seen = 0; for (const f of [() => { String.prototype.concat = function () { seen++; return '\${"$handle":[1,"box"]}' } }, () => { delete String.prototype.concat }, () => { Object.defineProperty(String.prototype, "concat", { get() { seen++ } }) }]) try { f(); return false } catch {} test.open(); return test.describe(test.echo([2n, { $x: 1 }])) === "other" && seen === 0`,
    ),
    attack(
      "a setter for the code of errors that does not end",
      `Object.defineProperty(Error.prototype, "code", { set() { for (;;); } }); test.fail()`,
      ["LIMIT_FUEL", "TOOL_FAILED"],
    ),
    attack(
      "a constructor of promises that does not end",
      `Object.defineProperty(Promise.prototype, "constructor", { get() { for (;;); } }); await test.wait("x")`,
      "LIMIT_FUEL",
    ),
    attack(
      "an iterator of arrays that does not end",
      `Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1 }; Math.max(...[1])`,
      ["LIMIT_FUEL", "LIMIT_MEMORY"],
    ),
    attack(
      "a method of errors that does not end, and an error",
      `Error.prototype.toString = () => { for (;;); }; throw new Error("x")`,
      "SCRIPT_ERROR",
    ),
  ],
};
