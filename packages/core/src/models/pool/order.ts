/** What an order looks at. */
interface Candidate {
  readonly weight: number;
  readonly metrics: { readonly active: number; readonly calls: number; readonly averageMs: number | undefined };
}

/** Puts members in the order in which they are tried, for one call. */
export type Order = <M extends Candidate>(members: readonly M[]) => M[];

/** In which order a pool tries its members, one after the other until one answers. */
export type OrderName = "failover" | "round-robin" | "random" | "weighted" | "least-busy" | "fastest";

/** Each makes an order of its own, since some remember what they did. */
export const ORDERS: Readonly<Record<OrderName, (random: () => number) => Order>> = {
  /** As they are listed. */
  failover: () => (members) => [...members],
  /** Each is the first in turn. */
  "round-robin": () => {
    let turn = 0;
    return (members) => rotate(members, turn++ % members.length);
  },
  random: (random) => (members) => shuffle(members, random),
  /** Each is the first as often as its weight says, evenly spread (the smooth weighted round-robin of nginx). */
  weighted: () => {
    const credits = new WeakMap<object, number>();
    return (members) => {
      const total = members.reduce((sum, { weight }) => sum + weight, 0);
      const credit = (member: object): number => credits.get(member) ?? 0;
      for (const member of members) credits.set(member, credit(member) + member.weight);
      const ordered = members.toSorted((a, b) => credit(b) - credit(a));
      const [first] = ordered;
      if (first !== undefined) credits.set(first, credit(first) - total);
      return ordered;
    };
  },
  /** Those with the fewest calls under way first, then those with the fewest calls. */
  "least-busy": () => (members) =>
    members.toSorted((a, b) => a.metrics.active - b.metrics.active || a.metrics.calls - b.metrics.calls),
  /** The shortest time to an answer first; one that has not answered yet comes before, to find out. */
  fastest: () => (members) => members.toSorted((a, b) => (a.metrics.averageMs ?? 0) - (b.metrics.averageMs ?? 0)),
};

function rotate<T>(items: readonly T[], start: number): T[] {
  return [...items.slice(start), ...items.slice(0, start)];
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
