import { afterEach, describe, expect, it } from "vitest";
import {
  Float,
  FunctionRef,
  type Handle,
  HostFunction,
  valueFromJson,
  valueToJson,
  type Guest,
  type Host,
  type Task,
} from "@llmspell/engine";
import { PROMISE_BINDINGS, TestHost } from "@llmspell/engine/conformance";
import { createLuaEngine } from "@llmspell/engine-lua";

const engine = createLuaEngine();
const guests: Guest[] = [];
const keep = (guest: Guest): Guest => {
  guests.push(guest);
  return guest;
};
const noFunction = (id: number): FunctionRef => new FunctionRef(id, () => {});
const create = (host: Host): Guest => keep(engine.createGuest({ host, bindings: PROMISE_BINDINGS }));
/** The guest as another process would have it. */
const moved = (guest: Guest, host: Host): Guest =>
  keep(engine.restore(guest.snapshot().encode(), { host, bindings: PROMISE_BINDINGS }));
const only = (guest: Guest): Task => [...guest.tasks.values()][0] ?? expect.fail("there is no task");

afterEach(() => {
  for (const guest of guests.splice(0)) guest[Symbol.dispose]();
});

describe("what waits goes on in a restored guest", () => {
  it.each([
    [
      "a receive",
      'local ch = promise.channel() spawn(function() ch:send(test.wait("a")) end) return (ch:receive())',
      "late",
    ],
    [
      "a send to a full channel",
      'local ch = promise.channel(1) ch:send(1) spawn(function() test.wait("a") ch:receive() end) return ch:send(2) and #ch',
      1,
    ],
    [
      "a select",
      'local a, b = promise.channel(), promise.channel() spawn(function() b:send(test.wait("a")) end) return promise.select({ { channel = a }, { channel = b } }).index',
      2,
    ],
    [
      "a promise that is opaque",
      'local p = spawn(function() return test.wait("a") end) return await(p) .. p:status()',
      "latefulfilled",
    ],
    [
      "a wait with a token",
      'local source = promise.cancel_token() spawn(function() test.wait("a") source.cancel("enough") end) local _, e = pcall(await, promise.new(function() end), { cancel = source.token }) return e.message',
      "the operation was cancelled: enough",
    ],
    [
      "a coroutine that is closed while it waits",
      'local co = coroutine.create(function() promise.channel():receive() end) local owner = spawn(function() return (coroutine.resume(co)) end) test.wait("a") coroutine.close(co) return await(owner)',
      false,
    ],
  ])("%s", async (_, source, expected) => {
    const before = create(new TestHost());
    before.run(source, { name: "spell.lua" });
    const host = new TestHost();
    const guest = moved(before, host);
    const task = only(guest);
    host.resolve("a", "late");
    expect(await task.result()).toBe(expected);
  });

  it("a deadlock is told as in the first one", async () => {
    const before = create(new TestHost());
    before.run('local ch = promise.channel()\nspawn(function() test.wait("a") end)\nch:receive()', {
      name: "spell.lua",
    });
    const host = new TestHost();
    const task = only(moved(before, host));
    const result = task.result();
    host.resolve("a");
    await expect(result).rejects.toMatchObject({
      code: "DEADLOCK",
      message: expect.stringContaining("the main task waits in channel_receive for channel 1 at spell.lua:3") as string,
    });
  });
});

describe("what a restored guest holds of its host", () => {
  it("are its handles, told to the new host", async () => {
    const before = create(new TestHost());
    await before.run("h = test.open() i = test.echo(h)").result();
    const held: string[] = [];
    const host = Object.assign(new TestHost(), {
      retain: (handle: Handle) => held.push(`+${handle.kind} ${handle.id}`),
      release: (handle: Handle) => held.push(`-${handle.kind} ${handle.id}`),
    });
    const guest = moved(before, host);
    expect(held).toEqual(["+box 1"]);
    await guest.run("h = nil collectgarbage() collectgarbage()").result();
    expect(held).toEqual(["+box 1"]);
    await guest.run("i = nil collectgarbage() collectgarbage()").result();
    expect(held).toEqual(["+box 1", "-box 1"]);
  });

  it("are not its functions, which say so, and never another one in their place", async () => {
    const before = create(new TestHost());
    before.setGlobal("f", new HostFunction("f", () => "mine"));
    const guest = moved(before, new TestHost());
    guest.setGlobal("g", new HostFunction("g", () => "new"));
    expect(await guest.run("local _, e = pcall(f) return { e.code, g(), f ~= g }").result()).toEqual([
      "INVALID_STATE",
      "new",
      true,
    ]);
  });

  it("put back to an earlier state keeps the functions it has held since", async () => {
    const guest = create(new TestHost());
    let released = 0;
    guest.setGlobal("f", new HostFunction("f", () => "mine"));
    const snapshot = guest.snapshot();
    guest.setGlobal(
      "g",
      new HostFunction(
        "g",
        () => "new",
        () => released++,
      ),
    );
    guest.rollback(snapshot);
    expect(released).toBe(1);
    expect(await guest.run("return f()").result()).toBe("mine");
  });

  it("a Float is stored as one, a function of the host is not", () => {
    const stored: unknown = JSON.parse(JSON.stringify(valueToJson([new Float(3), new Float(-0), 3])));
    expect(stored).toEqual([{ $float: 3 }, { $float: { $number: "-0" } }, 3]);
    expect(valueFromJson(stored, noFunction)).toEqual([new Float(3), new Float(-0), 3]);
    expect(() => valueFromJson({ $float: "3" }, noFunction)).toThrow("has a wrong $float");
    expect(() => valueToJson({ a: new HostFunction("f", () => null) })).toThrow(
      "the function 'f' of the host cannot be stored",
    );
  });
});
