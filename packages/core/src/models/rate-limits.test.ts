import { expect, it } from "vitest";
import { readRateLimits } from "./rate-limits.js";

it.each([
  ["12ms", 12],
  ["7.66s", 7660],
  ["6m0s", 360_000],
  ["1h2m3s", 3_723_000],
  ["1d", 86_400_000],
  ["1s500ms", 1500],
  ["30", 30_000],
  ["1970-01-01T00:00:05Z", 4000],
  ["soon", undefined],
  ["", undefined],
  ["1".repeat(400) + "s", undefined],
])("PROV-12: a reset of %s is in %s ms", (text, ms) => {
  const limits = readRateLimits(
    new Headers({ "x-ratelimit-limit-tokens": "9", "x-ratelimit-reset-tokens": text }),
    1000,
  );
  expect(limits).toEqual({ at: 1000, tokens: { limit: 9, ...(ms === undefined ? {} : { resetsAt: 1000 + ms }) } });
});

it("PROV-12: headers that are none tell nothing", () => {
  expect(
    readRateLimits(new Headers({ "content-type": "text/plain", "x-ratelimit-limit-requests": "-1" })),
  ).toBeUndefined();
});
