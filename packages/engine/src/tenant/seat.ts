import type { SpellError } from "@llmspell/errors";
import type { Guest } from "../engine.js";
import type { Limits } from "../limits.js";
import type { Tenant } from "./tenant.js";

/** The place of one guest at its tenant, through which its engine counts. */
export class Seat {
  readonly tenant: Tenant;
  /** The limits that the guest was made with; its tenant's changes do not touch them. */
  readonly #own: Partial<Limits>;
  #guest: Guest | undefined;
  #memoryBytes = 0;
  #isStopped = false;

  constructor(tenant: Tenant, own: Partial<Limits>) {
    this.tenant = tenant;
    this.#own = own;
  }

  take(guest: Guest): void {
    this.#guest = guest;
  }

  /** Fuel that the guest may use before it looks again. */
  allowance(): number {
    return this.tenant.allowance();
  }

  spend(fuel: number): void {
    this.tenant.spend(fuel);
  }

  /** @throws SpellError `LIMIT_CALLS` */
  countCall(): void {
    try {
      this.tenant.countCall();
    } catch (thrown) {
      this.#stopped();
      throw thrown;
    }
  }

  /** Whether the guest may hold so many bytes; if it may, it does. */
  hold(bytes: number): boolean {
    if (!this.tenant.hold(bytes - this.#memoryBytes)) return false;
    this.#memoryBytes = bytes;
    return true;
  }

  /** The error of the memory that {@link hold} has refused. */
  refusal(): SpellError {
    return this.tenant.error("memoryBytes");
  }

  /** Why the guest has to end, if its tenant has reached a limit. */
  breach(): SpellError | undefined {
    const limit = this.tenant.reached();
    if (limit === undefined) return undefined;
    this.#stopped();
    return this.tenant.error(limit);
  }

  /** The guest was killed: it holds memory only until it is disposed, and takes no more. */
  killed(): void {
    this.hold(0);
  }

  leave(): void {
    this.hold(0);
    this.tenant.left(this);
  }

  /** The tenant's limits for each of its guests have changed. */
  changed(limits: Partial<Limits>): void {
    const guest = this.#guest;
    if (guest === undefined || guest.state === "killed" || guest.state === "disposed") return;
    const names = Object.keys(limits) as (keyof Limits)[];
    const changed = names.filter((name) => this.#own[name] === undefined);
    if (changed.length > 0) guest.updateLimits(Object.fromEntries(changed.map((name) => [name, limits[name]])));
  }

  stop(reason: SpellError): void {
    this.#guest?.stop(reason);
  }

  #stopped(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.tenant.stopped();
  }
}
