import { describe, expect, it } from "vitest";
import { ENGINES, EXTENSIONS, engineFor } from "./engines.js";

describe("engines", () => {
  it.each(ENGINES.map((known) => [known.name, known] as const))("%s is what its entry says", async (name, known) => {
    using engine = await known.load();
    expect(engine).toMatchObject({ name, extensions: known.extensions });
    expect(EXTENSIONS).toEqual(expect.arrayContaining([...known.extensions]));
  });

  it("are found by the file's extension", async () => {
    using engine = await engineFor("spell.lua");
    expect(engine.name).toBe("lua");
    await expect(engineFor("spell.py")).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: "no engine runs '.py' files",
    });
  });
});
