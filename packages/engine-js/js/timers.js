// Timers. One that runs is a call of the host, `promise.sleep`, that has no answer
// yet: so it is counted, saved and cancelled like any other.
(lib) => {
  const { bindings, host, op } = lib;
  const { Number, Promise, defineProperty, newList, newMap, whenSettled } = lib.intrinsics;
  const MAX_MS = 2 ** 31 - 1;

  const { index = "" } = bindings.modules.find(({ name }) => name === "promise") ?? {};
  const found = /\nsleep=(\d+)/.exec(index);
  const sleep = found === null ? undefined : Number(found[1]);

  const checkFunction = (name, fn) => {
    if (typeof fn !== "function") throw new TypeError(`${name}: argument 1 must be a function, not ${typeof fn}`);
  };

  /** A wait of so many milliseconds that has begun. @param name who waits, for errors. */
  lib.wait = (name, ms) => {
    if (sleep === undefined) throw lib.failure(host(op.error, "UNSUPPORTED", `${name}: this spell has no timers`));
    const number = Number(ms);
    const args = newList();
    // The least and the most that a timer can wait; what is no number is 0.
    args[0] = number >= 1 ? (number < MAX_MS ? number - (number % 1) : MAX_MS) : 0;
    return lib.begin(sleep, args);
  };

  /** The operation that each timer waits for, by the timer's number. */
  const timers = newMap();
  let last = 0;

  /** Calls `again` when the wait of a timer is over; an error of the wait is nobody's, and fails the run. */
  const arm = (timer, name, ms, fire) => {
    const { operation, promise } = lib.wait(name, ms);
    timers.set(timer, operation);
    whenSettled(promise, fire);
  };

  const setTimeout = (fn, ms, ...args) => {
    checkFunction("setTimeout", fn);
    const timer = ++last;
    arm(timer, "setTimeout", ms, () => {
      timers.delete(timer);
      lib.start(fn, args);
    });
    return timer;
  };

  const setInterval = (fn, ms, ...args) => {
    checkFunction("setInterval", fn);
    const timer = ++last;
    const fire = () => {
      // Before the function runs, which may end it.
      arm(timer, "setInterval", ms, fire);
      lib.start(fn, args);
    };
    arm(timer, "setInterval", ms, fire);
    return timer;
  };

  const clear = (timer) => {
    const operation = timers.get(timer);
    timers.delete(timer);
    if (operation !== undefined) lib.abandon(operation);
  };

  /** An error in the function is a rejection that nobody takes, with its place. */
  const queueMicrotask = (fn) => {
    checkFunction("queueMicrotask", fn);
    const ready = new Promise((resolve) => resolve());
    whenSettled(ready, () => void lib.start(fn, newList()));
  };

  for (const [name, value] of Object.entries({
    setTimeout,
    setInterval,
    clearTimeout: (timer) => clear(timer),
    clearInterval: (timer) => clear(timer),
    queueMicrotask,
  })) {
    defineProperty(globalThis, name, { value, writable: true, configurable: true });
  }
};
