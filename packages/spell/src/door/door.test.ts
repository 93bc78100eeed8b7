import { createModels, createToolRegistry } from "@llmspell/core";
import { FunctionRef, Pending, type ScriptValue } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";
import { afterAll, describe, expect, it } from "vitest";
import { engine } from "../../../../test/support/spell.js";
import { RunContext } from "../run/context.js";
import { AuditLog, type AuditRecord } from "./audit.js";
import { Grants, type Grant } from "./capabilities.js";
import { Door } from "./door.js";
import { HandleTable } from "./handles.js";
import { awaitable, bindModules, defineModule, sync } from "./module.js";
import { t } from "./types.js";

const received: unknown[] = [];
let aborted: unknown;

const module = defineModule({
  name: "m",
  doc: "For tests.",
  functions: {
    echo: sync({
      doc: "x",
      params: { name: t.optional(t.string), config: t.table },
      call: (_, args) => {
        received.push(args);
        return "done";
      },
    }),
    secret: sync({
      doc: "x",
      needs: { network: "the host" },
      params: { host: t.optional(t.string) },
      call(run, { host = "a.example.com" }) {
        run.authorize("m.secret", "network", host);
        return "opened";
      },
    }),
    log_in: sync({
      doc: "x",
      needs: { auth: { exactly: "login" } },
      params: { name: t.string },
      call: (_, args) => void received.push(args),
    }),
    keep: awaitable({
      doc: "x",
      needs: { storage: { param: "key" } },
      params: { value: t.any, key: t.string },
      aliases: ["put(key, value)"],
      call: async (_, { key }) => key,
    }),
    broken: sync({
      doc: "x",
      call() {
        throw new TypeError("Cannot read properties of undefined (reading 'apiKey') at /home/host/secret.js:12");
      },
    }),
    refused: sync({
      doc: "x",
      call() {
        throw new SpellError("NOT_FOUND", "no such thing");
      },
    }),
    later: awaitable({ doc: "x", params: { n: t.number }, call: async (_, { n }) => n * 2 }),
    fails_later: awaitable({ doc: "x", call: () => Promise.reject(new RangeError("host internals")) }),
    waits: awaitable({
      doc: "x",
      call: (_, __, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            aborted = signal.reason;
            reject(signal.reason as Error);
          });
        }),
    }),
  },
});
const library = bindModules([module], []);
const guest = engine.createGuest();
afterAll(() => guest[Symbol.dispose]());

interface Setup {
  readonly door: Door;
  readonly records: readonly AuditRecord[];
  call(name: string, ...args: ScriptValue[]): ScriptValue | undefined | Pending;
}

function setup(grants: readonly Grant[] = [], onAudit?: (record: AuditRecord) => void): Setup {
  const audit = new AuditLog(onAudit);
  const door = new Door(
    library,
    new RunContext({
      info: { name: "s", file: "s.lua", runId: "r", engine: "lua", startedAt: 0, params: {} },
      grants: new Grants(grants),
      audit,
      handles: new HandleTable(),
      models: createModels(),
      tools: createToolRegistry([]),
      log: () => {},
      progress: () => {},
      root: ".",
      storage: undefined,
      engine,
      settings: {},
      auth: undefined,
      tenant: undefined,
      engineFor: () => Promise.resolve(engine),
      runChild: () => Promise.reject(new Error("no other spells")),
    }),
  );
  const id = (name: string): number => library.functions.findIndex((fn) => fn.name === name) + 1;
  return { door, records: audit.records, call: (name, ...args) => door.call(id(name), args, guest) };
}

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as SpellError).code;
  }
  return "none";
};

