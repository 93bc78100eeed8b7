import { Handle } from "@llmspell/engine";
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
