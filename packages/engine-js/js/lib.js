// The one object that the parts of the library share; no script ever sees it.
(host, names, kinds, bindings) => {
  const op = { __proto__: null };
  const exports = { __proto__: null };
  JSON.parse(names).forEach((name, i) => {
    op[name] = i + 1;
  });
  return { __proto__: null, host, op, callKind: JSON.parse(kinds), bindings: JSON.parse(bindings), exports };
};
