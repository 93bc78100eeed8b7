import { SpellError } from "@llmspell/errors";

// IANA IPv4 Special-Purpose Address Registry, multicast (RFC 5771) and reserved space:
// everything that is not a host of the public internet.
const NOT_PUBLIC_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
];

// Of IPv6 only 2000::/3 is global unicast (IANA); within it, protocol assignments
// with Teredo, 6to4 and documentation lead elsewhere or nowhere. IPv4-mapped,
// NAT64, loopback, link-local and unique local addresses are all outside 2000::/3.
const GLOBAL_V6 = "2000::/3";
const NOT_PUBLIC_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];

/** Tells addresses apart that may be connected to. */
export interface AddressRules {
  /** Whether `address` (an IP address as text) may be connected to. */
  allows(address: string): boolean;
  /** Whether `host` is an IP address. */
  isAddress(host: string): boolean;
}

/**
 * Allows public addresses, and those in `extra`: addresses or CIDR blocks such as `127.0.0.1` or `10.1.0.0/16`.
 *
 * @throws SpellError `INVALID_ARGUMENT` for an entry that is neither.
 */
export async function addressRules(extra: readonly string[] = []): Promise<AddressRules> {
  const { BlockList, isIP } = await import("node:net");
  const blockList = (entries: readonly string[]): InstanceType<typeof BlockList> => {
    const list = new BlockList();
    for (const entry of entries) {
      // A prefix that is no number must not become 0, which is every address.
      const [, address = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
      const family = isIP(address) === 4 ? "ipv4" : "ipv6";
      try {
        list.addSubnet(address, prefix === undefined ? (family === "ipv4" ? 32 : 128) : Number(prefix), family);
      } catch {
        throw new SpellError("INVALID_ARGUMENT", `'${entry}' is not an IP address or CIDR block`);
      }
    }
    return list;
  };
  const [granted, global, notPublic] = [extra, [GLOBAL_V6], [...NOT_PUBLIC_V4, ...NOT_PUBLIC_V6]].map((entries) =>
    blockList(entries),
  ) as [InstanceType<typeof BlockList>, InstanceType<typeof BlockList>, InstanceType<typeof BlockList>];

  return {
    isAddress: (host) => isIP(host) !== 0,
    allows(address) {
      const version = isIP(address);
      // A zone (`fe80::1%eth0`) names a link of this machine.
      if (version === 0 || address.includes("%")) return false;
      const family = version === 4 ? "ipv4" : "ipv6";
      if (granted.check(address, family)) return true;
      return !notPublic.check(address, family) && (family === "ipv4" || global.check(address, family));
    },
  };
}
