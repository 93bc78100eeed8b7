// The levels `basic` and `strict`: nothing is compiled from text at run time, and
// what measures time or shares memory is gone.
() => {
  for (const name of ["eval", "performance", "SharedArrayBuffer"]) delete globalThis[name];

  const refused = function Function() {
    throw new EvalError("code cannot be compiled from text here");
  };
  const makers = [function () {}, async function () {}, function* () {}, async function* () {}];
  for (const maker of makers) {
    const prototype = Object.getPrototypeOf(maker);
    Object.defineProperty(prototype, "constructor", { value: refused, writable: false, configurable: false });
  }
  refused.prototype = Function.prototype;
  globalThis.Function = refused;
};
