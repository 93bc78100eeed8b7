import { afterAll, describe, expect, it } from "vitest";
import type { FunctionRef, Guest, ScriptValue } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";
import { SpellError } from "@llmspell/errors";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

/** Lets others have their turn between time slices. */
class Pausing extends TestHost {
  pause = (resume: () => void): void => void setImmediate(resume);
}

async function withGuest<T>(
  body: (guest: Guest, host: TestHost) => Promise<T>,
  host: TestHost = new TestHost(),
): Promise<T> {
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: { fuel: 100_000_000, timeMs: 20_000 } });
  try {
    return await body(guest, host);
  } finally {
    guest[Symbol.dispose]();
  }
}

/** Runs a spell; gives its result and the waits of the host that were aborted. */
const cast = (source: string): Promise<{ value: ScriptValue; aborted: string[]; pending: number }> =>
  withGuest(async (guest, host) => {
    const value = await guest.run(source, { name: "spell.lua" }).result();
    return { value, aborted: [...host.aborted.keys()], pending: guest.usage.pendingCalls };
  });

const SOURCE = "local source = promise.cancel_token() local token = source.token ";
const LATER = `${SOURCE} spawn(function() promise.yield() source.cancel("enough") end) `;
const CODE = "return e.code .. ': ' .. e.message";
const ENOUGH = "CANCELLED: the operation was cancelled: enough";

describe("a token as opts.cancel", () => {
  it.each([
    ["a call of the host", 'local _, e = pcall(test.wait, "a", { cancel = token })', ["a"]],
    [
      "a call of the host in a coroutine",
      'local _, e = coroutine.resume(coroutine.create(test.wait), "a", { cancel = token })',
      ["a"],
    ],
    ["a twin", 'local _, e = pcall(await, test.wait_async("a", { cancel = token }))', ["a"]],
    ["an await", 'local p = test.wait_async("a") local _, e = pcall(await, p, { cancel = token }) p:cancel()', ["a"]],
    ["a send", "local _, e = pcall(promise.channel_send, promise.channel(), 1, { cancel = token })", []],
    [
      "a receive",
      "local _, e = pcall(promise.channel_receive, promise.channel(), { cancel = token, timeout = 60000 })",
      [],
    ],
    ["a select", "local _, e = pcall(promise.select, { { channel = promise.channel() } }, { cancel = token })", []],
    ["a sleep", "local _, e = pcall(sleep, 60000, { cancel = token })", []],
  ])("ends %s", async (_, wait, aborted) => {
    expect(await cast(`${LATER} ${wait} ${CODE}`)).toEqual({ value: ENOUGH, aborted, pending: 0 });
  });

  it.each([
    ["a call of the host", 'local _, e = pcall(test.wait, "a", { cancel = token })'],
    ["a call that does not wait", "local _, e = pcall(test.echo, 1, { cancel = token })"],
    ["a twin", 'local _, e = pcall(await, test.wait_async("a", { cancel = token }))'],
    ["an await, also of what is there", "local _, e = pcall(await, promise.resolve(1), { cancel = token })"],
    [
      "a receive, also of what is there",
      "local ch = promise.channel(1) ch:send(1) local _, e = pcall(ch.receive, ch, { cancel = token })",
    ],
  ])("that is cancelled already keeps %s from starting", async (_, wait) => {
    await withGuest(async (guest, host) => {
      const calls = host.calls;
      expect(await guest.run(`${SOURCE} source.cancel("enough") ${wait} ${CODE}`).result()).toBe(ENOUGH);
      expect(host.calls).toBe(calls);
    });
  });

  it("is no argument of the host's function", async () => {
    const seen: ScriptValue[] = [];
    const guest = engine.createGuest({
      bindings: PROMISE_BINDINGS,
      host: { call: (_, args) => void seen.push(args as ScriptValue[]) },
    });
    await guest
      .run(
        `${SOURCE} test.echo(1, { cancel = token }) test.echo({ cancel = token, a = 1 }, 2) test.echo({ cancel = token }, 3)`,
      )
      .result();
    expect(seen).toEqual([[1], [{ a: 1 }, 2], [{}, 3]]);
    guest[Symbol.dispose]();
  });

  it("elsewhere in a value is refused", async () => {
    for (const value of [
      "token",
      "{ a = { cancel = token } }",
      "{ { cancel = token } }",
      "{ cancel = promise.resolve(1) }",
    ]) {
      await expect(cast(`${SOURCE} test.echo(${value})`)).rejects.toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringMatching(/is a (CancelToken|Promise), which cannot leave the spell/) as string,
      });
    }
  });

  it("that is not used any more keeps nothing", async () => {
    const { value } = await cast(`${SOURCE}
      local parent = source
      local function use(n) for i = 1, n do
        local child = promise.cancel_token(token)
        await(spawn(function() promise.yield() end), { cancel = child.token })
        child.token:on_cancel(print)()
      end end
      use(100) collectgarbage() collectgarbage()
      local before = collectgarbage("count")
      use(20000) collectgarbage() collectgarbage()
      return collectgarbage("count") - before < 16`);
    expect(value).toBe(true);
  });

  it("does not disturb a wait that has ended", async () => {
    expect(
      (
        await cast(
          `${SOURCE} local v = await(spawn(function() return 1 end), { cancel = token }) source.cancel() return { v, await(2) }`,
        )
      ).value,
    ).toEqual([1, 2]);
  });
});

