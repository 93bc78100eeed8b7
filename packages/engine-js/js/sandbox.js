// The levels `basic` and `strict`: nothing is compiled from text at run time, and
// what measures time or shares memory is gone.
({ host, op }) => {
  for (const name of ["eval", "performance", "SharedArrayBuffer"]) delete globalThis[name];

  const { EvalError } = globalThis;
  const refused = function Function() {
    const message = "code cannot be compiled from text here";
    host(op.refused, message);
    throw new EvalError(message);
  };
  const makers = [function () {}, async function () {}, function* () {}, async function* () {}];
  for (const maker of makers) {
    const prototype = Object.getPrototypeOf(maker);
    Object.defineProperty(prototype, "constructor", { value: refused, writable: false, configurable: false });
  }
  refused.prototype = Function.prototype;
  globalThis.Function = refused;
};
