import { describe, expect, it } from "vitest";
import {
  TypeRegistry,
  field,
  fromTable,
  shape,
  toTable,
  type ScriptObject,
  type ScriptValue,
  type TypeVersion,
} from "@llmspell/engine";

const NOTE: readonly TypeVersion[] = [
  { name: "note", version: "1.0.0" },
  { name: "note", version: "1.2.0", migrate: (value) => ({ ...(value as ScriptObject), tags: [] }) },
  { name: "note", version: "1.3.0" },
  { name: "note", version: "2.0.0", migrate: (value) => ({ body: (value as ScriptObject)["text"] ?? null, was: 1 }) },
];
const types = new TypeRegistry(NOTE);
const at = (version: string, value: ScriptValue): ScriptValue => ({ $type: `note@${version}`, value });

describe("a registry of types", () => {
  it("tags what it writes with the newest version and reads it back as it was", () => {
    const tagged = types.write("note", { body: "hi", was: 2 });
    expect(tagged).toEqual({ $type: "note@2.0.0", value: { body: "hi", was: 2 } });
    expect(types.read(tagged, "note")).toEqual({ body: "hi", was: 2 });
  });

  it("passes an older value through every migration since, in order", () => {
    const seen: string[] = [];
    const step = (version: string): TypeVersion => ({
      name: "t",
      version,
      migrate: (value) => {
        seen.push(version);
        return `${String(value)}>${version}`;
      },
    });
    const chain = new TypeRegistry(["3.0.0", "1.0.0", "2.10.0", "2.9.0"].map(step));
    expect(chain.read({ $type: "t@1.0.0", value: "v" }, "t")).toBe("v>2.9.0>2.10.0>3.0.0");
    expect(seen).toEqual(["2.9.0", "2.10.0", "3.0.0"]);
    expect(chain.read({ $type: "t@2.9.5", value: "v" }, "t")).toBe("v>2.10.0>3.0.0");
    expect(chain.current("t")).toBe("3.0.0");
  });

  it.each([
    ["1.0.0", { text: "a" }, { body: "a", was: 1 }],
    ["1.1.0", { text: "a" }, { body: "a", was: 1 }],
    ["1.3.7", { text: "a" }, { body: "a", was: 1 }],
    ["2.0.0", { body: "a" }, { body: "a" }],
  ])("reads a value of %s", (version, value, expected) => {
    expect(types.read(at(version, value), "note")).toEqual(expected);
  });

  it("reads an older value of the same major version as it is where nothing says otherwise", () => {
    const plain = new TypeRegistry([{ name: "t", version: "1.5.0" }]);
    expect(plain.read({ $type: "t@1.0.0", value: 5 }, "t")).toBe(5);
  });

  it.each<[ScriptValue, string, string, string]>([
    [at("2.0.1", 1), "note", "UNSUPPORTED", "note@2.0.1 was written by a newer version; this one reads up to 2.0.0"],
    [at("3.0.0", 1), "note", "UNSUPPORTED", "newer version"],
    [{ $type: "other@1.0.0", value: 1 }, "note", "INVALID_ARGUMENT", "a value of the type other, not note"],
    [{ $type: "other@1.0.0", value: 1 }, "other", "NOT_FOUND", "there is no type 'other'"],
    [{ $type: "note", value: 1 }, "note", "INVALID_ARGUMENT", "no tagged value"],
    [{ $type: "note@1", value: 1 }, "note", "INVALID_ARGUMENT", "no tagged value"],
    [{ $type: "note@01.0.0", value: 1 }, "note", "INVALID_ARGUMENT", "no tagged value"],
    [{ $type: 5, value: 1 }, "note", "INVALID_ARGUMENT", "no tagged value"],
    [null, "note", "INVALID_ARGUMENT", "no tagged value"],
    ["note@1.0.0", "note", "INVALID_ARGUMENT", "no tagged value"],
  ])("refuses %j as %s: %s", (tagged, name, code, message) => {
    expect(() => types.read(tagged, name)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) as string }),
    );
  });

  it("refuses a major version without a migration, and says which is missing", () => {
    const gap = new TypeRegistry([
      { name: "t", version: "1.0.0" },
      { name: "t", version: "2.0.0" },
    ]);
    expect(() => gap.read({ $type: "t@1.0.0", value: 1 }, "t")).toThrow(
      expect.objectContaining({
        code: "UNSUPPORTED",
        message: "t@1.0.0 cannot be read: there is no migration to 2.0.0",
      }),
    );
  });

  it("says which migration failed, and keeps why", () => {
    const failing = new TypeRegistry([
      {
        name: "t",
        version: "2.0.0",
        migrate: () => {
          throw new TypeError("no text");
        },
      },
    ]);
    expect(() => failing.read({ $type: "t@1.0.0", value: 1 }, "t")).toThrow(
      expect.objectContaining({
        code: "VALIDATION_FAILED",
        message: "t: the migration to 2.0.0 failed",
        cause: expect.objectContaining({ message: "no text" }) as Error,
      }),
    );
  });

  it.each([
    [{ name: "", version: "1.0.0" }, "INVALID_ARGUMENT"],
    [{ name: "a@b", version: "1.0.0" }, "INVALID_ARGUMENT"],
    [{ name: "t", version: "1.0" }, "INVALID_ARGUMENT"],
    [{ name: "t", version: "1.0.0-beta" }, "INVALID_ARGUMENT"],
    [{ name: "note", version: "2.0.0" }, "ALREADY_EXISTS"],
  ])("does not register %j", (version, code) => {
    expect(() => new TypeRegistry([...NOTE, version])).toThrow(expect.objectContaining({ code }));
  });

  class Point {
    readonly x: number;
    readonly y: number;
    constructor(x: number, y: number) {
      this.x = x;
      this.y = y;
    }
  }
  const POINT = shape("Point", { x: field.float, y: field.float });
  const pointTypes = (): TypeRegistry => {
    const registry = new TypeRegistry([
      { name: "point", version: "1.0.0" },
      {
        name: "point",
        version: "2.0.0",
        migrate: (value) => ({ x: (value as number[])[0] ?? 0, y: (value as number[])[1] ?? 0 }),
      },
      { name: "loose", version: "1.0.0" },
    ]);
    registry.bind("point", {
      class: Point,
      write: (point) => toTable(POINT, point),
      read(value) {
        const { x, y } = fromTable(POINT, value);
        return new Point(x as number, y as number);
      },
    });
    return registry;
  };

  it("CORE-11: a class that is registered with a name and a version converts both ways", () => {
    const registry = pointTypes();
    const tagged = registry.fromHost(new Point(1, 2));
    expect(tagged).toEqual({ $type: "point@2.0.0", value: { x: 1, y: 2 } });
    const back = registry.toHost(tagged);
    expect(back).toBeInstanceOf(Point);
    expect(back).toEqual(new Point(1, 2));
    // One of the version before is migrated on the way.
    expect(registry.toHost({ $type: "point@1.0.0", value: [3, 4] })).toEqual(new Point(3, 4));
  });

  it("CORE-11: a class that is not registered fails with its name, and so does a type", () => {
    const registry = pointTypes();
    class Secret {
      readonly key = 1;
    }
    class Point3 extends Point {}
    const refuses = (object: object, message: string): void =>
      expect(() => registry.fromHost(object)).toThrow(expect.objectContaining({ code: "NOT_FOUND", message }));
    refuses(new Secret(), "the class Secret is not registered");
    refuses(new Point3(1, 2), "the class Point3 is not registered");
    refuses({}, "the class Object is not registered");
    refuses(Object.create(null) as object, "the class without a name is not registered");
    expect(() => registry.toHost({ $type: "none@1.0.0", value: 1 })).toThrow("there is no type 'none'");
    expect(() => registry.toHost({ $type: "loose@1.0.0", value: 1 })).toThrow("the type 'loose' is bound to no class");
    expect(() => registry.toHost({ $type: "point@2.0.0", value: { x: "1", y: 2 } })).toThrow("Point.x must be float");
    expect(() => registry.bind("nothing", { class: Secret, write: () => null, read: () => new Secret() })).toThrow(
      "there is no type 'nothing'",
    );
    expect(() => registry.bind("loose", { class: Point, write: () => null, read: () => new Point(0, 0) })).toThrow(
      "loose or the class Point is bound already",
    );
  });
});
