// The module `table`: in the guest, for what is copied may hold itself and functions, which
// do not leave it.
(lib) => {
  const { apply, defineProperty, freeze, getPrototypeOf, isArray, keys, newList, newMap, setPrototypeOf } =
    lib.intrinsics;
  const { TypeError } = globalThis;
  const sort = Array.prototype.sort;

  const want = (value, name) => {
    if (typeof value !== "object" || value === null)
      throw new TypeError(`${name} must be an object, not ${value === null ? "null" : typeof value}`);
  };

  const define = (object, key, value) =>
    defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });

  const merge = (...all) => {
    const merged = {};
    for (let i = 0; i < all.length; i++) {
      want(all[i], `table.merge: argument ${i + 1}`);
      const names = keys(all[i]);
      for (let n = 0; n < names.length; n++) define(merged, names[n], all[i][names[n]]);
    }
    return merged;
  };

  /** Without recursion: objects a million deep are no deeper than one. */
  const deepCopy = (value) => {
    const copies = newMap();
    const waiting = newList();
    const copy = (each) => {
      if (typeof each !== "object" || each === null) return each;
      const prototype = getPrototypeOf(each);
      // What has slots of its own, such as dates, handles and promises, is no table.
      const isPlain = isArray(each) || prototype === null || prototype === lib.intrinsics.objectPrototype;
      if (!isPlain) return each;
      if (copies.has(each)) return copies.get(each);
      const made = isArray(each) ? [] : setPrototypeOf({}, prototype);
      copies.set(each, made);
      waiting[waiting.length] = each;
      return made;
    };
    const result = copy(value);
    for (let i = 0; i < waiting.length; i++) {
      const from = waiting[i];
      const to = copies.get(from);
      const names = keys(from);
      for (let n = 0; n < names.length; n++) define(to, names[n], copy(from[names[n]]));
      if (isArray(from)) to.length = from.length;
    }
    return result;
  };

  const keysOf = (object, name) => {
    want(object, name);
    const names = keys(object);
    return isArray(object) ? names : apply(sort, names, []);
  };

  const values = (object) => {
    const names = keysOf(object, "table.values: argument 1");
    const list = [];
    for (let i = 0; i < names.length; i++) define(list, i, object[names[i]]);
    return list;
  };

  const table = { merge, deep_copy: deepCopy, keys: (object) => keysOf(object, "table.keys: argument 1"), values };
  lib.own = freeze({ __proto__: null, ...lib.own, table: freeze(setPrototypeOf(table, null)) });
};
