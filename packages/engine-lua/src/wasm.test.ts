import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseModule } from "@llmspell/engine/wasm";
import { describe, expect, it } from "vitest";
import { compileLua, KNOWN_BUILD } from "./wasm.js";

const glue = readFileSync(createRequire(import.meta.url).resolve("wasmoon/dist/glue.wasm"));

describe("Lua's machine code", () => {
  it("is the build whose short loops are known", () => {
    expect(createHash("sha256").update(glue).digest("hex")).toBe(KNOWN_BUILD.sha256);
  });

  it("has the shape of luaD_precall where that is said to be: three parameters, one result", () => {
    const module = parseModule(new Uint8Array(glue));
    expect(module.types[module.functionTypes[KNOWN_BUILD.precall] ?? 0]).toMatchObject({
      params: [0x7f, 0x7f, 0x7f],
      results: [0x7f],
    });
  });

  it("is rewritten to the same bytes each time", () => {
    expect(compileLua().hash).toBe(compileLua().hash);
  });
});