describe("tokens", () => {
  it.each([
    [
      "say whether they are cancelled",
      "local before = token:cancelled() local first, second = source.cancel(), source:cancel() return { before, token:cancelled(), first, second }",
      [false, true, true, false],
    ],
    [
      "keep their reason",
      "source:cancel('why') return { token:reason().message, token:reason().code }",
      ["the operation was cancelled: why", "CANCELLED"],
    ],
    ["have none before", "return token:reason() == nil", true],
    [
      "check raises",
      "token:check() source.cancel('enough') local ok, e = pcall(token.check, token) return e.message",
      "the operation was cancelled: enough",
    ],
    [
      "call back in a task",
      "local got token:on_cancel(function(e) got = e.code end) source.cancel() promise.yield() return got",
      "CANCELLED",
    ],
    [
      "call back in order",
      "local log = {} for i = 1, 3 do token:on_cancel(function() log[i] = #log + 1 end) end source.cancel() promise.yield() return log",
      [1, 2, 3],
    ],
    [
      "call back at once when it has happened",
      "source.cancel() local got token:on_cancel(function() got = true end) promise.yield() return got",
      true,
    ],
    [
      "do not call back what was taken off",
      "local got local off = token:on_cancel(function() got = true end) off() off() source.cancel() promise.yield() return got == nil",
      true,
    ],
    [
      "print",
      "local before = tostring(token) source.cancel() return { before, tostring(token) }",
      ["cancel token: active", "cancel token: cancelled"],
    ],
    ["compare", "return { token == token, token == promise.cancel_token().token }", [true, false]],
    [
      "linked to a parent are cancelled with it",
      "local child = promise.cancel_token(token) local grand = promise.cancel_token(child.token) source.cancel('top') return { child.token:cancelled(), grand.token:reason().message }",
      [true, "the operation was cancelled: top"],
    ],
    [
      "linked to several are cancelled with any",
      "local other = promise.cancel_token() local child = promise.cancel_token(token, other.token) other.cancel() return { child.token:cancelled(), token:cancelled() }",
      [true, false],
    ],
    ["do not cancel their parents", "promise.cancel_token(token).cancel() return token:cancelled()", false],
    [
      "linked ones call back",
      "local got local child = promise.cancel_token(token) child.token:on_cancel(function(e) got = e.message end) child = nil collectgarbage() source.cancel('top') promise.yield() return got",
      "the operation was cancelled: top",
    ],
  ])("%s", async (_, source, expected) => {
    expect((await cast(SOURCE + source)).value).toEqual(expected);
  });

  it("a callback that fails fails the run, and the others still run", async () => {
    await withGuest(async (guest, host) => {
      const task = guest.run(
        `${SOURCE} token:on_cancel(function() error("bad", 0) end) token:on_cancel(function() test.report("second") end) source.cancel()`,
      );
      await expect(task.result()).rejects.toMatchObject({ message: "bad" });
      expect(host.reports).toEqual(["second"]);
    });
  });

  it.each([
    ["promise.cancel_token(1)", "cancel_token: argument 1 must be a cancel token, not number"],
    ["promise.cancel_token().token.on_cancel(1)", "argument 1 must be a cancel token"],
    ["promise.cancel_token().token:on_cancel(1)", "argument 1 must be a function"],
    ["await(1, { cancel = {} })", "await: cancel must be a cancel token, not table"],
  ])("%s is refused", async (source, message) => {
    await expect(cast(source)).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message) as string,
    });
  });
});

