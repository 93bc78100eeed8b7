import { vi } from "vitest";
import type { LuaInstance } from "../instance.js";
import { LuaMaker } from "../maker.js";

/** What `use` does with an engine of its own, and the instance that the first guest of it gets. */
export function withFirstInstance<R>(use: (instance: () => LuaInstance) => R): R {
  const prepared = vi.spyOn(LuaMaker.prototype, "prepare");
  try {
    return use(() => {
      const [result] = prepared.mock.results;
      if (result?.type !== "return") throw new Error("no guest was made");
      return result.value.first;
    });
  } finally {
    prepared.mockRestore();
  }
}
