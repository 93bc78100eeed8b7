// What the host starts in a guest, and what the guest waits for.
(lib) => {
  // A script may give the name to something else.
  const global = globalThis;
  const { callKind, exports, host, op } = lib;
  const { Error, Float64Array, Promise, apply, defineProperty, newList, newMap, reject, whenSettled } = lib.intrinsics;

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

  /** The value of an answer that is text; an error is thrown. */
  lib.answerOf = (text) => {
    if (text[0] === "!") throw lib.failure(text);
    return lib.decode(text);
  };

  // What becomes of an answer that is not the result itself; it comes as `this`.

  /** A number is an operation that has no answer yet; text is an error, or a value. */
  const later = function () {
    return typeof this === "number" ? promised(this) : lib.answerOf(this);
  };

  const laterAsync = function () {
    if (typeof this === "number") return promised(this);
    try {
      return resolved(lib.answerOf(this));
    } catch (error) {
      return reject(error);
    }
  };

  const resolved = (value) => new Promise((resolve) => resolve(value));

  const promise = function () {
    return resolved(this);
  };

  const bind = (kind, ownWay, id) =>
    kind & callKind.async
      ? host(op.bind, kind, ownWay, laterAsync, promise, id)
      : host(op.bind, kind, ownWay, later, undefined, id);

  const callText = bind(callKind.text);
  const callTextAsync = bind(callKind.text | callKind.async);

  const call = (id, args) => callText(id, lib.encode(args, ""));

  const callAsync = (id, args) => {
    let text;
    try {
      text = lib.encode(args, "");
    } catch (error) {
      return reject(error);
    }
    return callTextAsync(id, text);
  };

  /** Calls a function that may answer at once or later. */
  lib.call = (id, args) => lib.withSignal(call, id, args);

  /** Calls a function whose answer is always a promise. */
  lib.callAsync = (id, args) => {
    try {
      return lib.withSignal(callAsync, id, args);
    } catch (error) {
      return reject(error);
    }
  };

  /** What `call` gives, and the operation that it has begun; 0 for none. */
  lib.begun = (call) => {
    begun = 0;
    const promise = call();
    return { __proto__: null, promise, operation: begun };
  };

  lib.begin = (id, args) => lib.begun(() => callAsync(id, args));

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

  // A function of the host is called with text where the host cannot read what it is called with.

  lib.hostFunctionOf = (id, awaitable) => {
    const call = awaitable ? lib.callAsync : lib.call;
    const kind = callKind.direct | (awaitable ? callKind.async : 0);
    return bind(kind, (...args) => call(id, args), id);
  };

  /** One that takes its `this` as the first argument. */
  lib.hostMethodOf = (id, awaitable) => {
    const call = awaitable ? lib.callAsync : lib.call;
    const kind = callKind.direct | callKind.method | (awaitable ? callKind.async : 0);
    const ownWay = function (...args) {
      // Spreading would ask an iterator that a script may have replaced.
      const all = newList();
      all[0] = this;
      for (let i = 0; i < args.length; i++) all[i + 1] = args[i];
      return call(id, all);
    };
    return bind(kind, ownWay, id);
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
      if (host(op.fulfilled, task, value)) return;
      let text;
      try {
        text = lib.encode(value, "the result");
      } catch (error) {
        return fail(task, error);
      }
      host(op.fulfilledText, task, text);
    };
    // Without a constructor, no species of a script's is asked.
    defineProperty(promise, "constructor", { value: undefined });
    whenSettled(promise, fulfilled, (error) => fail(task, error));
  };

  lib.follow = follow;

  exports.run = (task, main) => follow(task, main());

  exports.call = (task, id, args) => follow(task, start(lib.held.get(id), args));

  /** Calls a function in the middle of a host call. The host looks at the result. */
  exports.callSync = (id, args) => apply(lib.held.get(id), undefined, args);

  exports.encode = (value, root) => lib.encode(value, root);
  exports.decode = (text) => lib.decode(text);

  exports.describe = (error) => {
    const { text, stack } = described(error);
    return `${text}\n${stack}`;
  };

  const taken = (operation) => {
    const known = waiting.get(operation);
    known?.answered?.();
    waiting.delete(operation);
    return known;
  };

  /** A list of counters, as a global variable that nothing replaces. */
  exports.cover = (name, size) => {
    const counters = new Float64Array(size);
    defineProperty(global, name, { value: counters });
    return counters;
  };

  /** The host has an answer. */
  exports.settle = (operation, value) => {
    taken(operation)?.resolve(value);
  };

  /** The host has an error for an answer. */
  exports.fail = (operation, text) => {
    const known = taken(operation);
    if (known === undefined) return;
    const error = lib.failure(text);
    defineProperty(error, "stack", { value: known.stack, writable: true, configurable: true });
    known.refuse(error);
  };

  exports.getGlobal = (name) => global[name];

  exports.setGlobal = (name, value) => {
    defineProperty(global, name, { value, writable: true, enumerable: true, configurable: true });
  };
};
