import { awaitable, defineModule, guestFunction } from "../door/module.js";
import { t } from "../door/types.js";
import { SpellError } from "@llmspell/errors";

const MAX_TIMER_MS = 2_147_483_647;

const executor = { executor: t.fn };
const promise = { promise: t.any };

/** Promises and tasks. All but `sleep` live in the guest: waiting is the language's own business. */
export const promiseModule = defineModule({
  name: "promise",
  doc: "Promises, tasks and waiting.",
  aliases: ["async_lib"],
  globals: {
    Promise: "",
    async: "async",
    await: "await",
    sleep: "sleep",
    delay: "sleep",
    spawn: "spawn",
    yield: "yield",
    all: "all",
    race: "race",
  },
  functions: {
    new: guestFunction({
      doc: "A promise that the executor's resolve or reject settles, once.",
      params: executor,
      result: "Promise",
    }),
    resolve: guestFunction({
      doc: "A fulfilled promise; a promise given to it is returned.",
      params: { value: t.optional(t.any) },
      result: "Promise",
    }),
    reject: guestFunction({ doc: "A rejected promise.", params: { error: t.any }, result: "Promise" }),
    all: guestFunction({
      doc: "Fulfilled with every result, in order; rejected with the first rejection.",
      params: { promises: t.list(t.any) },
      result: "Promise",
    }),
    race: guestFunction({
      doc: "Settles as the first of the promises does.",
      params: { promises: t.list(t.any) },
      result: "Promise",
    }),
    and_then: guestFunction({
      doc: "Calls back with the result, or the error, after the current turn.",
      params: { ...promise, on_ok: t.optional(t.fn), on_err: t.optional(t.fn) },
      result: "Promise",
      aliases: ["then"],
    }),
    catch: guestFunction({
      doc: "Calls back with the error of a rejection.",
      params: { ...promise, on_err: t.fn },
      result: "Promise",
    }),
    finally: guestFunction({
      doc: "Calls back on both outcomes and passes the outcome on.",
      params: { ...promise, fn: t.fn },
      result: "Promise",
    }),
    cancel: guestFunction({
      doc: "Rejects with CANCELLED and aborts the host operation behind the promise.",
      params: { ...promise, reason: t.optional(t.string) },
      result: "boolean",
    }),
    status: guestFunction({
      doc: '"pending", "fulfilled", "rejected" or "cancelled".',
      params: promise,
      result: "string",
    }),
    async: guestFunction({
      doc: "Wraps a function: calling the wrapper starts a task and returns its promise. As a statement, starts the function at once.",
      params: { fn: t.fn },
      result: "function",
    }),
    await: guestFunction({
      doc: "Waits for a promise, an async function or a function; other values are returned as they are.",
      params: { promise: t.any, timeout: t.optional(t.duration) },
      result: "any",
    }),
    spawn: guestFunction({ doc: "Starts a task with the given arguments.", params: { fn: t.fn }, result: "Promise" }),
    yield: guestFunction({ doc: "Gives other tasks a turn.", params: { value: t.optional(t.any) }, result: "any" }),
    sleep: awaitable({
      doc: "Waits without keeping other tasks from running.",
      params: { duration: t.duration },
      example: 'sleep("10ms")',
      call: (_, { duration }, signal) =>
        new Promise((resolve, reject) => {
          if (duration > MAX_TIMER_MS)
            throw new SpellError("INVALID_ARGUMENT", "sleep: duration must be less than 25 days");
          const timer = setTimeout(() => resolve(undefined), duration);
          signal.addEventListener("abort", () => {
            clearTimeout(timer);
            reject(signal.reason as Error);
          });
        }),
    }),
  },
});
