import { describe, expect, it } from "vitest";
import { SnapshotStore, type Snapshot } from "./index.js";

const snapshot = (byteLength: number): Snapshot => ({
  engineHash: "test",
  byteLength,
  pending: [],
  encode: () => new Uint8Array(byteLength),
});

describe("SnapshotStore", () => {
  it("gives back what was saved, with its time and metadata", () => {
    const store = new SnapshotStore({ now: () => 1234 });
    const one = snapshot(10);
    store.save("one", one, { step: 3 });
    expect(store.get("one")).toEqual({ name: "one", snapshot: one, savedAt: 1234, metadata: { step: 3 } });
  });

  it("makes room for the newest by what was used least recently", () => {
    const evicted: string[] = [];
    const store = new SnapshotStore({ maxCount: 2, onEvict: ({ name }) => evicted.push(name) });
    store.save("a", snapshot(1));
    store.save("b", snapshot(1));
    store.get("a");
    store.save("c", snapshot(1));
    expect([store.names, evicted]).toEqual([["a", "c"], ["b"]]);
  });

  it("keeps within its bytes", () => {
    const store = new SnapshotStore({ maxBytes: 100 });
    store.save("a", snapshot(40));
    store.save("b", snapshot(40));
    store.save("c", snapshot(90));
    expect([store.names, store.byteLength]).toEqual([["c"], 90]);
    expect(() => store.save("d", snapshot(101))).toThrow(
      "the snapshot 'd' takes 101 bytes; the store keeps 100 at most",
    );
    expect(store.names).toEqual(["c"]);
  });

  it("replaces a snapshot of the same name, and counts its bytes once", () => {
    const store = new SnapshotStore();
    store.save("a", snapshot(40));
    store.save("a", snapshot(7));
    expect([store.names, store.byteLength]).toEqual([["a"], 7]);
    expect([store.delete("a"), store.delete("a"), store.byteLength]).toEqual([true, false, 0]);
  });

  it("says which names there are", () => {
    const store = new SnapshotStore();
    store.save("a", snapshot(1));
    expect(() => store.get("b")).toThrow(expect.objectContaining({ code: "NOT_FOUND", details: { known: ["a"] } }));
  });

  it("refuses limits that are none", () => {
    for (const options of [{ maxCount: 0 }, { maxBytes: -1 }, { maxCount: NaN }]) {
      expect(() => new SnapshotStore(options)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });
});
