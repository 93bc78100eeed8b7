// Values that the host cannot read or write in the guest's memory cross as text:
// plain JSON, or `$` and JSON in which an object with one key that begins with `$`
// stands for what JSON does not have. The other side of it is `src/wire.ts`, which
// lists them.
(lib) => {
  const { host, op } = lib;
  const {
    BigInt,
    Number,
    asBigInt64,
    byteCount,
    constructorName,
    create,
    defineProperty,
    freeze,
    getPrototypeOf,
    is,
    isArray,
    isFinite,
    isTypedArray,
    keys,
    newList,
    newMap,
    objectPrototype,
    parse,
    stringify,
  } = lib.intrinsics;
  const MAX_DEPTH = 100;

  /** The functions that the host holds, by the id it knows them by. */
  const held = newMap();
  let lastHeld = 0;
  lib.held = held;

  /** Keys and objects from the root to where the walk is. */
  let path = newList();
  let parents = newList();
  let special = false;

  const refuse = (problem) => {
    throw lib.failure(host(op.refuse, stringify(path), problem));
  };

  /** An answer of the host that is text is an error. */
  const answered = (answer) => {
    if (typeof answer === "string") throw lib.failure(answer);
    return answer;
  };

  lib.answered = answered;

  const tagged = (tag, value) => {
    special = true;
    const object = create(null);
    object[tag] = value;
    return object;
  };

  const ofObject = (value) => {
    if (lib.isHandle(value)) return tagged("$handle", lib.handleNumber(value));
    if (lib.isWeak(value)) return tagged("$weak", lib.weakNumber(value));
    if (lib.isError(value)) return tagged("$error", lib.errorData(value));
    if (isTypedArray(value)) return tagged("$bytes", answered(host(op.give, value, byteCount(value))));
    const depth = path.length;
    if (depth > MAX_DEPTH) refuse(`nests deeper than ${MAX_DEPTH}`);
    for (let i = 0; i < parents.length; i++) if (parents[i] === value) refuse("contains itself");
    parents[parents.length] = value;
    let result;
    if (isArray(value)) {
      result = newList();
      const { length } = value;
      for (let i = 0; i < length; i++) {
        path[depth] = i;
        result[i] = walk(value[i]) ?? null;
      }
    } else {
      const prototype = getPrototypeOf(value);
      if (prototype !== null && prototype !== objectPrototype) {
        refuse(`is of the class ${constructorName(value)}, which cannot leave the guest`);
      }
      result = create(null);
      const names = keys(value);
      let isMarked = false;
      for (let i = 0; i < names.length; i++) {
        const name = names[i];
        if (name[0] === "$") isMarked = true;
        path[depth] = name;
        const field = walk(value[name]);
        if (field !== undefined) result[name] = field;
      }
      if (isMarked) result = tagged("$object", result);
    }
    path.length = depth;
    parents.length--;
    return result;
  };

  const walk = (value) => {
    switch (typeof value) {
      case "number":
        return isFinite(value) && !is(value, -0) ? value : tagged("$number", is(value, -0) ? "-0" : `${value}`);
      case "bigint":
        if (asBigInt64(value) !== value) refuse("is an integer of more than 64 bits");
        return tagged("$bigint", `${value}`);
      case "function": {
        const number = lib.hostFunctionNumber(value);
        if (number !== 0) return tagged("$host", number);
        held.set(++lastHeld, value);
        return tagged("$function", lastHeld);
      }
      case "symbol":
        return refuse("is a symbol, which cannot leave the guest");
      case "object":
        return value === null ? null : ofObject(value);
      default:
        return value; // text, a boolean, undefined
    }
  };

  /** A value as text; `root` names it in errors. */
  lib.encode = (value, root) => {
    // A getter may run meanwhile, and call the host.
    const before = [path, parents, special];
    path = newList();
    parents = newList();
    special = false;
    path[0] = root;
    try {
      const text = stringify(walk(value) ?? null);
      return special ? `$${text}` : text;
    } finally {
      path = before[0];
      parents = before[1];
      special = before[2];
    }
  };

  /** What makes an object the text in one of its fields, by the field. */
  const texts = newMap();

  const textOf = (field) => {
    const toString = function toString() {
      return `${this[field]}`;
    };
    const made = { __proto__: null, value: freeze(toString), writable: true, configurable: true };
    texts.set(field, made);
    return made;
  };

  /** An object that is also the text in one of its fields. */
  const asText = (object, field) => defineProperty(object, "toString", texts.get(field) ?? textOf(field));
  lib.exports.asText = asText;

  const ofTag = (tag, value) => {
    switch (tag) {
      case "$number":
        return Number(value);
      case "$bigint":
        return BigInt(value);
      case "$bytes":
        return answered(host(op.take, value));
      case "$handle":
        return lib.newHandle(value[1], value[0]);
      case "$weak":
        return lib.newWeak(value[0], value[1]);
      case "$function":
        return held.get(value);
      case "$host":
        return lib.hostFunction(value);
      case "$error":
        return lib.newError(value);
      case "$text":
        return asText(revive(value[1]), value[0]);
      default:
        return reviveFields(value); // $object
    }
  };

  const reviveFields = (object) => {
    const names = keys(object);
    for (let i = 0; i < names.length; i++) object[names[i]] = revive(object[names[i]]);
    return object;
  };

  const revive = (value) => {
    if (typeof value !== "object" || value === null) return value;
    if (isArray(value)) {
      for (let i = 0; i < value.length; i++) value[i] = revive(value[i]);
      return value;
    }
    const names = keys(value);
    const tag = names[0];
    return names.length === 1 && tag[0] === "$" ? ofTag(tag, value[tag]) : reviveFields(value);
  };

  /** The value that text of the host stands for. */
  lib.decode = (text) => {
    return text[0] === "$" ? revive(parse(lib.tail(text))) : parse(text);
  };

  lib.exports.release = (id) => void held.delete(id);
  lib.exports.sameFunction = (a, b) => held.get(a) === held.get(b);
};
