import { expect, it } from "vitest";
import { createHookNesting } from "./nesting.js";

it("bounds how deeply hooks are called by what they do, not by what they surround", async () => {
  const nesting = createHookNesting(3);
  let deepest = 0;
  const again = async (depth: number): Promise<void> => {
    deepest = depth;
    await Promise.resolve();
    await nesting.inside("loop", () => again(depth + 1));
  };
  await expect(again(0)).rejects.toMatchObject({ code: "INVALID_STATE", details: { hook: "loop", level: 3 } });
  expect(deepest).toBe(3);
  const around = async (depth: number): Promise<string> => {
    if (depth === 20) return "end";
    const beside = nesting.beside();
    return await nesting.inside("around", () => beside(() => around(depth + 1)));
  };
  expect(await around(0)).toBe("end");
});
