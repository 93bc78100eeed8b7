// `console`: text for the host's streams, and lines for its log.
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

  const lineOf = (args) => {
    let line = "";
    for (let i = 0; i < args.length; i++) line += (i > 0 ? " " : "") + show(args[i], 0, newList());
    return line;
  };

  const log = (...args) => void lib.answered(host(op.print, 1, `${lineOf(args)}\n`));
  const atLevel =
    (level) =>
    (...args) =>
      void lib.answered(host(op.log, level, lineOf(args)));

  const console = freeze({
    log,
    debug: atLevel("debug"),
    info: atLevel("info"),
    warn: atLevel("warn"),
    error: atLevel("error"),
  });
  defineProperty(globalThis, "console", { value: console, writable: true, configurable: true });
};
