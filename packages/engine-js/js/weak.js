// Weak references both ways: the script's to objects of the host, and the host's
// to functions of the script.
(lib) => {
  const { exports, host, op } = lib;
  const { FinalizationRegistry, Promise, WeakRef, deref, newList, newMap, register, whenSettled } = lib.intrinsics;

  /** Callbacks with the numbers of the handles whose end they wait for, in the order they came. */
  let watched = newList();

  const isGone = (number) => lib.answered(host(op.expired, number)) === 1;

  /** Calls back when the object is gone, at once when it is; returns a function that ends it. */
  lib.watch = (number, fn) => {
    if (typeof fn !== "function") throw new TypeError(`onExpire: argument 1 must be a function, not ${typeof fn}`);
    if (isGone(number)) {
      lib.start(fn, newList());
      return () => {};
    }
    const watcher = { __proto__: null, number, fn };
    watched[watched.length] = watcher;
    return () => {
      watcher.fn = undefined;
    };
  };

  /** A task of the host's: calls back those whose objects are gone. */
  exports.expire = (task) => {
    const before = watched;
    const gone = newList();
    watched = newList();
    for (let i = 0; i < before.length; i++) {
      const { number, fn } = before[i];
      if (fn === undefined) continue;
      if (isGone(number)) gone[gone.length] = fn;
      else watched[watched.length] = before[i];
    }
    const all = new Promise((resolve, refuse) => {
      let left = gone.length;
      if (left === 0) resolve(0);
      const ended = () => {
        left--;
        if (left === 0) resolve(gone.length);
      };
      for (let i = 0; i < gone.length; i++) whenSettled(lib.start(gone[i], newList()), ended, refuse);
    });
    lib.follow(task, all);
  };

  /** A handle held weakly. */
  lib.weak = function weak(handle) {
    const isObject = typeof handle === "object" && handle !== null;
    if (!isObject || !lib.isHandle(handle)) throw new TypeError("weak: argument 1 must be a handle");
    const answer = host(op.weaken, lib.handleNumber(handle));
    if (answer[0] === "!") throw lib.failure(answer);
    return lib.decode(answer);
  };

  /** The functions that the host holds weakly, by the id it knows them by. */
  const functions = newMap();

  const collected = new FinalizationRegistry((id) => {
    if (functions.delete(id)) host(op.dropWeak, id);
  });

  exports.weakKeep = (id, held) => {
    const fn = lib.held.get(held);
    functions.set(id, new WeakRef(fn));
    register(collected, fn, id);
  };

  exports.weakFind = (id) => {
    const known = functions.get(id);
    return lib.encode(known === undefined ? undefined : deref(known), "function") ?? "null";
  };

  exports.weakForget = (id) => void functions.delete(id);
};
