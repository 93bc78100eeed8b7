// `AbortController` and `AbortSignal`: a script gives up a call of the host, or
// anything of its own that listens.
(lib) => {
  const {
    DOMException,
    create,
    defineProperty,
    freeze,
    getPrototypeOf,
    keys,
    newList,
    newMap,
    objectPrototype,
    setPrototypeOf,
    whenSettled,
  } = lib.intrinsics;

  /** Only the library makes signals. */
  const KEY = freeze({});

  class AbortSignal {
    #aborted = false;
    #reason;
    /** Functions of the library, in the order they came; by themselves. */
    #links = newMap();
    #listeners = newList();
    onabort = null;

    constructor(key) {
      if (key !== KEY) throw new TypeError("a signal comes from an AbortController");
    }

    get aborted() {
      return this.#aborted;
    }

    get reason() {
      return this.#reason;
    }

    throwIfAborted() {
      if (this.#aborted) throw this.#reason;
    }

    addEventListener(type, listener, options) {
      if (`${type}` !== "abort" || listener === null || listener === undefined || this.#aborted) return;
      for (let i = 0; i < this.#listeners.length; i++) if (this.#listeners[i].listener === listener) return;
      const once = typeof options === "object" && options !== null && options.once === true;
      this.#listeners[this.#listeners.length] = { __proto__: null, listener, once };
    }

    removeEventListener(type, listener) {
      if (`${type}` !== "abort") return;
      const kept = newList();
      for (let i = 0; i < this.#listeners.length; i++) {
        if (this.#listeners[i].listener !== listener) kept[kept.length] = this.#listeners[i];
      }
      this.#listeners = kept;
    }

    static isOne(value) {
      return typeof value === "object" && value !== null && #aborted in value;
    }

    static isAborted(signal) {
      return signal.#aborted;
    }

    static reasonOf(signal) {
      return signal.#reason;
    }

    /** Has the library told, until the link is taken back. */
    static link(signal, fn) {
      signal.#links.set(fn, fn);
    }

    static unlink(signal, fn) {
      signal.#links.delete(fn);
    }

    static abortNow(signal, reason) {
      if (signal.#aborted) return;
      signal.#aborted = true;
      signal.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
      const links = signal.#links;
      const listeners = signal.#listeners;
      signal.#links = newMap();
      signal.#listeners = newList();
      links.forEach((link) => link(signal.#reason));
      const event = freeze({ __proto__: null, type: "abort", target: signal });
      // What a listener throws is a rejection that nobody takes.
      const tell = (fn) => void lib.start(fn, setPrototypeOf([event], null), signal);
      const { onabort } = signal;
      if (typeof onabort === "function") tell(onabort);
      for (let i = 0; i < listeners.length; i++) {
        const { listener } = listeners[i];
        if (typeof listener === "function") tell(listener);
        else if (typeof listener.handleEvent === "function") tell((e) => listener.handleEvent(e));
      }
    }

    static abort(reason) {
      const signal = new AbortSignal(KEY);
      abortNow(signal, reason);
      return signal;
    }

    /** Aborts after so many milliseconds, for which it counts as a pending call. */
    static timeout(ms) {
      const signal = new AbortSignal(KEY);
      const { promise } = lib.wait("AbortSignal.timeout", ms);
      whenSettled(promise, () => abortNow(signal, new DOMException("The operation timed out", "TimeoutError")));
      return signal;
    }

    /** Aborts with the first of those that does. */
    static any(signals) {
      const all = [...signals];
      const signal = new AbortSignal(KEY);
      for (let i = 0; i < all.length; i++) {
        if (!isOne(all[i])) throw new TypeError(`AbortSignal.any: element ${i} is no signal`);
        if (isAborted(all[i])) return AbortSignal.abort(reasonOf(all[i]));
      }
      for (let i = 0; i < all.length; i++) link(all[i], (reason) => abortNow(signal, reason));
      return signal;
    }
  }

  const { isOne, isAborted, reasonOf, link, unlink, abortNow } = AbortSignal;
  for (const name of ["isOne", "isAborted", "reasonOf", "link", "unlink", "abortNow"]) delete AbortSignal[name];

  class AbortController {
    #signal = new AbortSignal(KEY);
    get signal() {
      return this.#signal;
    }
    abort(reason) {
      abortNow(this.#signal, reason);
    }
  }

  /** The signal that an argument of a call has as its field `signal`, if one does. */
  const findSignal = (args) => {
    for (let i = 0; i < args.length; i++) {
      const options = args[i];
      if (typeof options !== "object" || options === null) continue;
      const prototype = getPrototypeOf(options);
      if (prototype !== objectPrototype && prototype !== null) continue;
      const { signal } = options;
      if (signal !== undefined && isOne(signal)) return { __proto__: null, at: i, signal };
    }
    return undefined;
  };

  /** The arguments without the signal, which is the guest's own business; without options that were nothing else. */
  const withoutSignal = (args, at) => {
    const others = create(null);
    const names = keys(args[at]);
    let count = 0;
    for (let i = 0; i < names.length; i++) {
      if (names[i] === "signal") continue;
      others[names[i]] = args[at][names[i]];
      count++;
    }
    const rest = newList();
    const isLast = at === args.length - 1;
    for (let i = 0; i < args.length; i++) if (i !== at || !isLast || count > 0) rest[i] = i === at ? others : args[i];
    return rest;
  };

  /**
   * Calls the host with `call`, which makes a promise of what has no answer yet;
   * a signal in the arguments gives the call up.
   */
  lib.withSignal = (call, fn, args) => {
    const found = findSignal(args);
    if (found === undefined) return call(fn, args);
    const { at, signal } = found;
    if (isAborted(signal)) throw reasonOf(signal);
    const { promise, operation } = lib.begun(() => call(fn, withoutSignal(args, at)));
    if (operation === 0) return promise;
    const giveUp = (reason) => lib.abandon(operation, reason);
    link(signal, giveUp);
    lib.whenAnswered(operation, () => unlink(signal, giveUp));
    return promise;
  };

  for (const [name, value] of Object.entries({ AbortController, AbortSignal })) {
    freeze(value.prototype);
    defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
};
