import { dump, sameData } from "@llmspell/core";
import type { ScriptValue } from "@llmspell/engine";
import { SpellError, toSpellError } from "@llmspell/errors";
import { awaitable, sync, type FunctionDeclaration } from "../../door/module.js";
import { t } from "../../door/types.js";
import { nameOfValue } from "../shapes.js";
import { loadedTesting } from "../../run/tests.js";

const LONGEST = 300;
const message = { message: t.optional(t.string) };

const show = (value: ScriptValue): string => dump(value, { inLine: true, maxLength: LONGEST, nameOf: nameOfValue });

function failed(said: string | undefined, why: string): SpellError {
  return new SpellError("ASSERTION_FAILED", said === undefined ? why : `${said}: ${why}`);
}

function claim(holds: boolean, said: string | undefined, why: () => string): undefined {
  if (!holds) throw failed(said, why());
}

/** An assertion on one value. */
function about(
  doc: string,
  wanted: string,
  holds: (value: ScriptValue) => boolean,
  example: string,
): FunctionDeclaration {
  return sync({
    doc,
    params: { value: t.any, ...message },
    example,
    call: (_, { value, message: said }) => claim(holds(value), said, () => `expected ${wanted}, got ${show(value)}`),
  });
}

/** What is different, with a drawing where tests run. */
function difference(actual: ScriptValue, expected: ScriptValue): string {
  const testing = loadedTesting();
  const explained = testing?.explainMisfit(actual, testing.equals(expected));
  return explained ?? `expected ${show(expected)}, got ${show(actual)}`;
}

function contains(haystack: ScriptValue, needle: ScriptValue): boolean {
  if (typeof haystack === "string") return typeof needle === "string" && haystack.includes(needle);
  if (Array.isArray(haystack)) return haystack.some((item) => sameData(item, needle));
  return (
    typeof haystack === "object" && haystack !== null && typeof needle === "string" && Object.hasOwn(haystack, needle)
  );
}

/** Whether an error is the one that was expected: by its code, or a part of its message. */
function isExpected(error: SpellError, expected: string): boolean {
  const { code, value } = error.details as { code?: unknown; value?: { code?: unknown } | null };
  return [error.code, code, value?.code].includes(expected) || error.message.includes(expected);
}

export const assertions = {
  assert: about(
    "Fails when the value is false or nothing.",
    "something that holds",
    (value) => value !== false && value !== null,
    'test.assert(1 < 2, "order")',
  ),
  assert_true: about("Fails unless the value is true.", "true", (value) => value === true, "test.assert_true(1 < 2)"),
  assert_false: about(
    "Fails unless the value is false.",
    "false",
    (value) => value === false,
    "test.assert_false(2 < 1)",
  ),
  assert_nil: about("Fails unless the value is nothing.", "nothing", (value) => value === null, "test.assert_nil(nil)"),
  assert_not_nil: about(
    "Fails when the value is nothing.",
    "something",
    (value) => value !== null,
    "test.assert_not_nil(0)",
  ),
  assert_equals: sync({
    doc: "Fails unless both values are the same in all that they hold; says what is different.",
    params: { actual: t.any, expected: t.any, ...message },
    aliases: ["assert_eq"],
    example: "test.assert_equals({ 1, { a = 2 } }, { 1, { a = 2 } })",
    call: (_, { actual, expected, message: said }) =>
      claim(sameData(actual, expected), said, () => difference(actual, expected)),
  }),
  assert_not_equals: sync({
    doc: "Fails when both values are the same in all that they hold.",
    params: { actual: t.any, expected: t.any, ...message },
    aliases: ["assert_ne"],
    example: "test.assert_not_equals({ 1 }, { 2 })",
    call: (_, { actual, expected, message: said }) =>
      claim(!sameData(actual, expected), said, () => `expected anything but ${show(expected)}`),
  }),
  assert_contains: sync({
    doc: "Fails unless a text has the part, a list the item, or a table the key.",
    params: { haystack: t.any, needle: t.any, ...message },
    example: 'test.assert_contains("a cat", "cat")',
    call: (_, { haystack, needle, message: said }) =>
      claim(contains(haystack, needle), said, () => `expected ${show(haystack)} to contain ${show(needle)}`),
  }),
  assert_error: awaitable({
    doc: "Fails unless the function does, with an error of this code or with this part in its message; returns the error.",
    params: { fn: t.fn, expected: t.optional(t.string) },
    result: "error",
    aliases: ["assert_throws"],
    example: 'return test.assert_error(function() error("no such city") end, "city").message',
    async call(run, { fn, expected }) {
      const thrown = await run.tellGuest(fn, []).then(
        () => undefined,
        (error: unknown) => toSpellError(error),
      );
      if (thrown === undefined) throw failed(undefined, "expected an error, there was none");
      if (expected !== undefined && !isExpected(thrown, expected))
        throw failed(undefined, `expected an error with '${expected}', got ${thrown.code}: ${thrown.message}`);
      return thrown;
    },
  }),
  assert_no_error: awaitable({
    doc: "Fails when the function does; returns its result.",
    params: { fn: t.fn, ...message },
    result: "any",
    aliases: ["assert_no_throw"],
    example: "return test.assert_no_error(function() return 7 end)",
    async call(run, { fn, message: said }) {
      try {
        return await run.callGuest(fn, []);
      } catch (error) {
        const { code, message: problem } = toSpellError(error);
        throw failed(said, `expected no error, got ${code}: ${problem}`);
      }
    },
  }),
  fail: sync({
    doc: "Fails.",
    params: message,
    example: 'return test.assert_error(function() test.fail("not yet") end).message',
    call(_, { message: said = "the test fails" }) {
      throw new SpellError("ASSERTION_FAILED", said);
    },
  }),
};
