import assert from "node:assert/strict";
import { SpellError, type ErrorCode } from "@llmspell/errors";
import type { Host, Limits } from "../index.js";
import { caseMaker, failure, stillWorks, type ConformanceCase, type ConformanceKit } from "./kit.js";
import type { Programs } from "./programs.js";

type SourceName = { [K in keyof Programs]: Programs[K] extends string ? K : never }[keyof Programs];

interface LimitCase {
  readonly source: SourceName;
  readonly limit: keyof Limits;
  readonly value: number;
  readonly code: ErrorCode;
}

const CASES: readonly LimitCase[] = [
  { source: "endlessLoop", limit: "fuel", value: 200_000, code: "LIMIT_FUEL" },
  { source: "catchingLoop", limit: "fuel", value: 200_000, code: "LIMIT_FUEL" },
  { source: "endlessLoop", limit: "timeMs", value: 20, code: "LIMIT_TIME" },
  { source: "catchingLoop", limit: "timeMs", value: 20, code: "LIMIT_TIME" },
  { source: "awaitOne", limit: "timeMs", value: 20, code: "LIMIT_TIME" },
  { source: "growMemory", limit: "memoryBytes", value: 4 * 1024 * 1024, code: "LIMIT_MEMORY" },
  { source: "deepRecursion", limit: "callDepth", value: 10_000, code: "LIMIT_DEPTH" },
  { source: "callForever", limit: "hostCalls", value: 50, code: "LIMIT_CALLS" },
  { source: "startForever", limit: "pendingCalls", value: 20, code: "LIMIT_PENDING" },
  { source: "sendLargeText", limit: "valueBytes", value: 10_000, code: "LIMIT_VALUE" },
  { source: "returnLargeText", limit: "valueBytes", value: 10_000, code: "LIMIT_VALUE" },
  { source: "printForever", limit: "outputBytes", value: 1_005, code: "LIMIT_OUTPUT" },
];

export function limitCases(kit: ConformanceKit): ConformanceCase[] {
  const make = caseMaker(kit, "limits");
  const { programs } = kit;
  return [
    ...CASES.map(({ source, limit, value, code }) =>
      make(
        `${source} ends at the limit ${limit} with ${code}, and the next guest works`,
        async (stage) => {
          const error = await failure(stage.run(programs[source]), code);
          assert.deepEqual([error.details["limit"], error.details["value"]], [limit, value]);
          assert.match(error.message, new RegExp(String(value)));
          await stillWorks(stage);
        },
        { limits: { fuel: 50_000_000, [limit]: value } },
      ),
    ),
    make(
      "a guest that a limit ended runs nothing any more",
      async ({ guest, run }) => {
        await failure(run(programs.endlessLoop), "LIMIT_FUEL");
        assert.equal(guest.state, "killed");
        await failure(() => run(programs.returnInteger).result(), "LIMIT_FUEL");
        await failure(() => guest.getGlobal("input"), "LIMIT_FUEL");
      },
      { limits: { fuel: 100_000 } },
    ),
    ...(kit.isolation === "worker"
      ? []
      : ([programs.endlessLoop, programs.catchingLoop] as const).map((endless, i) =>
          make(`a host that is asked in the middle of a turn can end it: ${i + 1}`, async ({ engine }) => {
            let asked = 0;
            const reason = new SpellError("INTERRUPTED", "enough");
            const host: Host = { interrupted: () => (++asked < 3 ? undefined : reason) };
            using guest = engine.createGuest({ host, limits: { fuel: 1e12 } });
            const { message } = await failure(guest.run(endless), "INTERRUPTED");
            assert.deepEqual([message, guest.state, asked >= 3], ["enough", "killed", true]);
          }),
        )),
    make(
      "usage never exceeds the limits",
      async ({ guest, host, run }) => {
        await failure(run(programs.printForever), "LIMIT_OUTPUT");
        assert.equal(guest.usage.outputBytes, 105);
        assert.equal(host.output.length, 105);
        assert.ok(guest.usage.fuel > 0 && guest.usage.fuel <= 1_000_000);
        assert.ok(guest.usage.peakMemoryBytes >= guest.usage.memoryBytes && guest.usage.memoryBytes > 0);
      },
      { limits: { fuel: 1_000_000, outputBytes: 105 } },
    ),
    make(
      "what a guest gives its host costs fuel by its bytes, and a call that fails no less",
      async ({ guest, host, run }) => {
        await run(programs.sendLargeText).result();
        const given = guest.usage.fuel;
        assert.ok(given > 400_000, String(given));
        host.onCall = () => {
          throw new SpellError("TOOL_FAILED", "no luck");
        };
        await failure(run(programs.sendLargeText), "TOOL_FAILED");
        assert.ok(guest.usage.fuel - given > 400_000, String(guest.usage.fuel - given));
      },
    ),
    make(
      "what is charged to a guest counts as its own use, and ends it at its limits",
      async ({ guest, run, another }) => {
        await run(programs.returnInteger).result();
        const { fuel, hostCalls, outputBytes } = guest.usage;
        guest.charge({ fuel: 1_000, hostCalls: 2, outputBytes: 3 });
        await run(programs.returnInteger).result();
        const { usage } = guest;
        assert.deepEqual([usage.hostCalls, usage.outputBytes], [hostCalls + 2, outputBytes + 3]);
        assert.ok(usage.fuel > fuel + 1_000 && usage.fuel < 2 * fuel + 1_100, `${usage.fuel}, ${fuel} before`);
        guest.charge({ fuel: 1e12 });
        const { message } = await failure(() => run(programs.returnInteger).result(), "LIMIT_FUEL");
        assert.match(message, /of 1000000 units/);
        assert.equal(guest.usage.fuel, 1_000_000);
        const calling = another();
        calling.host.onCall = () => calling.guest.charge({ hostCalls: 1_000_000 });
        await failure(calling.guest.run(programs.callForever), "LIMIT_CALLS");
        assert.equal(calling.host.calls, 1);
        const printing = another();
        printing.guest.charge({ outputBytes: 1e9 });
        await failure(() => printing.guest.run(programs.printText).result(), "LIMIT_OUTPUT");
        for (const wrong of [-1, Number.NaN, Infinity])
          await failure(() => another().guest.charge({ fuel: wrong }), "INVALID_ARGUMENT");
      },
      { limits: { fuel: 1_000_000 } },
    ),
    make(
      "the fuel of several runs of one guest adds up to one limit",
      async ({ guest, run }) => {
        await run(programs.returnInteger).result();
        const one = guest.usage.fuel;
        await run(programs.returnInteger).result();
        assert.ok(guest.usage.fuel > one);
        await failure(run(programs.endlessLoop), "LIMIT_FUEL");
        assert.equal(guest.usage.fuel, 100_000);
      },
      { limits: { fuel: 100_000 } },
    ),
    make(
      "the calls that the host answers are counted, the refused one is not answered",
      async ({ host, run }) => {
        await failure(run(programs.callForever), "LIMIT_CALLS");
        assert.equal(host.calls, 7);
      },
      { limits: { hostCalls: 7 } },
    ),
    make("a limit that does not exist or is not positive is refused", async ({ another }) => {
      await failure(() => another({ limits: { fuel: 0 } }), "INVALID_ARGUMENT");
      await failure(() => another({ limits: { feul: 1 } as Partial<Limits> }), "INVALID_ARGUMENT");
    }),
  ];
}
