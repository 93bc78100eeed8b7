// `console`: text for the host's two streams.
(lib) => {
  const { host, op } = lib;
  const { defineProperty, freeze, getOwnPropertyDescriptor, isArray, keys, newList, stringify } = lib.intrinsics;
  const MAX_DEPTH = 6;

  const show = (value, depth, parents) => {
    switch (typeof value) {
      case "string":
        return depth === 0 ? value : stringify(value);
      case "bigint":
        return `${value}n`;
      case "symbol":
        return "Symbol()";
      case "function":
        return "[function]";
      case "object":
        break;
      default:
        return `${value}`;
    }
    if (value === null) return "null";
    if (lib.isError(value)) return `${value}`;
    if (lib.isHandle(value)) return `[${value.kind}]`;
    for (let i = 0; i < parents.length; i++) if (parents[i] === value) return "[circular]";
    if (depth > MAX_DEPTH) return "…";
    parents[parents.length] = value;
    let text = "";
    const names = keys(value);
    for (let i = 0; i < names.length; i++) {
      const { value: field, get } = getOwnPropertyDescriptor(value, names[i]) ?? {};
      const shown = get === undefined ? show(field, depth + 1, parents) : "[getter]";
      text += `${i > 0 ? ", " : ""}${isArray(value) ? "" : `${names[i]}: `}${shown}`;
    }
    parents.length--;
    return isArray(value) ? `[${text}]` : `{${text}}`;
  };

  const writer =
    (stream) =>
    (...args) => {
      let line = "";
      for (let i = 0; i < args.length; i++) line += (i > 0 ? " " : "") + show(args[i], 0, newList());
      host(op.print, stream, `${line}\n`);
    };

  const out = writer(1);
  const err = writer(2);
  const console = freeze({ log: out, info: out, debug: out, warn: err, error: err });
  defineProperty(globalThis, "console", { value: console, writable: true, configurable: true });
};
