import type { Engine, Guest, GuestOptions } from "./engine.js";

/**
 * Lends a guest to `use` and gives it back however that ends; waits in line
 * when too many guests live. The guest is stopped if it still works then.
 *
 * @example
 * const sum = await withGuest(engine, {}, (guest) => guest.run("return 1 + 2").result());
 */
export async function withGuest<R>(
  engine: Engine,
  options: GuestOptions & { readonly signal?: AbortSignal },
  use: (guest: Guest) => R | Promise<R>,
): Promise<R> {
  const guest = await engine.acquireGuest(options, options.signal);
  try {
    return await use(guest);
  } finally {
    guest[Symbol.dispose]();
  }
}
