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
