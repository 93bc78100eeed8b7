import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Guest, ScriptValue } from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
afterAll(() => engine[Symbol.dispose]());

const LIMITS = { fuel: 200_000_000, timeMs: 60_000 };

async function withGuest<T>(body: (guest: Guest, host: TestHost) => Promise<T>): Promise<T> {
  const host = new TestHost();
  const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host, limits: LIMITS });
  try {
    return await body(guest, host);
  } finally {
    guest[Symbol.dispose]();
  }
}

const lua = (source: string): Promise<ScriptValue> =>
  withGuest((guest) => guest.run(source, { name: "spell.lua" }).result());

describe("channels", () => {
  it.each([
    [
      "a buffered one takes values without a receiver",
      "local ch = promise.channel(2) ch:send(1) ch:send(2) return #ch",
      2,
    ],
    [
      "values come out in order",
      "local ch = promise.channel(3) for i = 1, 3 do ch:send(i) end return { ch:receive(), ch:receive(), (ch:receive()) }",
      [1, 2, 3],
    ],
    ["send says that it did", "return promise.channel(1):send(1)", true],
    [
      "receive says that there was a value",
      "local ch = promise.channel(1) ch:send(false) return { ch:receive() }",
      [false, true],
    ],
    [
      "a rendezvous waits for the receiver",
      "local log, ch = {}, promise.channel() local p = spawn(function() ch:send(1) log[#log + 1] = 'sent' end) promise.yield() log[#log + 1] = 'receiving' ch:receive() await(p) return log",
      ["receiving", "sent"],
    ],
    [
      "a rendezvous waits for the sender",
      "local ch = promise.channel() local p = spawn(function() return (ch:receive()) end) promise.yield() ch:send(5) return await(p)",
      5,
    ],
    [
      "a full buffer holds the sender back",
      "local log, ch = {}, promise.channel(1) local p = spawn(function() for i = 1, 3 do ch:send(i) log[#log + 1] = i end end) promise.yield() promise.yield() local held = #log for _ = 1, 3 do ch:receive() end await(p) return { held, #log }",
      [1, 3],
    ],
    [
      "functions as methods",
      "local ch = promise.channel(1) promise.channel_send(ch, 7) local v = promise.channel_receive(ch) promise.channel_close(ch) return { v, ch:closed(), ch:capacity() }",
      [7, true, 1],
    ],
    [
      "any value passes as it is",
      "local t, ch = {}, promise.channel(2) ch:send(t) ch:send(print) return { ch:receive() == t, ch:receive() == print }",
      [true, true],
    ],
    [
      "iteration ends at the close",
      "local ch = promise.channel() spawn(function() for i = 1, 4 do ch:send(i) end ch:close() end) local t = {} for v in ch:iter() do t[#t + 1] = v end return t",
      [1, 2, 3, 4],
    ],
    [
      "the rest comes out after the close",
      "local ch = promise.channel(2) ch:send(1) ch:close() return { ch:receive(), select('#', ch:receive()), (select(2, ch:receive())) }",
      [1, 2, false],
    ],
    [
      "a close wakes receivers",
      "local ch = promise.channel() local p = spawn(function() return { ch:receive() }  end) promise.yield() ch:close() local r = await(p) return { r[1] == nil, r[2] }",
      [true, false],
    ],
    [
      "a channel prints",
      "local ch = promise.channel(4) ch:send(1) local s = tostring(ch) ch:close() return { s, tostring(ch) }",
      ["channel: 1 (1 of 4)", "channel: 1 (1 of 4, closed)"],
    ],
    [
      "channels compare by identity",
      "local a, b = promise.channel(), promise.channel() return { a == a, a == b, ({ [a] = 1 })[a] }",
      [true, false, 1],
    ],
    [
      "a <close> variable closes it once",
      "local kept do local ch <close> = promise.channel() kept = ch end do local ch <close> = kept end return kept:closed()",
      true,
    ],
    [
      "a send waits inside coroutines",
      "local ch = promise.channel() spawn(function() for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do ch:send(v) end ch:close() end) local n = 0 for v in ch:iter() do n = n + v end return n",
      6,
    ],
    [
      "its camel case names work",
      "local ch = promise.channel(1) promise.channelSend(ch, 1) return (promise.channelReceive(ch))",
      1,
    ],
    [
      "its twins start tasks",
      "local ch = promise.channel() local p = promise.channel_receive_async(ch) local q = ch:send_async(3) return { await(p), await(q) }",
      [3, true],
    ],
  ])("%s", async (_, source, expected) => {
    expect(await lua(source)).toEqual(expected);
  });

  it.each([
    ["promise.channel(-1)", "INVALID_ARGUMENT", "capacity"],
    ["promise.channel(1.5)", "INVALID_ARGUMENT", "capacity"],
    ["promise.channel({})", "INVALID_ARGUMENT", "capacity"],
    ["promise.channel_send(1, 2)", "INVALID_ARGUMENT", "channel_send: argument 1 must be a channel, not number"],
    ["promise.channel_receive(promise.resolve())", "INVALID_ARGUMENT", "must be a channel, not userdata"],
    ["promise.channel(1):send(nil)", "INVALID_ARGUMENT", "nil cannot be sent"],
    ["promise.channel():receive({ timout = 1 })", "INVALID_ARGUMENT", "there is no option 'timout'"],
    ["local ch = promise.channel() ch:close() ch:close()", "INVALID_STATE", "channel 1 is closed already"],
    ["local ch = promise.channel(1) ch:close() ch:send(1)", "INVALID_STATE", "channel_send: channel 1 is closed"],
    ["promise.channel():receive(5)", "TIMEOUT", "channel_receive: nothing within 5 ms"],
    ["promise.channel():send(1, { timeout = 5 })", "TIMEOUT", "channel_send: nothing within 5 ms"],
    ["promise.channel():receive(0)", "TIMEOUT", "channel_receive"],
    [
      "local ch = promise.channel() spawn(function() promise.yield() ch:close() end) ch:send(1)",
      "INVALID_STATE",
      "channel_send: channel 1 was closed",
    ],
    ["test.echo(promise.channel())", "INVALID_ARGUMENT", "argument 1 is a Channel, which cannot leave the spell"],
    [
      "table.sort({ 1, 2 }, function() promise.channel():receive() end)",
      "INVALID_STATE",
      "channel_receive cannot wait here: table.sort cannot be suspended",
    ],
  ])("%s is %s", async (source, code, message) => {
    await expect(lua(source)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it("receivers and senders are served in the order they came", async () => {
    expect(
      await lua(`
      local ch, log = promise.channel(), {}
      for i = 1, 5 do spawn(function() local v = ch:receive() log[#log + 1] = i .. "=" .. v end) end
      promise.yield()
      for i = 1, 5 do ch:send(i * 10) end
      for i = 6, 9 do spawn(function() ch:send(i) end) end
      promise.yield()
      for _ = 6, 9 do log[#log + 1] = (ch:receive()) end
      return table.concat(log, " ")`),
    ).toBe("1=10 2=20 3=30 4=40 5=50 6 7 8 9");
  });

  it("a receiver that timed out takes nothing from later ones", async () => {
    expect(
      await lua(`
      local ch = promise.channel()
      local late = spawn(function() return pcall(ch.receive, ch, 1) end)
      await(late)
      local p = spawn(function() return (ch:receive()) end)
      promise.yield()
      ch:send("for p")
      return await(p)`),
    ).toBe("for p");
  });

  it("ten thousand tasks wait on one channel, and each gets one value", async () => {
    expect(
      await lua(`
      local ch, got, count, tasks = promise.channel(), {}, 0, {}
      for i = 1, 10000 do
        tasks[i] = spawn(function()
          local v = ch:receive()
          got[v] = true
        end)
      end
      promise.yield()
      for i = 1, 10000 do ch:send(i) end
      await(promise.all(tasks))
      for _ in pairs(got) do count = count + 1 end
      return count`),
    ).toBe(10_000);
  });

  it("a hundred thousand channels leave nothing behind", async () => {
    expect(
      await lua(`
      local function use(n) for i = 1, n do local ch = promise.channel(1) ch:send(i) ch:receive() end end
      use(100) collectgarbage() collectgarbage()
      local before = collectgarbage("count")
      use(100000) collectgarbage() collectgarbage()
      return collectgarbage("count") - before < 16`),
    ).toBe(true);
  });

  it("every value arrives once and in its sender's order, whatever the numbers", async () => {
    const guest = engine.createGuest({ bindings: PROMISE_BINDINGS, host: new TestHost(), limits: LIMITS });
    const shape = fc.record({
      capacity: fc.nat(4),
      senders: fc.integer({ min: 1, max: 5 }),
      receivers: fc.integer({ min: 1, max: 5 }),
      each: fc.nat(12),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ capacity, senders, receivers, each }) => {
        const got = await guest
          .run(
            `local ch, sends, takes = promise.channel(${capacity}), {}, {}
            for s = 1, ${senders} do sends[s] = spawn(function() for i = 1, ${each} do ch:send({ s, i }) if i % s == 0 then promise.yield() end end end) end
            local bad, count, last = 0, 0, {}
            for r = 1, ${receivers} do takes[r] = spawn(function()
              for v in ch:iter() do
                count = count + 1
                if ${receivers} == 1 then
                  if v[2] ~= (last[v[1]] or 0) + 1 then bad = bad + 1 end
                  last[v[1]] = v[2]
                end
              end
            end) end
            await(promise.all(sends)) ch:close() await(promise.all(takes))
            return { count, bad, #ch }`,
          )
          .result();
        expect(got).toEqual([senders * each, 0, 0]);
      }),
      { numRuns: 60 },
    );
    guest[Symbol.dispose]();
  });
});

describe("select", () => {
  it.each([
    [
      "takes the first case that is ready",
      "local a, b = promise.channel(1), promise.channel(1) b:send(2) a:send(1) local r = promise.select({ { channel = a }, { channel = b } }) return { r.index, r.value, r.ok, #b }",
      [1, 1, true, 1],
    ],
    [
      "waits when none is",
      "local a, b = promise.channel(), promise.channel() spawn(function() b:send('x') end) local r = promise.select({ { channel = a }, { channel = b } }) return { r.index, r.value, r.ok }",
      [2, "x", true],
    ],
    [
      "sends",
      "local a = promise.channel(1) local r = promise.select({ { channel = a, send = 7 } }) return { r.index, r.ok, (a:receive()) }",
      [1, true, 7],
    ],
    [
      "sends to a receiver that comes later",
      "local a, b = promise.channel(), promise.channel() local p = spawn(function() promise.yield() return (b:receive()) end) local r = promise.select({ { channel = a }, { channel = b, send = 9 } }) return { r.index, await(p) }",
      [2, 9],
    ],
    [
      "gets false from a closed channel",
      "local a = promise.channel() a:close() local r = promise.select({ { channel = a } }) return { r.index, r.value == nil, r.ok }",
      [1, true, false],
    ],
    [
      "is woken by a close",
      "local a = promise.channel() spawn(function() promise.yield() a:close() end) return promise.select({ { channel = a } }).ok",
      false,
    ],
    [
      "leaves nothing in the channels it did not take",
      "local a, b = promise.channel(), promise.channel() local p = spawn(function() promise.select({ { channel = a }, { channel = b } }) end) promise.yield() a:send(1) await(p) local ok, e = pcall(b.send, b, 1, 5) return e.code",
      "TIMEOUT",
    ],
    [
      "does not meet itself",
      "local a = promise.channel() local ok, e = pcall(promise.select, { { channel = a, send = 1 }, { channel = a } }, 5) return e.code",
      "TIMEOUT",
    ],
    [
      "meets another select",
      "local a = promise.channel() local p = spawn(function() return promise.select({ { channel = a, send = 1 } }).index end) return { promise.select({ { channel = a } }).value, await(p) }",
      [1, 1],
    ],
  ])("%s", async (_, source, expected) => {
    expect(await lua(source)).toEqual(expected);
  });

  it.each([
    ["promise.select({})", "INVALID_ARGUMENT", "at least one case"],
    ["promise.select(1)", "INVALID_ARGUMENT", "at least one case"],
    ["promise.select({ 1 })", "INVALID_ARGUMENT", "case 1 must be"],
    ["promise.select({ { channel = 1 } })", "INVALID_ARGUMENT", "case 1: channel must be a channel, not number"],
    ["promise.select({ { channel = promise.channel(), sent = 1 } })", "INVALID_ARGUMENT", "case 1 may have the fields"],
    ["local t = {} for i = 1, 1001 do t[i] = {} end promise.select(t)", "INVALID_ARGUMENT", "1000 cases at most"],
    ["promise.select({ { channel = promise.channel() } }, 5)", "TIMEOUT", "select: nothing within 5 ms"],
    [
      "local a = promise.channel() a:close() promise.select({ { channel = a, send = 1 } })",
      "INVALID_STATE",
      "channel 1 is closed",
    ],
    [
      "local a = promise.channel() spawn(function() promise.yield() a:close() end) promise.select({ { channel = a, send = 1 } })",
      "INVALID_STATE",
      "select: channel 1 was closed",
    ],
  ])("%s is %s", async (source, code, message) => {
    await expect(lua(source)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
});

describe("a deadlock", () => {
  it("names who waits, where and on what", async () => {
    const source = `local a, b = promise.channel(), promise.channel(2)
local p = spawn(function()
  a:send(1)
end)
spawn(function()
  coroutine.wrap(function()
    promise.select({ { channel = a, send = 1 }, { channel = b } })
  end)()
end)
await(spawn(function() b:receive() end))
`;
    await expect(lua(source)).rejects.toMatchObject({
      code: "DEADLOCK",
      message:
        "nothing can go on: " +
        "the main task waits in await for the promise of task 4 at spell.lua:10; " +
        "task 2 waits in channel_send for channel 1 at spell.lua:3; " +
        "task 3 waits in promise.select for sending to channel 1, receiving from channel 2 at spell.lua:7; " +
        "task 4 waits in channel_receive for channel 2 at spell.lua:10",
      details: {
        blocked: [
          { task: 1, main: true, waits: "await", on: "the promise of task 4", file: "spell.lua", line: 10 },
          { task: 2, waits: "channel_send", on: "channel 1", file: "spell.lua", line: 3 },
          { task: 3, line: 7 },
          { task: 4, line: 10 },
        ],
      },
    });
  });

  it("of ten thousand tasks names the first ones", async () => {
    const error = await lua(
      "local ch = promise.channel() for i = 1, 10000 do spawn(function() ch:receive() end) end",
    ).catch((thrown: unknown) => thrown as { message: string; details: { blocked: unknown[] } });
    expect((error as { message: string }).message).toMatch(/task 11 waits in channel_receive .*; and 9990 more$/);
    expect((error as { details: { blocked: unknown[] } }).details.blocked).toHaveLength(100);
  });

  it("is none while the host still works", async () => {
    await withGuest(async (guest, host) => {
      const task = guest.run(
        'local ch = promise.channel() spawn(function() ch:send(test.wait("a")) end) return (ch:receive())',
      );
      expect(guest.state).toBe("suspended");
      host.resolve("a", "late");
      expect(await task.result()).toBe("late");
    });
  });
});
