import { describe, expect, it } from "vitest";
import { USED_EXPORTS } from "./abi.js";
import { compileQuickJs } from "./wasm.js";

describe("QuickJS's module, rewritten", () => {
  const { module, hash } = compileQuickJs();

  it("has every export that the engine uses, its counter and its one mutable global, and no other", () => {
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names.toSorted()).toEqual([...USED_EXPORTS, "$fuel", "$g0"].toSorted());
  });

  it("asks for nothing but what an instance answers", () => {
    expect(WebAssembly.Module.imports(module).map(({ name }) => name)).toEqual([
      "host_get_timezone_offset",
      "host_interrupt",
      "host_promise_rejection",
      "host_module_normalize",
      "host_module_load",
      "host_call",
      "clock_time_get",
      "fd_close",
      "fd_fdstat_get",
      "fd_seek",
      "fd_write",
      "random_get",
    ]);
  });

  it("is the same each time", () => {
    expect(compileQuickJs()).toMatchObject({ hash, firstPages: 18 });
  });
});
