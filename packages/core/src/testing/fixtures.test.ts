import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { openFixtures } from "./fixtures.js";

const fixtures = openFixtures(new URL("./fixtures/", import.meta.url));

describe("fixtures", () => {
  it("TK-4: are loaded by name, in folders too", async () => {
    expect(await fixtures.load("order")).toEqual({ id: 7, items: [{ name: "tea" }] });
    expect(await fixtures.load("orders/buyer")).toEqual({ name: "Ada", roles: ["admin"] });
    expect(await fixtures.load("notes")).toBe("# Notes\n");
    expect(await fixtures.load("twice.txt")).toBe("a");
    expect(await fixtures.bytes("twice.md")).toEqual(new Uint8Array([98]));
    expect(await fixtures.names()).toEqual(["notes", "order", "orders/buyer", "twice", "twice"]);
  });

  it("TK-4: each load is a copy of its own", async () => {
    interface Order {
      items: { name: string }[];
    }
    const first = await fixtures.load<Order>("order");
    first.items.push({ name: "cake" });
    (first.items[0] as { name: string }).name = "coffee";
    expect(await fixtures.load("order")).toEqual({ id: 7, items: [{ name: "tea" }] });
    const bytes = await fixtures.bytes("notes");
    bytes.fill(0);
    expect(await fixtures.load("notes")).toBe("# Notes\n");
  });

  it.each([
    ["ordr", "NOT_FOUND", "there is no fixture 'ordr', did you mean 'order'?"],
    ["twice", "INVALID_ARGUMENT", "several fixtures are named 'twice': twice.md, twice.txt"],
    ["../fixtures", "INVALID_ARGUMENT", "outside of the folder"],
    ["/etc/passwd", "INVALID_ARGUMENT", "outside of the folder"],
  ])("TK-4: refuses %j", async (name, code, message) => {
    await expect(fixtures.load(name)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it("TK-4: one that cannot be read is told with the place", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "fixtures-"));
    await writeFile(path.join(folder, "broken.json"), '{ "id": 7,\n  items: 1 }');
    await expect(openFixtures(folder).load("broken")).rejects.toMatchObject({
      code: "SYNTAX_ERROR",
      message: "broken.json: this is not JSON: a key in double quotes is expected, not 'items' (line 2, column 3)",
    });
    await rm(folder, { recursive: true });
  });

  it("TK-4: a folder that is not there is told", async () => {
    await expect(openFixtures(new URL("./none/", import.meta.url)).names()).rejects.toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
