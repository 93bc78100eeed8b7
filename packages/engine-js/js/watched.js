// Functions around functions of a script, and what stands in for them: they are called as the
// script calls its own, and a function that returns a promise is done when that is settled.
(lib) => {
  const { apply, create, defineProperty, freeze, getOwnPropertyDescriptor, indexOf, slice, whenSettled } =
    lib.intrinsics;
  const { Object, Promise, TypeError } = globalThis;
  const push = Array.prototype.push;
  const isPromise = (value) => value instanceof Promise;
  const MOST_RECORDED = 1000;

  const want = (value, wanted, name) => {
    if (typeof value !== wanted && !(wanted === "object" && typeof value === "function"))
      throw new TypeError(
        `${name} must be ${wanted === "object" ? "an" : "a"} ${wanted}, not ${value === null ? "null" : typeof value}`,
      );
  };

  /** Calls `done(ok, value)` when the function has ended, and passes its end on. */
  const followed = (call, done) => {
    let result;
    try {
      result = call();
    } catch (error) {
      done(false, error);
      throw error;
    }
    if (!isPromise(result)) {
      done(true, result);
      return result;
    }
    return whenSettled(
      result,
      (value) => {
        done(true, value);
        return value;
      },
      (error) => {
        done(false, error);
        throw error;
      },
    );
  };

  const track = (fn, name) => {
    want(fn, "function", "metrics.track: fn");
    want(name, "string", "metrics.track: name");
    const { metrics } = lib.modules;
    // What is wrong with the name is said now.
    metrics.increment(`${name}_calls_total`, 0);
    return function (...args) {
      const stop = metrics.timer(`${name}_ms`);
      return followed(
        () => apply(fn, this, args),
        (ok) => {
          stop();
          metrics.increment(`${name}_calls_total`);
          if (!ok) metrics.increment(`${name}_errors_total`);
        },
      );
    };
  };

  /** The function that is traced, and the one that gives what was recorded. */
  const traceCalls = (fn) => {
    want(fn, "function", "debug.traceCalls: fn");
    const records = [];
    let depth = 0;
    const record = (event, values) => {
      if (records.length >= MOST_RECORDED) return;
      const texts = [];
      for (let i = 0; i < values.length; i++) apply(push, texts, [lib.modules.debug.dump(values[i], { depth: 2 })]);
      apply(push, records, [{ event, depth, values: texts }]);
    };
    const traced = function (...args) {
      depth++;
      record("enter", args);
      return followed(
        () => apply(fn, this, args),
        (ok, value) => {
          record(ok ? "leave" : "error", [ok ? value : `${value}`]);
          depth--;
        },
      );
    };
    return [traced, () => records];
  };

  const trace = (label, depth) => {
    const { stack } = new Error("");
    // The first frame is this function.
    let text = slice(stack, indexOf(stack, "\n", 0) + 1);
    if (typeof depth === "number") {
      let end = -1;
      for (let i = 0; i < depth; i++) {
        end = indexOf(text, "\n", end + 1);
        if (end < 0) break;
      }
      if (end >= 0) text = slice(text, 0, end);
    }
    return label === undefined ? text : `${label}\n${text}`;
  };

  /** What stands in for a function and remembers its calls. */
  const double = (call) => {
    const calls = [];
    const it = function (...args) {
      apply(push, calls, [args]);
      return apply(call, this, args);
    };
    const calledWith = (...wanted) => {
      for (let i = 0; i < calls.length; i++) {
        try {
          lib.modules.test.assertEquals(calls[i], wanted);
          return true;
        } catch {
          // Then another call, perhaps.
        }
      }
      return false;
    };
    defineProperty(it, "calls", { value: calls, enumerable: true });
    for (const name of ["callCount", "call_count"])
      defineProperty(it, name, { get: () => calls.length, enumerable: true });
    for (const name of ["calledWith", "called_with"]) defineProperty(it, name, { value: calledWith, enumerable: true });
    return it;
  };

  const spy = (fn) => {
    if (fn !== undefined) want(fn, "function", "test.spy: fn");
    return double(fn ?? (() => undefined));
  };

  const stub = (fn, value) => {
    if (fn !== undefined && fn !== null) want(fn, "function", "test.stub: fn");
    return double(() => value);
  };

  const mock = (object, method, replacement) => {
    if (object === null) throw new TypeError("test.mock: object must be an object, not null");
    want(object, "object", "test.mock: object");
    want(method, "string", "test.mock: method");
    want(replacement, "function", "test.mock: replacement");
    const original = object[method];
    want(original, "function", "test.mock: what is replaced");
    const own = getOwnPropertyDescriptor(object, method);
    if (own?.configurable === false || (own === undefined && !Object.isExtensible(object)))
      throw new TypeError(`test.mock: '${method}' of this object cannot be replaced`);
    const it = double(replacement);
    defineProperty(object, method, {
      value: it,
      writable: true,
      enumerable: own?.enumerable ?? true,
      configurable: true,
    });
    const restore = () => {
      if (object[method] !== it) return;
      if (own === undefined) delete object[method];
      else defineProperty(object, method, { ...own });
    };
    defineProperty(it, "original", { value: original, enumerable: true });
    defineProperty(it, "restore", { value: restore, enumerable: true });
    lib.modules.test.cleanup(restore);
    return it;
  };

  const named = (functions) => freeze(Object.assign(create(null), functions));
  lib.own = named({
    metrics: named({ track }),
    debug: named({ trace_calls: traceCalls, trace }),
    test: named({ spy, stub, mock }),
    // The older names that some of them have in other modules.
    utils: named({ debug_trace: trace }),
  });
};
