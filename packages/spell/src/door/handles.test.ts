import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Handle, WeakHandle } from "@llmspell/engine";
import { describe, expect, it } from "vitest";
import { HandleTable } from "./handles.js";

describe("HandleTable", () => {
  it("gives an object one handle, and different objects different ones", () => {
    const table = new HandleTable();
    const [a, b] = [{}, {}];
    const handle = table.add("Agent", a, "agent-1");
    expect(table.add("Agent", a, "again")).toBe(handle);
    expect(table.add("Agent", b, "agent-2").id).not.toBe(handle.id);
    expect(table.get("Agent", handle, ["x"])).toBe(a);
    expect(table.get("Agent", "agent-2", ["x"])).toBe(b);
  });

  it("refuses a handle of another kind, also a forged one", () => {
    const table = new HandleTable();
    const handle = table.add("Tool", {}, "t");
    expect(() => table.get("Agent", handle, ["x"])).toThrow("x must be an Agent, not a Tool");
    // The right number under a wrong name must not open the object.
    expect(() => table.get("Agent", new Handle("Agent", handle.id), ["x"])).toThrow("x: there is no Agent");
    expect(() => table.get("Agent", "t", ["x"])).toThrow("x: there is no Agent with the id 't'");
  });

  it("forgets what is removed and never gives its number to another", () => {
    const table = new HandleTable();
    const object = {};
    const handle = table.add("Agent", object, "agent-1");
    expect(table.remove(object)).toBe(true);
    expect(table.remove(object)).toBe(false);
    expect(() => table.get("Agent", handle, ["x"])).toThrow("there is no Agent");
    expect(table.add("Agent", {}, "agent-2").id).not.toBe(handle.id);
  });

  it("forgets what has no name of its own when the guest drops its handle, and knows it again when it comes back", () => {
    const table = new HandleTable();
    const [named, other] = [{}, {}];
    const kept = table.add("Agent", named, "agent-1");
    const handle = table.add("Tool", other);
    table.release(new Handle("Agent", kept.id));
    table.release(new Handle("Agent", handle.id));
    expect(table.size).toBe(2);
    table.release(new Handle("Tool", handle.id));
    expect([table.size, table.all("Tool")]).toEqual([1, []]);
    expect(() => table.get("Tool", handle, ["x"])).toThrow("there is no Tool");
    // One that was on its way to the guest when the last copy went.
    table.retain(handle);
    expect(table.get("Tool", handle, ["x"])).toBe(other);
    table.release(new Handle("Tool", handle.id));
    expect(table.add("Tool", other)).toBe(handle);
    expect(table.get("Tool", new Handle("Tool", handle.id), ["x"])).toBe(other);
  });

  it("takes no handle that it did not give", () => {
    const table = new HandleTable();
    table.retain(new Handle("Agent", 5));
    expect(table.size).toBe(0);
  });

  it("names what has no name by its kind and a number", () => {
    const table = new HandleTable();
    table.release(table.add("Tool", {}));
    const object = {};
    table.add("Tool", object);
    expect(table.get("Tool", "tool-2", ["x"])).toBe(object);
  });

  it("lists the objects of a kind, oldest first", () => {
    const table = new HandleTable();
    const [a, b] = [{ n: 1 }, { n: 2 }];
    table.add("Agent", a, "1");
    table.add("Tool", {}, "2");
    table.add("Agent", b, "3");
    expect(table.all("Agent")).toEqual([a, b]);
    expect(table.all("Nothing")).toEqual([]);
  });

  it("knows nothing of the handles of another table", () => {
    const handle = new HandleTable().add("Agent", {}, "agent-1");
    expect(() => new HandleTable().get("Agent", handle, ["x"])).toThrow("there is no Agent");
  });
});

/** A full collection, of this process. */
function collect(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

describe("what a guest holds weakly", () => {
  const tableWith = (): { table: HandleTable; told: () => number } => {
    let told = 0;
    return { table: new HandleTable(() => told++), told: () => told };
  };

  it("is not kept by the table, and its handle opens it while it is there", () => {
    const { table } = tableWith();
    const object = {};
    const weak = table.addWeak("Agent", object, "agent-1");
    expect([table.size, table.weak]).toEqual([0, { live: 1, expired: 0 }]);
    const handle = table.upgrade(new WeakHandle("Agent", weak.id));
    expect(handle).toMatchObject({ kind: "Agent", id: weak.id });
    expect(table.upgrade(new WeakHandle("Tool", weak.id))).toBeUndefined();
    // The guest has got it: from here on it is as any other handle.
    table.retain(new Handle("Agent", weak.id));
    expect(table.get("Agent", handle as Handle, ["x"])).toBe(object);
    expect(table.add("Agent", object)).toBe(handle);
    expect(table.addWeak("Agent", object)).toEqual(weak);
  });

  it("is gone when this process has collected it", async () => {
    const { table, told } = tableWith();
    const kept = {};
    const [weak, other] = [table.addWeak("Agent", {}), table.addWeak("Agent", kept)];
    await expect
      .poll(
        () => {
          collect();
          return told();
        },
        { timeout: 30_000 },
      )
      .toBe(1);
    expect([table.upgrade(weak), table.weak]).toEqual([undefined, { live: 1, expired: 1 }]);
    expect(table.upgrade(other)).toBeDefined();
    expect(kept).toEqual({});
  });

  it("is gone when it is removed, or dropped by the guest and kept by nobody", () => {
    const { table, told } = tableWith();
    const [agent, tool, seen] = [{}, {}, {}];
    table.add("Agent", agent, "agent-1");
    const dropped = table.add("Tool", tool);
    const unseen = table.add("Tool", seen);
    // A script makes weak handles of its handles; the table hears of them when it is asked.
    for (const id of [1, 2]) expect(table.upgrade(new WeakHandle(id === 1 ? "Agent" : "Tool", id))).toBeDefined();
    table.remove(agent);
    expect(told()).toBe(1);
    table.release(dropped);
    table.release(unseen);
    expect([told(), table.weak]).toEqual([2, { live: 0, expired: 2 }]);
    expect(table.upgrade(new WeakHandle("Tool", 2))).toBeUndefined();
  });

  it("is not gone when the guest drops a handle of what the host has otherwise", () => {
    const { table, told } = tableWith();
    const object = {};
    const weak = table.addWeak("Tool", object);
    table.retain(table.upgrade(weak) as Handle);
    table.release(new Handle("Tool", weak.id));
    expect([table.size, told(), table.upgrade(weak)?.id]).toEqual([0, 0, weak.id]);
    expect(object).toEqual({});
  });
});