describe("Door", () => {
  it("calls a function, counts it and writes it down", () => {
    const { door, records, call } = setup();
    expect(call("m.echo", "a", { x: 1 })).toBe("done");
    expect(received.at(-1)).toEqual({ name: "a", config: { x: 1 } });
    expect(door.counts.get("m.echo")).toMatchObject({ calls: 1, errors: 0 });
    expect(records).toEqual([{ sequence: 1, function: "m.echo", decision: "allowed" }]);
  });

  it("lets leading optional parameters be left out", () => {
    const { call } = setup();
    call("m.echo", { x: 2 });
    expect(received.at(-1)).toEqual({ config: { x: 2 } });
    call("m.echo", null, { x: 3 });
    expect(received.at(-1)).toMatchObject({ config: { x: 3 } });
    expect(() => call("m.echo", 5)).toThrow("m.echo: config must be a table, not a number");
    expect(() => call("m.echo", 5, {})).toThrow("m.echo: name must be text, not a number");
    expect(() => call("m.echo", "a")).toThrow("m.echo: config must be a table, not");
  });

  it("refuses a function that there is not", () => {
    const { door } = setup();
    for (const id of [0, -1, 99, 1.5, Number.NaN]) expect(codeOf(() => door.call(id, [], guest))).toBe("NOT_FOUND");
  });

  it("refuses too many arguments, but takes trailing nothing", () => {
    const { call } = setup([{ capability: "network" }]);
    expect(() => call("m.secret", "a", 1)).toThrow("m.secret takes 1 arguments, not 2");
    expect(call("m.secret", null, null)).toBe("opened");
  });

  it("refuses what was not granted and writes it down", () => {
    const heard: AuditRecord[] = [];
    const { records, call } = setup([{ capability: "file.read" }], (record) => heard.push(record));
    expect(() => call("m.secret")).toThrow(
      expect.objectContaining({
        code: "PERMISSION_DENIED",
        message: "m.secret: this spell was not granted 'network=a.example.com'",
        details: {
          function: "m.secret",
          capability: "network",
          scope: "a.example.com",
          grant: "--allow network=a.example.com",
        },
      }),
    );
    expect(records).toEqual([
      { sequence: 1, function: "m.secret", decision: "allowed", code: "PERMISSION_DENIED" },
      {
        sequence: 2,
        function: "m.secret",
        capability: "network=a.example.com",
        decision: "denied",
        code: "PERMISSION_DENIED",
      },
    ]);
    expect(heard).toEqual(records);
  });

  it("opens a function for the scope of its grant, and for no other", () => {
    const { records, call } = setup([{ capability: "network", scope: "*.example.com" }]);
    expect(call("m.secret")).toBe("opened");
    expect(records.at(-1)).toMatchObject({ capability: "network=a.example.com", decision: "allowed" });
    expect(codeOf(() => call("m.secret", "example.org"))).toBe("PERMISSION_DENIED");
  });

  it("shows the guest nothing of an error of the host itself", async () => {
    const { door, records, call } = setup();
    for (const run of [async () => call("m.broken"), async () => await (call("m.fails_later") as Pending).promise]) {
      const error = await run().then(
        () => undefined,
        (thrown: unknown) => thrown as SpellError,
      );
      expect(error).toMatchObject({ code: "INTERNAL", details: {} });
      expect(error?.message).toMatch(/^m\.\w+ failed inside the host$/);
    }
    expect(records.map(({ code }) => code)).toEqual(["INTERNAL", "INTERNAL"]);
    expect(door.counts.get("m.fails_later")).toMatchObject({ calls: 1, errors: 1 });
  });

  it("passes errors made for the guest on, and counts them", () => {
    const { door, records, call } = setup();
    expect(codeOf(() => call("m.refused"))).toBe("NOT_FOUND");
    expect(codeOf(() => call("m.echo", "a", 1))).toBe("INVALID_ARGUMENT");
    expect(records.map(({ code }) => code)).toEqual(["NOT_FOUND", "INVALID_ARGUMENT"]);
    expect(door.counts.get("m.echo")).toMatchObject({ calls: 1, errors: 1 });
  });

  it("answers an awaitable call with something pending", async () => {
    const { call } = setup();
    const answer = call("m.later", 21);
    expect(answer).toBeInstanceOf(Pending);
    expect(await (answer as Pending).promise).toBe(42);
    // What is wrong with the arguments is said at once.
    expect(codeOf(() => call("m.later", new FunctionRef(1, () => {})))).toBe("INVALID_ARGUMENT");
  });

  it("tells the work behind a pending call when nobody waits any more", async () => {
    const { call } = setup();
    const pending = call("m.waits") as Pending;
    const reason = new SpellError("CANCELLED", "enough");
    pending.abort(reason);
    await expect(pending.promise).rejects.toBe(reason);
    expect(aborted).toBe(reason);
  });
});

describe("AuditLog", () => {
  it("lets nobody abort a call that has ended: its controller may be another one's", async () => {
    const { call } = setup();
    const first = call("m.later", 1) as Pending;
    expect(await first.promise).toBe(2);
    const second = call("m.waits") as Pending;
    aborted = undefined;
    first.abort(new SpellError("CANCELLED", "too late"));
    await Promise.resolve();
    expect(aborted).toBeUndefined();
    const reason = new SpellError("CANCELLED", "in time");
    second.abort(reason);
    await expect(second.promise).rejects.toBe(reason);
    expect(aborted).toBe(reason);
  });

  it("keeps the last 10,000 records in order and tells the listener of all", () => {
    let heard = 0;
    const log = new AuditLog(() => heard++);
    for (let i = 0; i < 25_000; i++) log.add("f", "allowed");
    expect(heard).toBe(25_000);
    expect(log.records.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 10_000 }, (_, i) => 15_001 + i));
  });
});

describe("powers that the door asks for", () => {
  const denied = (grant: string): object =>
    expect.objectContaining({ code: "PERMISSION_DENIED", details: expect.objectContaining({ grant }) });

  it("come before the arguments are looked at", () => {
    const { call, records } = setup([{ capability: "auth", scope: "tokens" }]);
    expect(() => call("m.log_in", 7)).toThrow(denied("--allow auth=login"));
    expect(records.at(-1)).toMatchObject({ function: "m.log_in", capability: "auth=login", decision: "denied" });
    const granted = setup([{ capability: "auth", scope: "login" }]);
    expect(() => granted.call("m.log_in", 7)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  it("have the scope that a parameter says, wherever an older name has it", async () => {
    const { call, door, records } = setup([{ capability: "storage", scope: "mine" }]);
    const put = library.bindings.modules[0]?.functions.find(({ name }) => name === "put")?.id ?? 0;
    expect(() => call("m.keep", 1, "yours")).toThrow(denied("--allow storage=yours"));
    expect(() => door.call(put, ["yours", 1], guest)).toThrow(denied("--allow storage=yours"));
    expect(() => call("m.keep", 1, 2)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(await (call("m.keep", 1, "mine") as Pending).promise).toBe("mine");
    expect(records.filter(({ capability }) => capability === "storage=mine")).toHaveLength(1);
  });
});
