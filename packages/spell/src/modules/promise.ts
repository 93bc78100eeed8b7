import { awaitable, defineModule, guestFunction } from "../door/module.js";
import { t } from "../door/types.js";
import { SpellError, onAbort } from "@llmspell/errors";

const MAX_TIMER_MS = 2_147_483_647;

const promise = { promise: t.any };
const promises = { promises: t.list(t.any) };
const channel = { channel: t.any };
/** Milliseconds, or `{ timeout?, cancel? }`. */
const options = {
  options: t.optional(t.union(t.duration, t.object({ timeout: t.optional(t.duration), cancel: t.optional(t.any) }))),
};

const send = guestFunction({
  doc: "Sends a value; waits while the channel is full.",
  params: { ...channel, value: t.any, ...options },
  result: "boolean",
  awaitable: true,
  example: "local ch = promise.channel(1) return promise.channel_send(ch, 7)",
});
const receive = guestFunction({
  doc: "Receives the oldest value and true; waits while there is none. After the close and the last value: nil and false.",
  params: { ...channel, ...options },
  result: "value, boolean",
  awaitable: true,
  example: "local ch = promise.channel(1) ch:send(7) return promise.channel_receive(ch)",
});
const close = guestFunction({
  doc: "Ends a channel: receivers get what is left, senders an error; INVALID_STATE when it has been closed.",
  params: channel,
  example: "local ch = promise.channel() promise.channel_close(ch) return ch:closed()",
});

