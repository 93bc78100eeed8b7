// `structuredClone`, for what a script can make; objects of the host cannot be cloned.
(lib) => {
  const {
    DOMException,
    Error,
    apply,
    defineProperty,
    getOwnPropertyDescriptor,
    getPrototypeOf,
    isArray,
    keys,
    newMap,
  } = lib.intrinsics;
  const MAX_DEPTH = 200;

  const getter = (prototype, name) => getOwnPropertyDescriptor(prototype, name).get;
  const { forEach: eachEntry, set: setEntry } = Map.prototype;
  const { forEach: eachMember, add: addMember } = Set.prototype;
  const { slice } = ArrayBuffer.prototype;
  const { getTime } = Date.prototype;
  const typedArray = getPrototypeOf(Uint8Array.prototype);
  const [bufferOf, offsetOf, lengthOf] = ["buffer", "byteOffset", "length"].map((name) => getter(typedArray, name));
  const typeOf = getter(typedArray, Symbol.toStringTag);
  const arrays = newMap();
  for (const type of [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float16Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ]) {
    arrays.set(type.name, type);
  }
  const [sizeOfMap, sizeOfSet, sizeOfBuffer] = [Map, Set, ArrayBuffer].map((type) =>
    getter(type.prototype, type === ArrayBuffer ? "byteLength" : "size"),
  );

  const refuse = (what) => {
    throw new DOMException(`${what} could not be cloned`, "DataCloneError");
  };

  /** Whether a value is one that a method of its class works on. */
  const is = (method, value) => {
    try {
      apply(method, value, []);
      return true;
    } catch {
      return false;
    }
  };

  const define = (object, name, value) =>
    defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });

  /** Makes the copy of an object, tells `keep` of it, then fills it with copies. */
  const copyOf = (value, keep, clone) => {
    if (lib.isHandle(value) || lib.isWeak(value)) return refuse("an object of the host");
    if (lib.isError(value)) {
      const copy = keep(new Error(`${value.message}`));
      for (const name of ["name", "stack", "cause"]) {
        const field = clone(value[name]);
        if (field !== undefined) defineProperty(copy, name, { value: field, writable: true, configurable: true });
      }
      return copy;
    }
    if (is(getTime, value)) return keep(new Date(apply(getTime, value, [])));
    if (is(sizeOfBuffer, value)) return keep(apply(slice, value, [0]));
    const type = arrays.get(apply(typeOf, value, []));
    if (type !== undefined) {
      const buffer = clone(apply(bufferOf, value, []));
      return keep(new type(buffer, apply(offsetOf, value, []), apply(lengthOf, value, [])));
    }
    if (is(sizeOfMap, value)) {
      const copy = keep(new Map());
      apply(eachEntry, value, [(field, key) => apply(setEntry, copy, [clone(key), clone(field)])]);
      return copy;
    }
    if (is(sizeOfSet, value)) {
      const copy = keep(new Set());
      apply(eachMember, value, [(member) => apply(addMember, copy, [clone(member)])]);
      return copy;
    }
    const copy = keep(isArray(value) ? [] : {});
    if (isArray(value)) copy.length = value.length;
    const names = keys(value);
    for (let i = 0; i < names.length; i++) define(copy, names[i], clone(value[names[i]]));
    return copy;
  };

  const structuredClone = (root) => {
    const seen = newMap();
    let depth = 0;
    const clone = (value) => {
      if (typeof value === "function") refuse("a function");
      if (typeof value === "symbol") refuse("a symbol");
      if (typeof value !== "object" || value === null) return value;
      const known = seen.get(value);
      if (known !== undefined) return known;
      if (++depth > MAX_DEPTH) refuse("what nests that deeply");
      const keep = (copy) => {
        seen.set(value, copy);
        return copy;
      };
      const copy = copyOf(value, keep, clone);
      depth--;
      return copy;
    };
    return clone(root);
  };
  defineProperty(globalThis, "structuredClone", { value: structuredClone, writable: true, configurable: true });
};
