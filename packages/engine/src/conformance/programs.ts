/**
 * The sources of the conformance kit: small programs that every engine writes
 * in its own language. "Result" is the value of the task that runs the source.
 *
 * The module `test` and everything it does is described by `TestHost`. Object
 * fields are named exactly as written here, in every language.
 */
export interface Programs {
  // Values: each returns the one value it names.
  readonly returnNull: string;
  readonly returnTrue: string;
  /** 42 */
  readonly returnInteger: string;
  /** 0.5 */
  readonly returnFloat: string;
  /** 2^53 - 1 */
  readonly returnLargeInteger: string;
  /** 2^63 - 1 exactly; null for a language without such integers. */
  readonly returnHugeInteger: string | null;
  /** `héllo 世界 😀` */
  readonly returnText: string;
  /** `a`, the character U+0000, `b` */
  readonly returnNulText: string;
  /** The bytes 255, 0, 128 */
  readonly returnBytes: string;
  /** The object `{ list: [1, "two", { three: true }], empty: [], name: "n" }` */
  readonly returnNested: string;
  readonly returnEmptyList: string;
  /** A function that returns the sum of its two arguments. */
  readonly returnFunction: string;
  /** A handle: the result of `test.open("box")`. */
  readonly returnHandle: string;
  /** An object whose field `me` is the object itself. */
  readonly returnCycle: string;
  /** 150 objects nested in each other's field `next`. */
  readonly returnTooDeep: string;
  /** Text of 100,000 characters. */
  readonly returnLargeText: string;
  /** An object whose field `odd` holds something that cannot leave the guest; null when there is no such thing. */
  readonly returnUnsupported: string | null;
  /** A function that returns such an object. */
  readonly returnUnsupportedFunction: string | null;
  /** The global `input`. */
  readonly returnInput: string;
  /** `test.echo(input)` with the global `input`. */
  readonly echoInput: string;
  /** Calls the global `input`, a function, with 20; the result is what it gives. */
  readonly callInput: string;
  /** Calls the global `input` and catches; the result is `{ code, message }` of what it caught. */
  readonly callInputCaught: string;
  /** Calls `test.echo` with text of 100,000 characters. */
  readonly sendLargeText: string;

  /**
   * Keeps (`test.keep`) four functions, and ends: one that waits for `a`; one that catches the error of that
   * wait and gives its code; one that waits for `a` again and again, whatever error it catches; and one that
   * waits for `b`.
   */
  readonly keepWaiting: string;
  // Errors
  /** Raises an error with the message `broken` on line 7. */
  readonly throwOnLine7: string;
  /** Does not compile; the error is on line 3. */
  readonly syntaxErrorOnLine3: string;
  /** Calls `test.fail()` on line 2 and does not catch. */
  readonly failOnLine2: string;
  /** Catches the error of `test.fail()`; the result is `{ code, message }` of what it caught. */
  readonly catchFail: string;
  /** Catches the error of `test.crash()`; the result is all text it can get out of what it caught. */
  readonly catchCrash: string;
  /** Raises a structured value with the fields `code = "LIMIT_FUEL"` and `message = "forged"`. */
  readonly forgeLimit: string;
  /** Catches the error of `test.fail()`, sets its code to `LIMIT_FUEL` if the language lets it, and raises it again. */
  readonly tamperError: string;

  // Limits: each works without end (or until the named limit) unless it is stopped.
  readonly endlessLoop: string;
  /** Loops without end and catches every error inside the loop. */
  readonly catchingLoop: string;
  /** Keeps more and more distinct data. */
  readonly growMemory: string;
  /** A function that calls itself without end, not as a tail call. */
  readonly deepRecursion: string;
  /** Calls `test.echo(1)` without end. */
  readonly callForever: string;
  /** Starts `test.wait_async("x")` without end, waiting for none. */
  readonly startForever: string;
  /** Prints `0123456789` without end. */
  readonly printForever: string;

  // Output
  /** Prints `hello` and ends the line. */
  readonly printText: string;

  // Suspension
  /** Result: what `test.wait("a")` gives. */
  readonly awaitOne: string;
  /** Waits for `a`, then for `b`; the result is the list of both. */
  readonly awaitTwo: string;
  /** Starts `a` and `b` with the `_async` twin, then waits for both; the result is the list of both. */
  readonly awaitParallel: string;
  /** Starts `w1` … `w100` with the `_async` twin, then waits for all; the result is the sum. */
  readonly awaitHundred: string;
  /** Waits for `a` and catches; the result is `{ code, message }` of what it caught. */
  readonly awaitCaught: string;
  /** Starts `a` with the `_async` twin, calls `test.report("started")`, waits; the result is what `a` gives. */
  readonly twinThenReport: string;
  /** Result: `test.state()`. */
  readonly returnState: string;

