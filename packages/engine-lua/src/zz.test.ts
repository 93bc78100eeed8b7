import { it } from "vitest";
import { createLuaEngine } from "@llmspell/engine-lua";
it("x", async () => {
  const e = createLuaEngine();
  for (const src of ["local function f() return 1 + f() end f()", "local t = table.pack(table.unpack({}, 1, 900000))", 'local f = ("%c"):rep(10000) while true do os.date(f) end', "local t = {} for i = 1, math.huge do t[i] = 'k' .. i end"])
  for (const memoryBytes of [8e6, 64e6]) {
    const g = e.createGuest({ limits: { fuel: 1e8, memoryBytes, callDepth: 1e7 } });
    const t = performance.now();
    await g.run(src).result().catch((x) => console.log(src, x.code, x.message, JSON.stringify(x.details).slice(0, 300)));
    console.log(g.usage.fuel, g.usage.memoryBytes, performance.now() - t);
  }
});
