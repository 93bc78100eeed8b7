// Errors of the host as a script sees them, and where errors happened.
(lib) => {
  const { Error, apply, defineProperty, freeze } = lib.intrinsics;
  const slice = String.prototype.slice;
  lib.tail = (text) => apply(slice, text, [1]);

  /** An error of the host. Its id leads the host back to the one it has thrown, whatever a script does to it. */
  class SpellError extends Error {
    #id;
    // Declared, so that no setter of a script's is met.
    code;
    category;
    details;
    constructor({ id, code, category, message, details }) {
      super(message);
      this.code = code;
      this.category = category;
      this.details = details;
      this.#id = id;
    }
    static isOne(value) {
      return #id in value;
    }
    static idOf(error) {
      return error.#id;
    }
  }
  defineProperty(SpellError.prototype, "name", { value: "SpellError", writable: true, configurable: true });
  const { isOne, idOf } = SpellError;
  delete SpellError.isOne;
  delete SpellError.idOf;
  // Nobody but the host makes such errors.
  defineProperty(SpellError.prototype, "constructor", { value: Error, writable: true, configurable: true });
  freeze(SpellError);

  const isNative = Error.isError;
  lib.isError = (value) => isOne(value) || isNative(value);

  const textOf = (value) => {
    try {
      return `${value}`;
    } catch {
      return "an error that has no text";
    }
  };

  /** What the host is told of an error. */
  lib.errorData = (error) => {
    if (isOne(error)) return { __proto__: null, id: idOf(error) };
    let name = "Error";
    let message = "";
    try {
      name = textOf(error.name);
      message = textOf(error.message);
    } catch {
      message = "an error that cannot be read";
    }
    return { __proto__: null, name, message };
  };

  lib.newError = (data) => new SpellError(data);

  /** The error that an answer of the host stands for, to be thrown. */
  lib.failure = (text) => lib.decode(lib.tail(text));

  lib.stackOf = (error) => {
    try {
      const { stack } = error;
      return typeof stack === "string" ? stack : "";
    } catch {
      return "";
    }
  };

  /** Where guest code is: called by the host from inside a host call. */
  lib.exports.where = () => new Error("").stack;
};