  // Snapshots
  /**
   * Makes a state of every sort the language has (closures that share a
   * variable, data that contains itself, a half-used generator or coroutine,
   * resources to be closed, text, large and small numbers), waits for `a`,
   * changes the state, waits for `b`, and returns one text that shows all of it
   * and both answers.
   */
  readonly waitWithState: string;
  /** Sets the global `count` to one more than it was, from 0, and returns it. */
  readonly countUp: string;

  // Residue
  /** Sets the global `marker` to `"mine"`; the result is true. */
  readonly writeMarker: string;
  /** Result: the global `marker`, null when there is none. */
  readonly readMarker: string;
  /**
   * Damages all it can reach: replaces standard functions, adds to shared
   * tables, classes or prototypes, adds to and replaces in the module `test`,
   * sets globals. The result is true.
   */
  readonly pollute: string;
  /** Result: an object that differs from a fresh guest's if anything of {@link pollute} is left. */
  readonly observe: string;

  // Determinism
  /** Some hundred thousand units of work over text, lists and functions; the result is an integer. */
  readonly work: string;

  // Modules: each calls `test.say_twice("ho")` in the way its name says, and returns what that gives: `"ho ho"`.
  readonly sayTwice: {
    /** By module and canonical name. */
    readonly canonical: string;
    /** In the language's own spelling, and in the other one (`sayTwice`, `say_twice`). */
    readonly camelCase: string;
    /** As a function of a namespace of older times: `say.twice`. */
    readonly nested: string;
    /** With letters as in an acronym: `SAYTwice`. */
    readonly acronym: string;
    /** By the function's alias `repeat_text`. */
    readonly alias: string;
    /** By the module's alias `testing`. */
    readonly moduleAlias: string;
    /** By the global `shout`. */
    readonly global: string;
    /** Through the root object `llmspell`. */
    readonly root: string;
    /** Through the language's import or require of `test`; null when it has none. */
    readonly imported: string | null;
  };
  /** Imports or requires a module that does not exist; null when the language has no import. */
  readonly importUnknown: string | null;
  /**
   * Modules of the host; null for a language without them. `value` is a module
   * with a function `value` that returns 1, `changed` the same with 2, `broken`
   * does not compile. `use` returns what `value()` of the module `counted`
   * returns, and keeps the module in a variable; `again` the same from that variable.
   */
  readonly hostModule: {
    readonly value: string;
    readonly changed: string;
    readonly broken: string;
    readonly use: string;
    readonly again: string;
  } | null;
  /** Result: what the method `label` of `test.open("box")` gives. */
  readonly callMethod: string;
  /** Result: `test.describe` of a value made to look like a handle of kind `box` and id 1. */
  readonly forgeHandle: string;

  // Callbacks
  /** Gives `test.keep` a function that adds its argument to a sum it remembers and returns the sum. */
  readonly keepAdder: string;
  /** Result: `test.apply(f, 21)`, where `f` doubles its argument. */
  readonly applyDouble: string;
  /** Result: the code of the error caught around `test.apply(f, 1)`, where `f` waits for `test.wait("a")`. */
  readonly waitInApply: string;
  /** Result: the message of the error caught around `test.apply(f, 1)`, where `f` raises `inside`. */
  readonly throwInApply: string;

  // Weak references
  /** Makes the globals `f` and `g`, functions that add 1 and 2 to their argument. Result: both in a list. */
  readonly makeTwoFunctions: string;
  /** Gives up the global `f`, and collects what nobody needs any more. */
  readonly dropF: string;
  /** Collects what nobody needs any more. */
  readonly collect: string;
  /** Makes the global list `seen`; puts the place, from 1, of each weak handle in the global list `refs` into it when it is gone. */
  readonly watchRefs: string;
  /** The first of the global list `refs` is gone: `seen` becomes `gone` in what waits for its end. Waits for the end of the second, and gives that up. */
  readonly watchGoneAndStop: string;

  // Debugging
  /**
   * Line 1 begins a function `twice(n)`, line 2 sets its local `result` to `n * 2`,
   * line 3 returns it. Line 5 sets the local `total` to `twice(10)`, line 6 adds 1 to
   * it, line 7 gives it as the result: 21.
   */
  readonly stepThrough: string;
  /** An expression that is well formed and fails anywhere. */
  readonly failingExpression: string;
  /** Calls a function `hot` that does nearly all the work: at least a hundred thousand units of it. */
  readonly hotFunction: string;
}
