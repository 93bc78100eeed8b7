import { workerData } from "node:worker_threads";
import { toSpellError } from "@llmspell/errors";
import { EMPTY_BINDINGS, type Bindings } from "../bindings.js";
import type { Charge, Engine } from "../engine.js";
import type { Limits } from "../limits.js";
import { GuestEnd } from "./ends.js";
import { BorrowedFunctions } from "./host-functions.js";
import { Line } from "./line.js";
import { Signal, type Request, type ThreadStart } from "./protocol.js";
import { ServedGuest } from "./served-guest.js";
import { encodeError } from "./wire.js";

/**
 * Serves an engine's guests in this thread; the module that `createWorkerEngine`
 * names calls it, and does nothing else.
 *
 * @param create makes the engine from the `data` that `createWorkerEngine` was given.
 *
 * @example
 * serveEngine((data) => createLuaEngine(data as LuaEngineOptions));
 */
export function serveEngine(create: (data: unknown) => Engine | Promise<Engine>): void {
  const start = workerData as ThreadStart;
  const line = new Line(start);
  process.on("exit", () => {
    line.shared.raise(Signal.left);
    line.shared.raise(Signal.messages);
  });
  const tell = (failed?: unknown): void => {
    const error = failed === undefined ? {} : { failed: encodeError(toSpellError(failed), NO_GUEST) };
    line.say({ type: "up", guest: 0, ...error });
  };
  const serve = (engine: Engine): void => {
    const server = new GuestServer(engine, line);
    line.requests.on("message", (request: Request) => server.handle(request));
    tell();
  };
  void Promise.resolve(start.data).then(create).then(serve).catch(tell);
}

/** For what is said before the first guest, which holds no functions. */
const NO_GUEST = new GuestEnd(
  Infinity,
  new BorrowedFunctions(
    () => null,
    () => {},
  ),
);

/** What came for a guest before it was opened. */
interface Early {
  readonly guest: number;
  readonly limits: Partial<Limits>;
  readonly charges: readonly Charge[];
}

/** Has one guest after the other. */
class GuestServer {
  readonly #engine: Engine;
  readonly #line: Line;
  readonly #bindings = new Map<number, Bindings>();
  #guest: ServedGuest | undefined;
  #early: Early | undefined;

  constructor(engine: Engine, line: Line) {
    this.#engine = engine;
    this.#line = line;
    line.onLimits = (guest, limits) => {
      if (guest === this.#guest?.number) return this.#guest.updateLimits(limits);
      const early = this.#earlyOf(guest);
      this.#early = { ...early, limits: { ...early.limits, ...limits } };
    };
    line.onCharge = (guest, use) => {
      if (guest === this.#guest?.number) return this.#guest.charge(use);
      const early = this.#earlyOf(guest);
      this.#early = { ...early, charges: [...early.charges, use] };
    };
  }

  #earlyOf(guest: number): Early {
    return this.#early?.guest === guest ? this.#early : { guest, limits: {}, charges: [] };
  }

  handle(request: Request): void {
    this.#line.look();
    if (request.type === "open") {
      if (request.newBindings !== undefined) this.#bindings.set(request.bindings, request.newBindings);
      const bindings = this.#bindings.get(request.bindings) ?? EMPTY_BINDINGS;
      const { guest } = request;
      const early = this.#earlyOf(guest);
      this.#early = undefined;
      const limits = { ...request.limits, ...early.limits };
      this.#guest = new ServedGuest(this.#engine, this.#line, { ...request, limits }, bindings);
      for (const use of early.charges) this.#guest.charge(use);
    } else if (request.type === "close") {
      this.#guest?.close();
      this.#guest = undefined;
      this.#line.say({ type: "closed", guest: request.guest });
    } else if (request.type !== "look") {
      this.#guest?.handle(request);
    }
  }
}
