import { SpellError } from "@llmspell/errors";
import type { LookupAddress, LookupOptions } from "node:dns";
import { bounded } from "../json.js";
import { addressRules } from "./address.js";

/** Which URLs may be asked. Without any field: `http` and `https` to every host with a public address. */
export interface UrlPolicy {
  /** `http` and `https` by default. */
  schemes?: readonly ("http" | "https")[];
  /** Names of hosts, `*.example.com` for those below one; all by default. */
  hosts?: readonly string[];
  /** All by default. */
  ports?: readonly number[];
  /** Addresses and CIDR blocks that are allowed although they are not public, e.g. `127.0.0.1`; none by default. */
  addresses?: readonly string[];
}

/** All addresses of a host. */
export type Resolve = (hostname: string) => Promise<LookupAddress[]>;

type LookupReply = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** A {@link UrlPolicy} put to work. */
export interface UrlGuard {
  /**
   * `url`, checked by its letters and, when its host is an address, by that.
   *
   * @throws SpellError `INVALID_ARGUMENT` when it is no URL or holds credentials; `PERMISSION_DENIED`.
   */
  check(url: string | URL): URL;
  /**
   * The addresses of a host, every one of them allowed: a name with one forbidden address is refused.
   *
   * @throws SpellError `PERMISSION_DENIED`; what looking up throws.
   */
  resolve(hostname: string): Promise<LookupAddress[]>;
  /**
   * {@link resolve} in the shape of `dns.lookup`, for `net.connect`: a socket
   * that is opened with it goes to the very address that was checked.
   */
  lookup(hostname: string, options: LookupOptions, reply: LookupReply): void;
}

export async function createUrlGuard(policy: UrlPolicy = {}, resolveHost?: Resolve): Promise<UrlGuard> {
  const { schemes = ["http", "https"], hosts, ports, addresses } = policy;
  const [rules, { lookup: dnsLookup }] = await Promise.all([addressRules(addresses), import("node:dns/promises")]);
  const all = resolveHost ?? ((hostname: string) => dnsLookup(hostname, { all: true, verbatim: true }));

  const guard: UrlGuard = {
    check(given) {
      const text = String(given);
      if (!URL.canParse(text)) throw new SpellError("INVALID_ARGUMENT", `'${bounded(text, 200)}' is not a URL`);
      const url = new URL(text);
      const scheme = url.protocol.slice(0, -1);
      if (!(schemes as readonly string[]).includes(scheme)) throw denied(url, `the scheme '${scheme}' is not allowed`);
      if (url.username !== "" || url.password !== "")
        throw new SpellError("INVALID_ARGUMENT", "a URL must not hold credentials: give them as 'auth'");
      const port = url.port === "" ? (scheme === "https" ? 443 : 80) : Number(url.port);
      if (ports !== undefined && !ports.includes(port)) throw denied(url, `port ${port} is not allowed`);
      const host = bareHost(url);
      if (hosts !== undefined && !hosts.some((pattern) => matchesHost(host, pattern)))
        throw denied(url, "this host is not allowed");
      // The parser of URLs has made `0177.1`, `2130706433` and the like into plain addresses.
      if (rules.isAddress(host) && !rules.allows(host)) throw denied(url, "this address is not allowed");
      return url;
    },
    async resolve(hostname) {
      const found = await all(hostname);
      if (found.length === 0 || !found.every(({ address }) => rules.allows(address))) {
        // Which address it was is not told: it would describe the inner network.
        throw new SpellError("PERMISSION_DENIED", `'${hostname}' leads to an address that is not allowed`, {
          details: { host: hostname },
        });
      }
      return found;
    },
    lookup(hostname, options, reply) {
      guard.resolve(hostname).then(
        (found) => pick(hostname, found, options, reply),
        (error: Error) => reply(error, ""),
      );
    },
  };
  return guard;
}

function pick(hostname: string, found: LookupAddress[], { all, family }: LookupOptions, reply: LookupReply): void {
  const wanted = family === 4 || family === 6 ? found.filter((entry) => entry.family === family) : found;
  const [first] = wanted;
  if (all === true) reply(null, wanted);
  else if (first === undefined) reply(new Error(`'${hostname}' has no address of this family`), "");
  else reply(null, first.address, first.family);
}

/** The host of a URL as it is resolved: without brackets and without the dot of a full name. */
export function bareHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

function matchesHost(host: string, pattern: string): boolean {
  const wanted = pattern.toLowerCase();
  return wanted.startsWith("*.") ? host.endsWith(wanted.slice(1)) && host !== wanted.slice(2) : host === wanted;
}

function denied(url: URL, reason: string): SpellError {
  const shown = url.host === "" ? url.protocol : url.origin === "null" ? url.protocol : url.origin;
  return new SpellError("PERMISSION_DENIED", `'${bounded(shown, 200)}' may not be asked: ${reason}`, {
    details: { url: bounded(shown, 200) },
  });
}
