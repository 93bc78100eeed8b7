import { ERROR_CODES, SpellError, isErrorCode } from "@llmspell/errors";
import { describe, expect, it } from "vitest";
import { EXIT, exitOfRun } from "./exit.js";

describe("exit codes", () => {
  it("are these numbers", () => {
    expect(EXIT).toEqual({ ok: 0, failed: 1, usage: 2, limit: 3, denied: 4, interrupted: 130 });
  });

  it("exist for every way a spell can end", () => {
    const statuses = Object.keys(ERROR_CODES)
      .filter(isErrorCode)
      .map((code): [string, number] => [code, exitOfRun(new SpellError(code, "x"))]);
    const special = statuses.filter(([, status]) => status !== EXIT.failed);
    expect(Object.fromEntries(special)).toEqual({
      INTERRUPTED: 130,
      PERMISSION_DENIED: 4,
      CONFIG_INVALID: 2,
      LIMIT_FUEL: 3,
      LIMIT_MEMORY: 3,
      LIMIT_TIME: 3,
      LIMIT_CALLS: 3,
      LIMIT_PENDING: 3,
      LIMIT_VALUE: 3,
      LIMIT_OUTPUT: 3,
      LIMIT_DEPTH: 3,
      LIMIT_GUESTS: 3,
    });
    expect(statuses).toContainEqual(["SCRIPT_ERROR", 1]);
  });
});
