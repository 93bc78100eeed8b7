import { describe, expect, it } from "vitest";
import { createContext } from "../context.js";
import { composeHooks, interceptHook, type Composition } from "./compose.js";
import type { Hook } from "./hook.js";
import { createHooks, type Hooks } from "./hooks.js";
import type { HookPoint } from "./points.js";
import { tryHooks, type HookTrial } from "./run-hooked.js";

const about = { name: "deploy" };
const hook = (name: string, run: (data: string) => unknown, point: HookPoint = "custom.before"): Hook =>
  ({ name, point, run: ({ data }: { data: string }) => run(data) }) as unknown as Hook;
const trial = (hooks: Hooks, data: unknown, ...points: HookPoint[]): Promise<HookTrial> =>
  tryHooks<"custom">(hooks, points.length === 0 ? ["custom.before"] : points, data, { run: createContext(), about });

const add = (letter: string): Hook => hook(letter, (data) => ({ data: data + letter }));
const quiet = hook("quiet", () => undefined);
const stop = hook("stop", () => ({ stop: true, result: "stopped" }));

describe("hooks by hand", () => {
  it("HOOK-1: one point after the other, with what they changed", async () => {
    const hooks = createHooks([
      add("a"),
      {
        name: "w",
        point: "custom.around",
        run: async ({ data }, next) => `(${String(await next(`${String(data)}w`))})`,
      },
      hook("z", (data) => ({ data: `${data}z` }), "custom.after"),
    ]);
    const done = await trial(hooks, "x", "custom.before", "custom.around", "custom.after");
    expect(done).toMatchObject({ data: "(xaw)z", stopped: false });
    expect(done.changes.map((change) => change.hook)).toEqual(["a", "w", "w", "z"]);
  });

  it("tells who stops", async () => {
    expect(await trial(createHooks([add("a"), stop, add("b")]), "x")).toMatchObject({ data: "stopped", stopped: true });
    expect(await trial(createHooks([hook("no", () => ({ stop: true, reason: "why" }))]), "x")).toMatchObject({
      data: "x",
      stopped: true,
      reason: "stopped by hook 'no': why",
    });
    const broken = createHooks([hook("bad", () => Promise.reject(new Error("broken")))]);
    await expect(trial(broken, "x")).rejects.toThrow("broken");
  });
});

describe("one hook of several", () => {
  it.each<[Composition, Hook[], Partial<HookTrial>]>([
    ["sequential", [add("a"), quiet, add("b")], { data: "xab", stopped: false }],
    ["sequential", [add("a"), stop, add("b")], { data: "stopped", stopped: true }],
    ["sequential", [quiet], { data: "x" }],
    ["parallel", [add("a"), add("b"), quiet], { data: "xb" }],
    ["parallel", [add("a"), stop], { data: "stopped" }],
    ["first", [quiet, add("a"), stop], { data: "xa" }],
    ["first", [quiet], { data: "x" }],
  ])("%s %#", async (mode, members, expected) => {
    const apart = createHooks();
    const hooks = createHooks([
      composeHooks(
        "all",
        members.map((each) => apart.add(each)),
        mode,
      ),
    ]);
    expect(await trial(hooks, "x")).toMatchObject(expected);
  });

  it("around an operation is nested, and passes over those that do not apply", async () => {
    const apart = createHooks();
    const around = (name: string, filter = true): Hook => ({
      name,
      point: "custom.around",
      filter: () => filter,
      run: async ({ data }, next) => `${name}${String(await next(`${String(data)}${name}`))}`,
    });
    const members = [around("a"), around("-", false), around("b")].map((each) => apart.add(each));
    expect(await trial(createHooks([composeHooks("all", members)]), "x", "custom.around")).toMatchObject({
      data: "abxab",
    });
    expect(() => composeHooks("all", members, "parallel")).toThrow("one after the other");
    expect(() => composeHooks("all", [])).toThrow("needs hooks");
    expect(() => composeHooks("all", [...members, apart.add(quiet)])).toThrow("at 'custom.before'");
  });
});

describe("a registered hook", () => {
  it("is intercepted before, after and in its place, until that ends", async () => {
    const hooks = createHooks();
    const registered = hooks.add(add("a"));
    const silent = hooks.add(quiet);
    const ends = [
      interceptHook(registered, "before", (data) => `${String(data)}<`),
      interceptHook(registered, "after", (data) => `${String(data)}>`),
      interceptHook(silent, "after", (data) => `${String(data)}q`),
    ];
    expect(await trial(hooks, "x")).toMatchObject({ data: "x<a>q" });
    const end = interceptHook(registered, "replace", () => "other");
    expect(await trial(hooks, "x")).toMatchObject({ data: "otherq" });
    for (const each of [end, ...ends]) each[Symbol.dispose]();
    expect(await trial(hooks, "x")).toMatchObject({ data: "xa" });
    interceptHook(hooks.add(stop), "after", () => "never");
    expect(await trial(hooks, "x")).toMatchObject({ data: "stopped" });
  });

  it("around an operation is intercepted by its output", async () => {
    const hooks = createHooks();
    const registered = hooks.add({ name: "w", point: "custom.around", run: (_, next) => next() });
    interceptHook(registered, "after", (data) => `${String(data)}!`);
    expect(await trial(hooks, "x", "custom.around")).toMatchObject({ data: "x!" });
    interceptHook(registered, "replace", (data) => `${String(data)}?`);
    expect(await trial(hooks, "x", "custom.around")).toMatchObject({ data: "x?" });
  });

  it("moves by its priority", async () => {
    const hooks = createHooks();
    const a = hooks.add(add("a"));
    hooks.add(add("b"));
    a.priority = 5;
    expect([await trial(hooks, "x"), a.priority]).toMatchObject([{ data: "xba" }, 5]);
    expect(() => (a.priority = Number.NaN)).toThrow("must be a number");
  });
});