describe("a cancelled task", () => {
  it.each([
    [
      "gets the error in the call it waits for",
      'local got local p = spawn(function() local ok, e = pcall(test.wait, "a") got = e.code end) promise.yield() p:cancel() promise.yield() return got',
      "CANCELLED",
    ],
    [
      "gets it in the channel it waits on",
      "local got local p = spawn(function() local ok, e = pcall(function() promise.channel():receive() end) got = e.code end) promise.yield() p:cancel() promise.yield() return got",
      "CANCELLED",
    ],
    [
      "gets it in every later wait",
      "local log = {} local p = spawn(function() for i = 1, 3 do local ok, e = pcall(promise.yield) log[i] = ok and 'ok' or e.code end end) promise.yield() p:cancel() promise.yield() promise.yield() return log",
      ["CANCELLED", "CANCELLED", "CANCELLED"],
    ],
    [
      "runs its <close> variables, in coroutines too",
      'local log = {} local function c(n) return setmetatable({}, { __close = function() log[#log + 1] = n end }) end local p = spawn(function() local a <close> = c("task") coroutine.wrap(function() local b <close> = c("coroutine") test.wait("a") end)() end) promise.yield() p:cancel() promise.yield() return log',
      ["coroutine", "task"],
    ],
    [
      "that has not begun never does",
      "local ran local p = spawn(function() ran = true end) p:cancel() promise.yield() return ran == nil",
      true,
    ],
    [
      "that only computes ends with its time slice",
      "local n = 0 local p = spawn(function() while true do n = n + 1 end end) promise.yield() p:cancel() return n > 0",
      true,
    ],
    [
      "is cancelled for whoever awaits it",
      "local p = spawn(function() sleep(60000) end) local w = spawn(function() local ok, e = pcall(await, p) return e.code end) promise.yield() p:cancel() return await(w)",
      "CANCELLED",
    ],
    [
      "may cancel itself",
      "local p p = spawn(function() p:cancel('me') local ok, e = pcall(sleep, 1) return e.message end) promise.yield() return p:status()",
      "cancelled",
    ],
  ])("%s", async (_, source, expected) => {
    const { value, pending } = await cast(source);
    expect({ value, pending }).toEqual({ value: expected, pending: 0 });
  });

  it("has its operation aborted", async () => {
    const { aborted } = await cast('local p = spawn(function() test.wait("a") end) promise.yield() p:cancel()');
    expect(aborted).toEqual(["a"]);
  });
});

