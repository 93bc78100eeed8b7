import { attackFull, harmless, type Attack, type AttackClass } from "../../kit/attack.js";

const refused = (name: string, source: string): Attack => ({
  ...attackFull(name, source, "SCRIPT_ERROR"),
  level: "strict",
});
const strict = (name: string, source: string, returns: Parameters<typeof harmless>[2] = true): Attack =>
  harmless(name, source, returns, "strict");

export const STRICT: AttackClass = {
  title: "The level strict",
  about: "Nothing of the language's library and of the modules can be changed, by whatever way it is reached.",
  attacks: [
    refused("a field on all objects", "Object.prototype.polluted = 1"),
    refused("a field by __proto__", "({}).__proto__.polluted = 1"),
    refused("a field by constructor.prototype", "({}).constructor.prototype.polluted = 1"),
    refused("a getter by __defineGetter__", "Object.prototype.__defineGetter__.call(Object.prototype, 'x', () => 1)"),
    refused("a method of arrays", "Array.prototype.map = () => 1"),
    refused("a method of text", "String.prototype.mine = () => 1"),
    refused("a function of a namespace", "JSON.parse = () => 1"),
    refused("a constant", "Math.PI = 3"),
    refused("a global of the language", "globalThis.Array = 1"),
    refused("a global of the language, defined", "Object.defineProperty(globalThis, 'Promise', { value: 1 })"),
    refused("a global of the language, deleted", "delete globalThis.JSON"),
    refused("a function of a module", "test.echo = () => 1"),
    refused("the method of a handle", "Object.getPrototypeOf(test.open()).label = () => 1"),
    refused("the prototype of a prototype", "Object.setPrototypeOf(Array.prototype, { x: 1 })"),
    refused("what no name leads to: generators", "Object.getPrototypeOf(function* () {}).prototype.next = 1"),
    refused(
      "what no name leads to: async generators",
      "Object.getPrototypeOf(async function* () {}).prototype.next = 1",
    ),
    refused("what no name leads to: async functions", "Object.getPrototypeOf(async () => {}).x = 1"),
    refused("what no name leads to: iterators of arrays", "Object.getPrototypeOf([][Symbol.iterator]()).next = 1"),
    refused("what no name leads to: iterators of text", "Object.getPrototypeOf(''[Symbol.iterator]()).next = 1"),
    refused("what no name leads to: iterators of matches", "Object.getPrototypeOf(''.matchAll(/x/g)).next = 1"),
    refused("what no name leads to: typed arrays", "Object.getPrototypeOf(Uint8Array).x = 1"),
    refused("what no name leads to: iterators of Maps", "Object.getPrototypeOf(new Map().keys()).next = 1"),
    refused("what no name leads to: iterator helpers", "Object.getPrototypeOf([].values().map((x) => x)).next = 1"),
    refused("what no name leads to: wrapped iterators", "Object.getPrototypeOf(Iterator.from({ next() {} })).next = 1"),
    refused(
      "what no name leads to: concatenated iterators",
      "if (!Iterator.concat) throw new Error('none'); Object.getPrototypeOf(Iterator.concat()).next = 1",
    ),
    refused(
      "the errors of the host",
      "try { test.fail() } catch (e) { Object.getPrototypeOf(e).message = 1; Object.getPrototypeOf(Object.getPrototypeOf(e)).x = 1 }",
    ),
    refused(
      "the accessors of typed arrays",
      "Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), 'length', { get: () => 9 })",
    ),
    refused("a covered name of all objects", "Object.prototype.toString = () => 1"),
    refused(
      "a covered name by its setter",
      "Object.getOwnPropertyDescriptor(Object.prototype, 'toString').set.call(Object.prototype, 1)",
    ),
    refused("a covered name of errors", "Error.prototype.message = 'x'"),
    strict(
      "a setter of a covered name on something else",
      "const { set } = Object.getOwnPropertyDescriptor(Object.prototype, 'toString'); const o = {}; set.call(o, 1); for (const x of [null, undefined, 1, Object.freeze({})]) try { set.call(x, 1) } catch {} return o.toString === 1 && `${{}}` === '[object Object]'",
    ),
    strict(
      "a setter of a covered name on another prototype",
      "const { set } = Object.getOwnPropertyDescriptor(Object.prototype, 'toString'); try { set.call(Array.prototype, () => 'x'); return false } catch { return [1].toString() === '1' }",
    ),
    strict(
      "objects of one's own may cover names",
      "const o = {}; o.toString = () => 'mine'; class E extends Error {} E.prototype.name = 'E'; const e = new E('x'); e.message = 'y'; return `${o}` === 'mine' && `${e}` === 'E: y'",
    ),
    strict(
      "a class that covers the constructor",
      "class A {} class B extends A {} return new B().constructor === B && function () {}.constructor !== undefined",
    ),
    strict("new globals may be added", "globalThis.mine = 1; return mine === 1"),
    strict("a registered symbol is no way between runs", "Symbol.for('x').description; return Object.isFrozen(Symbol)"),
  ],
};
