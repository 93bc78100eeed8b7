import { isDeepStrictEqual } from "node:util";
import { DEFAULT_LIMITS } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import type { Value } from "./abi.js";
import { Building } from "./building.js";
import { CallStack, type CalledFunction } from "./debug/call-stack.js";
import type { JsInstance } from "./instance.js";
import { CODE_CLASSES, JsContext, Tag } from "./layout.js";
import { CallKind } from "./ops.js";
import { UNUSUAL, ValueReader, type ReaderImage } from "./read-values.js";
import { ValueWriter } from "./write-values.js";

/** Where in an image the host reads. */
export interface Layout extends ReaderImage {
  /** What functions of the host are made with. */
  readonly trampoline: number;
  /** Address of the word that holds how many bytes are allocated. */
  readonly heapBytes: number;
}

const SOURCE_NAME = "[llmspell layout]";
const PROBE_SIZE = 1_000;
const TURNS = 50;

const PARTS = Array.from({ length: 30 }, (_, i) => `part ${i}`).join("");

/** Something of every kind that crosses as it lies in memory, with what it is to the host. */
const PLAIN: readonly (readonly [source: string, value: unknown])[] = [
  ["[0, -1, 2 ** 31 - 1, -(2 ** 31)]", [0, -1, 2 ** 31 - 1, -(2 ** 31)]],
  ["[2 ** 31, -0, 0.1, NaN, 1 / 0, -1 / 0]", [2 ** 31, -0, 0.1, NaN, Infinity, -Infinity]],
  ["[true, false, null]", [true, false, null]],
  ["undefined", null],
  ["-5n", -5n],
  ['["", "plain", "caf\\xe9", "\\u2028\\ud83d\\ude00", "\\ud800"]', ["", "plain", "café", "\u2028😀", "\ud800"]],
  ['"x".repeat(20000).slice(1, 19000)', "x".repeat(18_999)],
  [
    '(() => { let s = ""; for (let i = 0; i < 30; i++) s += "part " + i; return s + s.repeat(400) + "." })()',
    `${PARTS}${PARTS.repeat(400)}.`,
  ],
  ["({ a: 1, long_name: { b: [[], {}] }, 7: 2, '-1': 3 })", { a: 1, long_name: { b: [[], {}] }, 7: 2, "-1": 3 }],
  ["({ a: 1, [Symbol.iterator]: 4, u: undefined })", { a: 1 }],
  ["(() => { const o = { a: 1, b: 2, c: 3 }; delete o.b; return Object.freeze(o) })()", { a: 1, c: 3 }],
  ['Object.defineProperty({ a: 1 }, "hidden", { value: 2 })', { a: 1 }],
  ["({ __proto__: null, a: 1 })", { a: 1 }],
];

/** What is left to the guest library. */
const UNUSUAL_SOURCES: readonly string[] = [
  "({ get a() { return 1 } })",
  "new Proxy({}, {})",
  "new Proxy([], {})",
  "[1, , 2]",
  "Object.assign([1], { length: 2 })",
  "new (class {})()",
  "Object.create({})",
  "() => 1",
  "Math.max",
  "Symbol()",
  "2n ** 40n",
  "new Uint8Array(1)",
  "new Map()",
  "new String('x')",
  "(function () { return arguments })(1)",
  `JSON.parse('{ "__proto__": 1 }')`,
  "(() => { const o = {}; o.o = o; return o })()",
];

/**
 * Checks that what the host reads in memory lies where `layout.ts` says: this build
 * may be another one than that was written for. Leaves an instance that must be reset.
 *
 * @throws SpellError `UNSUPPORTED`
 */
export function checkLayout(js: JsInstance, layout: Layout): void {
  js.port = new Building();
  checkHeap(js, layout.heapBytes);
  checkPolls(js);
  checkCalls(js, layout.trampoline);
  const handles = { get: () => misfit("objects") };
  const reader = new ValueReader(js, layout, DEFAULT_LIMITS, handles);
  for (const [source, expected] of PLAIN) {
    const value = evaluated(js, source);
    if (!isDeepStrictEqual(reader.read(value), expected)) misfit(`what ${source} gives`);
    js.free(value);
    checkWritten(js, reader, expected);
  }
  for (const source of UNUSUAL_SOURCES) {
    const value = evaluated(js, source);
    if (reader.read(value) !== UNUSUAL) misfit(`what ${source} gives`);
    js.free(value);
  }
  js.port = undefined;
}

function checkWritten(js: JsInstance, reader: ValueReader, value: unknown): void {
  const cell = js.newCell();
  const isWritten = new ValueWriter(js, DEFAULT_LIMITS).write(value, cell);
  if (isWritten && !isDeepStrictEqual(reader.read(cell), value)) misfit("values that are written");
  js.free(cell);
}

/** The word counts text that is allocated, and that it is freed. */
function checkHeap(js: JsInstance, heapBytes: number): void {
  const before = js.word(heapBytes);
  const text = js.newString("x".repeat(PROBE_SIZE));
  const taken = js.word(heapBytes) - before;
  js.free(text);
  if (taken < PROBE_SIZE || taken > PROBE_SIZE * 2 || js.word(heapBytes) !== before) misfit("its memory");
}

/** Each turn of a loop counts down to when QuickJS asks whether to go on. */
function checkPolls(js: JsInstance): void {
  const counter = js.ex.qjs_get_context_ptr() + JsContext.interruptCounter;
  const left = (): number => js.word(counter);
  const before = left();
  js.free(evaluated(js, `for (let i = 0; i < ${TURNS}; i++);`));
  const turns = before - left();
  if (turns < TURNS || turns > 10 * TURNS) misfit("its context");
}

const CALLS = "(seen) => {\n  const inner = () => seen()\n  inner()\n}";

/** Notes the calls under way when the host is called. */
class CallNote extends Building {
  readonly #js: JsInstance;
  seen: readonly CalledFunction[] = [];

  constructor(js: JsInstance) {
    super();
    this.#js = js;
  }

  override hostCall(): number {
    const stack = new CallStack(this.#js);
    this.seen = stack.functions(3).map((fn) => stack.describe(fn));
    this.#js.setValue(this.#js.answer, 0, Tag.undefined);
    return this.#js.answer;
  }
}

function checkCalls(js: JsInstance, trampoline: number): void {
  const note = new CallNote(js);
  js.port = note;
  const probe = evaluated(js, CALLS);
  const host = js.newHostFunction(trampoline, CallKind.library, [], "seen");
  js.free(js.call(probe, host), probe, host);
  js.port = new Building();
  const expected: readonly CalledFunction[] = [
    { name: "seen", code: undefined },
    { name: "inner", code: { file: SOURCE_NAME, line: 2, column: 17 } },
    { name: "", code: { file: SOURCE_NAME, line: 1, column: 1 } },
  ];
  if (!isDeepStrictEqual(note.seen, expected)) misfit("its calls");
  const functions = "[function () {}, function* () {}, async () => {}, async function* () {}]";
  const value = evaluated(js, functions);
  const stack = new CallStack(js);
  for (let i = 0; i < CODE_CLASSES.length; i++) {
    const fn = js.property(value, String(i));
    if (stack.describe(js.pointerOf(fn)).code?.file !== SOURCE_NAME) misfit("its functions");
    js.free(fn);
  }
  js.free(value);
}

function evaluated(js: JsInstance, source: string): Value {
  const value = js.evaluate(source, SOURCE_NAME);
  return js.isException(value) ? misfit("its language") : value;
}

function misfit(what: string): never {
  throw new SpellError("UNSUPPORTED", `this build of QuickJS has another layout of ${what}`);
}