describe("closing a coroutine that waits", () => {
  it("aborts the host's work and wakes who resumed it at once", async () => {
    expect(
      await cast(`
      local log = {}
      local co = coroutine.create(function()
        local c <close> = setmetatable({}, { __close = function() log[1] = "closed" end })
        test.wait("a")
      end)
      local owner = spawn(function() return select(2, coroutine.resume(co)) end)
      promise.yield()
      log[2] = coroutine.close(co)
      log[3] = await(owner)
      return log`),
    ).toEqual({ value: ["closed", true, "cannot resume dead coroutine"], aborted: ["a"], pending: 0 });
  });

  it("takes it out of the channel it waits on", async () => {
    expect(
      (
        await cast(`
      local ch = promise.channel()
      local co = coroutine.create(function() ch:receive() end)
      local owner = spawn(function() return (coroutine.resume(co)) end)
      promise.yield()
      coroutine.close(co)
      local other = spawn(function() return (ch:receive()) end)
      promise.yield()
      ch:send(1)
      return { await(owner), await(other) }`)
      ).value,
    ).toEqual([false, 1]);
  });

  it("in the middle of others ends the wait of the innermost", async () => {
    expect(
      await cast(`
      local inner = coroutine.create(function() test.wait("a") end)
      local outer = coroutine.create(function() return coroutine.resume(inner) end)
      local owner = spawn(function() return (coroutine.resume(outer)) end)
      promise.yield()
      local closed = coroutine.close(outer)
      local ok, e = coroutine.resume(inner)
      return { closed, await(owner), ok, e.code, coroutine.close(inner) }`),
    ).toEqual({ value: [true, false, false, "INVALID_STATE", true], aborted: ["a"], pending: 0 });
  });

  it("is refused for the coroutine of a task", async () => {
    await expect(
      cast("local co spawn(function() co = coroutine.running() sleep(1) end) promise.yield() coroutine.close(co)"),
    ).rejects.toMatchObject({
      code: "INVALID_STATE",
      message: expect.stringContaining("promise.cancel ends a task") as string,
    });
  });

  it("keeps Lua's own rules", async () => {
    expect(
      (
        await cast(`
      local co = coroutine.create(function() local c <close> = setmetatable({}, { __close = function() error("in close", 0) end }) coroutine.yield() end)
      coroutine.resume(co)
      local ok, e = coroutine.close(co)
      return { ok, e, coroutine.close(coroutine.create(print)), select(2, pcall(coroutine.close, 1)), (select(2, pcall(coroutine.close, coroutine.running()))) }`)
      ).value,
    ).toEqual([
      false,
      "in close",
      true,
      "bad argument #1 to 'close' (coroutine expected, got number)",
      "cannot close a running coroutine",
    ]);
  });
});

describe("a call that the host cancels", () => {
  it.each([
    ["waits for the host", 'test.wait("a")'],
    ["sleeps", "sleep(60000)"],
    ["waits for a channel", "promise.channel():receive()"],
    ["waits in a coroutine", 'coroutine.wrap(function() test.wait("a") end)()'],
    ["computes", "while true do end"],
    ["computes and catches", "while true do pcall(function() while true do end end) end"],
    ["catches every error", "while true do pcall(sleep, 60000) end"],
  ])("is closed when it %s", async (_, body) => {
    await withGuest(async (guest, host) => {
      const source = `closed = false test.keep(function()
        local guard <close> = setmetatable({}, { __close = function() closed = true end })
        ${body}
      end)`;
      await guest.run(source).result();
      const other = guest.run('return test.wait("other")');
      const controller = new AbortController();
      const task = guest.call(host.kept[0] as FunctionRef, [], { signal: controller.signal });
      setImmediate(() => controller.abort(new SpellError("TIMEOUT", "too late")));
      await expect(task.result()).rejects.toMatchObject({ code: "TIMEOUT", message: "too late" });
      expect([guest.getGlobal("closed"), guest.usage.pendingCalls]).toEqual([true, 1]);
      host.resolve("other", 42);
      expect(await other.result()).toBe(42);
    }, new Pausing());
  });

  it("is cancelled when the turn is over, if that is from inside of its own call of the host", async () => {
    await withGuest(async (guest, host) => {
      await guest.run('test.keep(function() test.echo(1) test.wait("a") end)').result();
      const controller = new AbortController();
      host.onCall = () => controller.abort();
      const task = guest.call(host.kept[0] as FunctionRef, [], { signal: controller.signal });
      await expect(task.result()).rejects.toMatchObject({ code: "CANCELLED" });
    });
  });
});
