import { FairScheduler, createTenant } from "@llmspell/engine";
import { SpellError } from "@llmspell/errors";

const ENDLESS = "while true do pcall(function() while true do end end) end";
const WORK = "local n = 0 for i = 1, 1500000 do n = n + i % 7 end return n";

/** Median microseconds of one run of a tenant, alone and beside another one whose 50 guests never end. */
export async function measureTenants(engine, time) {
  const scheduler = new FairScheduler();
  const open = (tenant) =>
    engine.createGuest({ tenant, limits: { fuel: 1e15, timeMs: 1e9 }, host: { pause: scheduler.pauseFor(tenant) } });
  const mine = createTenant({ name: "mine" });
  const run = async () => {
    const guest = open(mine);
    await guest.run(WORK).result();
    guest[Symbol.dispose]();
  };
  const rounds = { rounds: 31, warmup: 5 };
  const alone = await time(run, rounds);
  const hostile = createTenant({ name: "hostile" });
  const hogs = Array.from({ length: 50 }, () => open(hostile));
  const ends = hogs.map((hog) =>
    hog
      .run(ENDLESS)
      .result()
      .catch(() => {}),
  );
  const beside = await time(run, rounds);
  hostile.stop(new SpellError("INTERRUPTED", "measured"));
  await Promise.all(ends);
  for (const hog of hogs) hog[Symbol.dispose]();
  return [alone, beside];
}
