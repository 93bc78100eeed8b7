// What the host starts in a guest, and what the guest waits for.
(lib) => {
  const { exports, host, op } = lib;
  const { Error, Float64Array, Promise, apply, defineProperty, newMap, reject, setPrototypeOf, whenSettled } =
    lib.intrinsics;

  /** What settles the promise of each operation that has no answer yet. */
  const waiting = newMap();

  /** The operation that was begun last. */
  let begun = 0;

  /** The promise of an operation; its error gets the place where the call was. */
  const promised = (operation) => {
    const { stack } = new Error("");
    begun = operation;
    return new Promise((resolve, refuse) => waiting.set(operation, { __proto__: null, resolve, refuse, stack }));
  };

  const answerOf = (text) => {
    if (text[0] === "!") throw lib.failure(text);
    return lib.decode(text);
  };

  /** Arguments are a list, whatever a script has told lists of how to become JSON. */
  const textOf = (args) => lib.encode(args.toJSON === undefined ? args : setPrototypeOf(args, null), "");

  /** What `call` gives, and the operation that it has begun; 0 for none. */
  lib.begun = (call) => {
    begun = 0;
    const promise = call();
    return { __proto__: null, promise, operation: begun };
  };

  lib.begin = (fn, args) => lib.begun(() => callAsync(fn, args));

  /** Calls back when an operation has an answer, before anybody gets it. */
  lib.whenAnswered = (operation, answered) => {
    waiting.get(operation).answered = answered;
  };

  /** Waits no longer for an operation; who does gets `reason`, if there is one. */
  lib.abandon = (operation, reason) => {
    const known = waiting.get(operation);
    if (known === undefined) return;
    waiting.delete(operation);
    host(op.abort, operation);
    if (reason !== undefined) known.refuse(reason);
  };

  /** Calls a function that may answer at once or later. */
  lib.call = (fn, args) => lib.withSignal(call, fn, args);

  /** Calls a function whose answer is always a promise. */
  lib.callAsync = (fn, args) => {
    try {
      return lib.withSignal(callAsync, fn, args);
    } catch (error) {
      return reject(error);
    }
  };

  const call = (fn, args) => {
    const answer = host(op.call, fn, textOf(args));
    return typeof answer === "number" ? promised(answer) : answerOf(answer);
  };

  const callAsync = (fn, args) => {
    try {
      const answer = host(op.call, fn, textOf(args));
      if (typeof answer === "number") return promised(answer);
      const value = answerOf(answer);
      return new Promise((resolve) => resolve(value));
    } catch (error) {
      return reject(error);
    }
  };

  /** The text and the stack of an error, for the host. */
  const described = (error) => {
    let text;
    try {
      text = lib.encode(error, "the error");
    } catch {
      text = lib.encode(new Error("the spell raised a value that cannot leave the guest"), "the error");
    }
    const isError = typeof error === "object" && error !== null && lib.isError(error);
    return { __proto__: null, text, stack: isError ? lib.stackOf(error) : "" };
  };

  const fail = (task, error) => {
    const { text, stack } = described(error);
    host(op.rejected, task, text, stack);
  };

  const start = async (fn, args, self) => await apply(fn, self, args);
  lib.start = start;

  const follow = (task, promise) => {
    const fulfilled = (value) => {
      let text;
      try {
        text = lib.encode(value, "the result");
      } catch (error) {
        return fail(task, error);
      }
      host(op.fulfilled, task, text);
    };
    whenSettled(promise, fulfilled, (error) => fail(task, error));
  };

  lib.follow = follow;

  exports.run = (task, main) => follow(task, main());

  exports.call = (task, id, args) => follow(task, start(lib.held.get(id), lib.decode(args)));

  /** Calls a function in the middle of a host call. The host looks at the result. */
  exports.callSync = (id, args) => apply(lib.held.get(id), undefined, lib.decode(args));

  exports.encode = (value, root) => lib.encode(value, root);

  exports.describe = (error) => {
    const { text, stack } = described(error);
    return `${text}\n${stack}`;
  };

  /** The host has an answer; one that begins with `!` is an error. */
  exports.settle = (operation, text) => {
    const known = waiting.get(operation);
    if (known === undefined) return;
    const { resolve, refuse, stack, answered } = known;
    answered?.();
    waiting.delete(operation);
    if (text[0] !== "!") return void resolve(lib.decode(text));
    const error = lib.failure(text);
    defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
    refuse(error);
  };

  /** A list of counters, as a global variable that nothing replaces. */
  exports.cover = (name, size) => {
    const counters = new Float64Array(size);
    defineProperty(globalThis, name, { value: counters });
    return counters;
  };

  exports.getGlobal = (name) => lib.encode(globalThis[name], name);

  exports.setGlobal = (name, text) => {
    const value = lib.decode(text);
    defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true });
  };
};
