import { describe, expect, it } from "vitest";
import { addressRules } from "./address.js";
import { createUrlGuard } from "./url-guard.js";

describe("addressRules", () => {
  it.each([
    ["8.8.8.8", true],
    ["93.184.216.34", true],
    ["2606:4700::1111", true],
    ["172.15.255.255", true],
    ["172.16.0.1", false],
    ["2001:db8::1", false],
    ["2002:7f00:1::", false],
    ["::ffff:8.8.8.8", false],
    ["64:ff9b::7f00:1", false],
    ["fe80::1%eth0", false],
    ["not an address", false],
  ])("%s is public: %s", async (address, expected) => {
    expect((await addressRules()).allows(address)).toBe(expected);
  });

  it("allows what is granted besides", async () => {
    const rules = await addressRules(["10.1.0.0/16", "::1"]);
    expect(["10.1.2.3", "::1", "10.2.0.1", "::2"].map((address) => rules.allows(address))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    for (const bad of ["nonsense", "10.0.0.0/99", "", "10.0.0.0/", "10.0.0.0/ ", "10.0.0.0/8/9", "10.0.0.0/1e1", "::/"])
      await expect(addressRules([bad]), `${bad}`).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });
});

describe("createUrlGuard", () => {
  it("checks scheme, host, port and credentials", async () => {
    const guard = await createUrlGuard({ schemes: ["https"], hosts: ["a.test", "*.b.test"], ports: [443, 8443] });
    expect(guard.check("https://A.test./x").href).toBe("https://a.test./x");
    expect(guard.check("https://c.b.test:8443/").port).toBe("8443");
    for (const [url, code] of [
      ["http://a.test/", "PERMISSION_DENIED"],
      ["https://b.test/", "PERMISSION_DENIED"],
      ["https://evilb.test/", "PERMISSION_DENIED"],
      ["https://a.test:444/", "PERMISSION_DENIED"],
      ["https://a.test@c.test/", "INVALID_ARGUMENT"],
      ["https://", "INVALID_ARGUMENT"],
    ] as const) {
      expect(() => guard.check(url), `${url}`).toThrow(expect.objectContaining({ code }));
    }
  });

  it("refuses a name as soon as one of its addresses is forbidden, without telling it", async () => {
    const guard = await createUrlGuard({}, () =>
      Promise.resolve([
        { address: "8.8.8.8", family: 4 },
        { address: "10.0.0.7", family: 4 },
      ]),
    );
    const error: unknown = await guard.resolve("mixed.test").catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "PERMISSION_DENIED" });
    expect(JSON.stringify(error)).not.toContain("10.0.0.7");
  });

  it("answers in the shapes of dns.lookup", async () => {
    const guard = await createUrlGuard({}, () =>
      Promise.resolve([
        { address: "2606:4700::1111", family: 6 },
        { address: "8.8.8.8", family: 4 },
      ]),
    );
    const lookup = (options: object): Promise<unknown[]> =>
      new Promise((resolve) => guard.lookup("x.test", options, (...answer) => resolve(answer)));
    expect(await lookup({ all: true })).toEqual([null, [expect.anything(), expect.anything()]]);
    expect(await lookup({ family: 4 })).toEqual([null, "8.8.8.8", 4]);
    const none = await createUrlGuard({}, () => Promise.resolve([{ address: "8.8.8.8", family: 4 }]));
    const failed = await new Promise((resolve) => none.lookup("x.test", { family: 6 }, resolve));
    expect(failed).toMatchObject({ message: "'x.test' has no address of this family" });
  });
});
