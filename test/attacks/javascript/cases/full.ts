import { attackFull, harmless, type AttackClass } from "../../kit/attack.js";

const ANY = ["LIMIT_FUEL", "LIMIT_MEMORY", "LIMIT_DEPTH", "SCRIPT_ERROR", "fine"] as const;
const none = (
  name: string,
  source: string,
  returns: Parameters<typeof harmless>[2] = true,
): ReturnType<typeof harmless> => harmless(name, source, returns, "none");

export const FULL: AttackClass = {
  title: "The level none",
  about:
    "The whole language, with code from text and shared memory. The fence is the same: the guest, its fuel and its memory.",
  attacks: [
    attackFull("eval that does not end", "eval('for (;;);')", "LIMIT_FUEL"),
    attackFull("Function that does not end", "Function('for (;;);')()", "LIMIT_FUEL"),
    attackFull("eval of itself", "const f = () => eval('f()'); f()", ["LIMIT_DEPTH"]),
    attackFull("Function of Function", "let f = () => {}; for (;;) f = Function('f', 'return () => f')(f)", [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
    ]),
    attackFull("eval of huge text", "eval('x'.repeat(2000000))", ANY),
    attackFull("eval of nested text", "eval('('.repeat(50000))", ANY),
    attackFull("eval in a loop", "for (let i = 0; ; i++) eval('var v' + i + ' = ' + i)", [
      "LIMIT_FUEL",
      "LIMIT_MEMORY",
    ]),
    attackFull("eval that catches the limit", "for (;;) eval('try { for (;;); } catch {}')", "LIMIT_FUEL"),
    none(
      "the global object by sloppy code",
      "return Function('return this')() === globalThis && (0, eval)('this') === globalThis",
    ),
    none(
      "sloppy code reaches no host",
      "return ['process', 'require', 'std', 'os', 'bjson', 'module', 'WebAssembly'].every((n) => (0, eval)('typeof ' + n) === 'undefined')",
    ),
    none(
      "with and callers in sloppy code",
      "return Function('with ({ x: true }) return x')() && Function('return arguments.callee')() instanceof Function",
    ),
    none(
      "a caller in sloppy code is none of the library's",
      "const f = Function('return f.caller ?? null'.replace('f.', 'arguments.callee.')); try { return test.apply(() => f() === null) } catch { return true }",
    ),
    none(
      "the arguments of the library's functions",
      "const f = Function('try { return arguments.callee.caller.arguments } catch { return null }'); let out; Object.prototype.toJSON = function () { out = f(); return 1 }; test.echo({}); return out == null",
    ),
    none(
      "shared memory of a guest",
      "if (typeof SharedArrayBuffer === 'undefined') return true; const s = new SharedArrayBuffer(16); try { return test.echo(new Uint8Array(s)).length === 16 } catch { return true }",
    ),
    none("Atomics, at this level neither", "return typeof Atomics === 'undefined'"),
    attackFull("a huge shared buffer", "new SharedArrayBuffer(2 ** 30)", ["LIMIT_MEMORY", "SCRIPT_ERROR"]),
    none(
      "performance tells no time",
      "return typeof performance === 'undefined' || (performance.now() === performance.now() && !(performance.timeOrigin > 0))",
    ),
    none(
      "prepareStackTrace by sloppy code",
      "try { eval('Error.prepareStackTrace = () => 1') } catch {} return Error.prepareStackTrace === undefined",
    ),
    none("import() from eval", "try { await eval('import(\"std\")'); return false } catch { return true }"),
    none(
      "a direct eval sees only its own scope",
      "return ['lib', 'host', 'op', 'bindings', 'exports', 'intrinsics'].every((n) => eval('typeof ' + n) === 'undefined')",
    ),
  ],
};