/** Promises, tasks, channels and waiting. All but `sleep` live in the guest: waiting is the language's own business. */
export const promiseModule = defineModule({
  name: "promise",
  doc: "Promises, tasks, channels and waiting.",
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
      params: { executor: t.fn },
      result: "Promise",
      example: "return await(promise.new(function(resolve) resolve(7) end))",
    }),
    resolve: guestFunction({
      doc: "A fulfilled promise; a promise given to it is returned.",
      params: { value: t.optional(t.any) },
      result: "Promise",
      example: "return promise.resolve(7):await()",
    }),
    reject: guestFunction({
      doc: "A rejected promise.",
      params: { error: t.any },
      result: "Promise",
      example: 'return await(promise.reject("no"):catch(function(e) return e end))',
    }),
    all: guestFunction({
      doc: "Fulfilled with every result, in order; rejected with the first rejection.",
      params: promises,
      result: "Promise",
      example: "return await(promise.all({ promise.resolve(1), 2 }))",
    }),
    all_settled: guestFunction({
      doc: "Fulfilled, when every promise has settled, with {status, value?, error?} of each, in order.",
      params: promises,
      result: "Promise",
      example: 'return await(promise.all_settled({ 1, promise.reject("no") }))[2].error',
    }),
    any: guestFunction({
      doc: "Fulfilled as the first that is fulfilled; rejected with AGGREGATE when none is.",
      params: promises,
      result: "Promise",
      example: 'return await(promise.any({ promise.reject("no"), 2 }))',
    }),
    race: guestFunction({
      doc: "Settles as the first of the promises does.",
      params: promises,
      result: "Promise",
      example: "return await(promise.race({ promise.sleep_async(20), 2 }))",
    }),
    and_then: guestFunction({
      doc: "Calls back with the result, or the error, after the current turn.",
      params: { ...promise, on_ok: t.optional(t.fn), on_err: t.optional(t.fn) },
      result: "Promise",
      aliases: ["then"],
      example: "return await(promise.and_then(promise.resolve(1), function(v) return v + 1 end))",
    }),
    catch: guestFunction({
      doc: "Calls back with the error of a rejection.",
      params: { ...promise, on_err: t.fn },
      result: "Promise",
      example: 'return await(promise.catch(promise.reject("no"), function(e) return e end))',
    }),
    finally: guestFunction({
      doc: "Calls back on both outcomes and passes the outcome on.",
      params: { ...promise, fn: t.fn },
      result: "Promise",
      example: "return await(promise.finally(promise.resolve(1), function() end))",
    }),
    cancel: guestFunction({
      doc: "Rejects with CANCELLED and ends what is behind the promise: the host operation, or the task in the wait it is in.",
      params: { ...promise, reason: t.optional(t.string) },
      result: "boolean",
      example: "local p = promise.sleep_async(60000) return promise.cancel(p)",
    }),
    status: guestFunction({
      doc: '"pending", "fulfilled", "rejected" or "cancelled".',
      params: promise,
      result: "string",
      example: "return promise.status(promise.resolve(1))",
    }),
    async: guestFunction({
      doc: "Wraps a function: calling the wrapper starts a task and returns its promise. As a statement, starts the function at once.",
      params: { fn: t.fn },
      result: "function",
      example: "local double = async(function(n) return n * 2 end) return await(double(2))",
    }),
    await: guestFunction({
      doc: "Waits for a promise, an async function or a function; other values are returned as they are.",
      params: { promise: t.any, ...options },
      result: "any",
      awaitable: true,
      example: "return await(function() return 7 end, { timeout = 500 })",
    }),
    spawn: guestFunction({
      doc: "Starts a task with the given arguments.",
      params: { fn: t.fn },
      result: "Promise",
      example: "return await(spawn(function(n) return n + 1 end, 1))",
    }),
    yield: guestFunction({
      doc: "Gives other tasks a turn.",
      params: { value: t.optional(t.any) },
      result: "any",
      awaitable: true,
      example: "return promise.yield(7)",
    }),
    sleep: awaitable({
      doc: "Waits without keeping other tasks from running.",
      params: { duration: t.duration },
      example: 'sleep("10ms")',
      call: (_, { duration }, signal) =>
        new Promise((resolve, reject) => {
          if (duration > MAX_TIMER_MS)
            throw new SpellError("INVALID_ARGUMENT", "sleep: duration must be less than 25 days");
          const timer = setTimeout(() => resolve(undefined), duration);
          onAbort(signal, () => {
            clearTimeout(timer);
            reject(signal.reason as Error);
          });
        }),
    }),
    channel: guestFunction({
      doc: "A channel between tasks that holds `capacity` values; with 0 each send waits for its receive.",
      params: { capacity: t.optional(t.integer(0)) },
      result: "Channel",
      example:
        "local ch = promise.channel() spawn(function() ch:send(1) ch:send(2) ch:close() end) local n = 0 for v in ch:iter() do n = n + v end return n",
    }),
    channel_send: send,
    channel_receive: receive,
    channel_close: close,
    select: guestFunction({
      doc: "Waits for the first of several sends and receives that is ready; TIMEOUT when none is in time.",
      params: { cases: t.list(t.object({ channel: t.any, send: t.optional(t.any) })), ...options },
      result: "{index: integer, value?: any, ok: boolean}",
      awaitable: true,
      example:
        "local a, b = promise.channel(), promise.channel(1) return promise.select({ { channel = a }, { channel = b, send = 7 } }).index",
    }),
    cancel_token: guestFunction({
      doc: "A token for the option `cancel` of everything that waits, and the function that cancels it; linked to other tokens, it is cancelled with them.",
      params: { parents: t.optional(t.any) },
      result: "{token: CancelToken, cancel: function}",
      example:
        'local source = promise.cancel_token() source.cancel("enough") local _, e = pcall(sleep, "1h", { cancel = source.token }) return e.code',
    }),
  },
  methods: {
    Channel: {
      send,
      receive,
      close,
      iter: guestFunction({ doc: "Iterates over what is received until the channel ends.", result: "function" }),
      closed: guestFunction({ doc: "Whether the channel was closed.", result: "boolean" }),
      capacity: guestFunction({ doc: "How many values it holds.", result: "integer" }),
    },
    CancelToken: {
      cancelled: guestFunction({ doc: "Whether it, or one that it is linked to, was cancelled.", result: "boolean" }),
      reason: guestFunction({ doc: "The error that whoever waits with it gets.", result: "error" }),
      check: guestFunction({ doc: "Raises that error once it is cancelled." }),
      on_cancel: guestFunction({
        doc: "Calls back with that error in a task of its own; returns a function that ends this.",
        params: { fn: t.fn },
        result: "function",
      }),
    },
  },
});
