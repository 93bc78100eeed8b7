import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describeType,
  field,
  fromTable,
  shape,
  snakeCase,
  toTable,
  type FieldType,
  type ScriptValue,
} from "@llmspell/engine";

const place = shape("Place", { cityName: field.text, geo: field.optional(field.list(field.float)) });
const user = shape(
  "User",
  {
    userName: field.text,
    isAdmin: field.boolean,
    loginCount: field.integer,
    role: field.enum("admin", "guest"),
    nickName: field.optional(field.text),
    lastSeen: field.nullable(field.float),
    homePlace: field.object(place),
    extraData: field.map(field.any),
    contactId: field.union(field.integer, field.text, field.object(place)),
    rawBytes: field.bytes,
    HTMLBody: field.optional(field.text),
  },
  { HTMLBody: "html" },
);

const ADA = {
  userName: "ada",
  isAdmin: true,
  loginCount: 3,
  role: "admin",
  lastSeen: null,
  homePlace: { cityName: "London", geo: [51.5, 0] },
  extraData: { camelKey: 1, snake_key: [true] },
  contactId: { cityName: "Paris" },
  rawBytes: new Uint8Array([255]),
  HTMLBody: "<p>",
};
const ADA_TABLE = {
  user_name: "ada",
  is_admin: true,
  login_count: 3,
  role: "admin",
  last_seen: null,
  home_place: { city_name: "London", geo: [51.5, 0] },
  extra_data: { camelKey: 1, snake_key: [true] },
  contact_id: { city_name: "Paris" },
  raw_bytes: new Uint8Array([255]),
  html: "<p>",
};

describe("mapping", () => {
  it("renames fields both ways, and the way there and back is exact", () => {
    expect(toTable(user, ADA)).toEqual(ADA_TABLE);
    expect(fromTable(user, ADA_TABLE)).toEqual(ADA);
  });

  it.each([
    ["userName", "user_name"],
    ["toHTMLText", "to_html_text"],
    ["id", "id"],
    ["already_snake", "already_snake"],
    ["sha256Hash", "sha256_hash"],
    ["URL", "url"],
  ])("%s is %s in a guest", (name, expected) => {
    expect(snakeCase(name)).toBe(expected);
  });

  it("leaves fields of the host that the shape does not name behind, getters of classes not", () => {
    class Secretive {
      readonly password = "x";
      get cityName(): string {
        return "Rome";
      }
    }
    expect(toTable(place, new Secretive())).toEqual({ city_name: "Rome" });
  });

  it("takes what it is told to take", () => {
    expect(toTable(user, ADA, { only: ["userName", "homePlace"] })).toEqual({
      user_name: "ada",
      home_place: ADA_TABLE.home_place,
    });
    expect(Object.keys(toTable(user, ADA, { except: ["rawBytes", "extraData"] }))).toHaveLength(8);
    expect(fromTable(user, { user_name: "ada" }, { only: ["userName"] })).toEqual({ userName: "ada" });
  });

  it("nests as deeply as allowed", () => {
    expect(() => toTable(user, ADA, { depth: 1 })).toThrow(
      "User.home_place nests deeper".replace("home_place", "homePlace"),
    );
    expect(toTable(user, ADA, { depth: 2 })).toEqual(ADA_TABLE);
  });

  const cyclic: Record<string, unknown> = {};
  cyclic["me"] = cyclic;
  const inner: { fields: unknown[]; name: string } = { name: "Loop", fields: [] };
  inner.fields.push({ name: "me", tableName: "me", optional: false, type: { type: "object", shape: inner } });

  it("ends at an object that contains itself", () => {
    expect(() => toTable(inner as never, cyclic)).toThrow("nests deeper than its mapping allows");
  });

  it.each<[string, Record<string, unknown>, string]>([
    ["a missing field", { user_name: undefined }, "User.user_name must be text, not nothing"],
    ["a wrong type", { login_count: "3" }, "User.login_count must be integer, not string"],
    ["a broken integer", { login_count: 1.5 }, "User.login_count must be integer, not number"],
    ["a value that is no choice", { role: "root" }, "User.role must be one of admin, guest"],
    ["a field that is none", { user_nam: 1 }, "User.user_nam is no field of User"],
    ["the host's spelling", { userName: "x" }, "User.userName is no field of User"],
    [
      "a problem inside",
      { home_place: { city_name: "x", geo: [1, "2"] } },
      "User.home_place.geo[2] must be float, not string",
    ],
    ["a list for an object", { home_place: [1] }, "User.home_place must be Place, not a list"],
    [
      "a value of no type of a union",
      { contact_id: true },
      "User.contact_id must be integer or text or Place, not boolean",
    ],
  ])("refuses %s", (_, change, message) => {
    expect(() => fromTable(user, { ...ADA_TABLE, ...change } as ScriptValue)).toThrow(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message }),
    );
  });

  it("reads no field that a table only inherits", () => {
    const odd = shape(
      "Odd",
      { toString: field.optional(field.any), constructor: field.optional(field.any) },
      { toString: "toString" },
    );
    expect(fromTable(odd, {})).toEqual({});
  });

  it("takes an empty list for an empty table, as a guest may not tell them apart", () => {
    expect(
      fromTable(shape("S", { list: field.list(field.any), map: field.map(field.any) }), { list: {}, map: [] }),
    ).toEqual({ list: [], map: {} });
  });

  it("refuses two fields of one name", () => {
    expect(() => shape("S", { userName: field.text, user_name: field.text })).toThrow(
      "two fields would be named 'user_name'",
    );
  });

  it("tells what its fields are", () => {
    expect(user.fields[0]).toEqual({
      name: "userName",
      tableName: "user_name",
      type: { type: "text" },
      optional: false,
    });
    expect(user.fields.map(({ type }) => describeType(type))).toEqual([
      "text",
      "boolean",
      "integer",
      '"admin" or "guest"',
      "text?",
      "float?",
      "Place",
      "map<any>",
      "integer or text or Place",
      "bytes",
      "text?",
    ]);
  });

  it("maps any value of any shape there and back without a change", () => {
    const key = fc.stringMatching(/^[a-z]{1,6}([A-Z][a-z]{1,4}){0,2}$/);
    const leaf = fc.constantFrom<[FieldType, fc.Arbitrary<unknown>]>(
      [field.text, fc.string()],
      [field.integer, fc.maxSafeInteger()],
      [field.float, fc.double({ noNaN: true })],
      [field.boolean, fc.boolean()],
      [field.nullable(field.text), fc.option(fc.string())],
      [field.map(field.integer), fc.dictionary(fc.string(), fc.integer())],
      [field.list(field.text), fc.array(fc.string())],
      [field.optional(field.float), fc.option(fc.double({ noNaN: true }), { nil: undefined })],
    );
    fc.assert(
      fc.property(
        fc
          .dictionary(key, leaf, { maxKeys: 6 })
          .chain((fields) =>
            fc.tuple(
              fc.constant(Object.fromEntries(Object.entries(fields).map(([name, [type]]) => [name, type]))),
              fc.record(Object.fromEntries(Object.entries(fields).map(([name, [, value]]) => [name, value]))),
            ),
          ),
        ([fields, value]) => {
          const of = shape("Any", fields);
          const object = Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));
          expect(fromTable(of, toTable(of, value))).toEqual(object);
        },
      ),
      { numRuns: 300 },
    );
  });
});
