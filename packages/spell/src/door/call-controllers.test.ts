import { describe, expect, it } from "vitest";
import { inCallScope } from "../run/call-scope.js";
import { CallControllers } from "./call-controllers.js";

describe("CallControllers", () => {
  it("gives the controller of a call that has ended to the next one", () => {
    const controllers = new CallControllers();
    const first = controllers.take();
    const beside = controllers.take();
    expect(beside).not.toBe(first);
    const listen = (): void => {};
    first.signal.addEventListener("abort", listen, { once: true });
    first.signal.removeEventListener("abort", listen);
    controllers.giveBack(first);
    expect(controllers.take()).toBe(first);
  });

  it.each<[string, (controller: AbortController) => unknown]>([
    ["has aborted", (controller) => controller.abort()],
    ["somebody listens to", ({ signal }) => signal.addEventListener("abort", () => {})],
    ["another signal follows", ({ signal }) => AbortSignal.any([signal, new AbortController().signal])],
    ["is that of what a function of the spell does", ({ signal }) => inCallScope(signal, () => {})],
  ])("but not one that %s", (_, use) => {
    const controllers = new CallControllers();
    const controller = controllers.take();
    const kept = use(controller);
    controllers.giveBack(controller);
    expect(controllers.take()).not.toBe(controller);
    expect(kept).not.toBe(controller);
  });
});
