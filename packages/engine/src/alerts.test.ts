import { describe, expect, it } from "vitest";
import { AlertWatch, type Alert, type AlertOptions } from "./index.js";

function watch(options: AlertOptions = {}): { alerts: AlertWatch<string>; told: (string | number)[] } {
  const told: (string | number)[] = [];
  const alerts = AlertWatch.of({ onAlert: (alert: Alert) => void told.push(alert.limit, alert.level), ...options });
  if (alerts === undefined) throw new Error("nobody listens");
  return { alerts, told };
}

describe("AlertWatch", () => {
  it("PROD-4: tells once at 80 %, with what is used", () => {
    const told: Alert[] = [];
    const { alerts } = watch({ onAlert: (alert) => void told.push(alert) });
    for (const used of [0, 79, 80, 81, 99, 100]) alerts.look("fuel", used, 100);
    expect(told).toEqual([{ limit: "fuel", used: 80, max: 100, ratio: 0.8, level: 0.8 }]);
  });

  it("PROD-4: tells again when usage has fallen below and passes once more", () => {
    const { alerts, told } = watch();
    for (const used of [90, 70, 79, 90, 50, 80]) alerts.look("memoryBytes", used, 100);
    expect(told).toHaveLength(6);
  });

  it("tells of each threshold that was passed, in ascending order, whatever the order given", () => {
    const { alerts, told } = watch({ alertAt: [1, 0.5, 0.9] });
    alerts.look("calls", 95, 100);
    alerts.look("calls", 100, 100);
    expect(told).toEqual(["calls", 0.5, "calls", 0.9, "calls", 1]);
  });

  it("keeps limits apart, and follows one that changes", () => {
    const { alerts, told } = watch();
    alerts.look("a", 90, 100);
    alerts.look("b", 10, 100);
    alerts.look("a", 90, 1_000);
    alerts.look("a", 90, 100);
    expect(told).toEqual(["a", 0.8, "a", 0.8]);
  });

  it("says when the next look can tell something", () => {
    const { alerts } = watch({ alertAt: [0.5, 0.9] });
    expect(alerts.next("fuel", 1_000)).toBe(500);
    alerts.look("fuel", 500, 1_000);
    expect(alerts.next("fuel", 1_000)).toBe(900);
    alerts.look("fuel", 900, 1_000);
    expect(alerts.next("fuel", 1_000)).toBe(Infinity);
  });

  it("never tells of a limit that is none", () => {
    const { alerts, told } = watch();
    alerts.look("fuel", 1e15, Infinity);
    expect(told).toEqual([]);
  });

  it("survives a listener that fails", () => {
    const { alerts } = watch({
      onAlert: () => {
        throw new Error("x");
      },
    });
    expect(() => alerts.look("fuel", 9, 10)).not.toThrow();
  });

  it("is nothing when nobody listens, and refuses thresholds that are none", () => {
    expect(AlertWatch.of({ alertAt: [0.5] })).toBeUndefined();
    for (const alertAt of [[0], [1.1], [Number.NaN], Array.from({ length: 17 }, () => 0.5)]) {
      expect(() => watch({ alertAt })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    }
  });
});
