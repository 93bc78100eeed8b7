// Objects and functions of the host: the guest has their numbers, which mean
// something to its own host only.
(lib) => {
  const { host, op } = lib;
  const { FinalizationRegistry, WeakRef, defineProperty, deref, freeze, newMap, register } = lib.intrinsics;

  class Handle {
    #number;
    constructor(number) {
      this.#number = number;
    }
    static isOne(value) {
      return #number in value;
    }
    static numberOf(handle) {
      return handle.#number;
    }
  }
  const { isOne, numberOf } = Handle;
  delete Handle.isOne;
  delete Handle.numberOf;
  delete Handle.prototype.constructor;

  // The host learns from one how it finds their numbers.
  lib.exports.someHandle = new Handle(0);

  lib.isHandle = isOne;
  lib.handleNumber = numberOf;

  /** What the guest has of the host, weakly, by its number: each is one object. The host hears by `drop` that one is gone. */
  const weakly = (drop) => {
    const known = newMap();
    const dropped = new FinalizationRegistry((number) => {
      // It may have come again since, and have gone again.
      const weak = known.get(number);
      if (weak === undefined || deref(weak) !== undefined) return;
      known.delete(number);
      host(drop, number);
    });
    return {
      find(number) {
        const weak = known.get(number);
        return weak === undefined ? undefined : deref(weak);
      },
      keep(number, object) {
        known.set(number, new WeakRef(object));
        register(dropped, object, number);
        return object;
      },
    };
  };

  const handles = weakly(op.dropHandle);
  const kinds = newMap();

  /** The class of the handles of a kind. */
  lib.handleClass = (kind) => {
    let known = kinds.get(kind);
    if (known === undefined) {
      known = class extends Handle {};
      delete known.prototype.constructor;
      defineProperty(known.prototype, "kind", { value: kind, enumerable: true });
      lib.bindHandle(kind, known.prototype);
      kinds.set(kind, known);
    }
    return known;
  };

  lib.newHandle = (kind, number) => {
    const same = handles.find(number);
    if (same !== undefined) return same;
    return handles.keep(number, freeze(new (lib.handleClass(kind))(number)));
  };

  /** Looks at an object of the host, and does not keep it. */
  class WeakHandle {
    #number;
    kind;
    constructor(number, kind) {
      this.#number = number;
      this.kind = kind;
    }
    static isOne(value) {
      return #number in value;
    }
    static numberOf(weak) {
      return weak.#number;
    }
    /** The handle, or undefined when the object is gone. */
    deref() {
      const answer = host(op.upgrade, this.#number);
      if (answer[0] === "!") throw lib.failure(answer);
      return lib.decode(answer) ?? undefined;
    }
    /** Calls back when the object is gone, at once when it is; returns a function that ends that. */
    onExpire(fn) {
      return lib.watch(this.#number, fn);
    }
  }
  lib.isWeak = WeakHandle.isOne;
  lib.weakNumber = WeakHandle.numberOf;
  delete WeakHandle.isOne;
  delete WeakHandle.numberOf;
  delete WeakHandle.prototype.constructor;
  freeze(WeakHandle.prototype);

  lib.newWeak = (number, kind) => freeze(new WeakHandle(number, kind));

  // Functions of the host: by the function, and back.
  class Brand extends function (fn) {
    return fn;
  } {
    #number;
    constructor(fn, number) {
      super(fn);
      this.#number = number;
    }
    static mark(fn, number) {
      return new Brand(fn, number);
    }
    static numberOf(fn) {
      return #number in fn ? fn.#number : 0;
    }
  }
  const { mark } = Brand;
  lib.hostFunctionNumber = Brand.numberOf;

  const functions = weakly(op.dropFunction);

  lib.hostFunction = (number) => {
    const same = functions.find(number);
    if (same !== undefined) return same;
    const fn = lib.hostFunctionOf(number, false);
    mark(fn, number);
    return functions.keep(number, fn);
  };
};
