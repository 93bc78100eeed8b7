import { describe, expect, it } from "vitest";
import { folder, runCli } from "./support/cli.js";

const FILES = {
  "spells/sums.test.lua": `
print("printed")
test.describe("sums", function()
  test.it("adds", function() test.assert_equals(1 + 1, 2) end)
  test.it("fails", function()
    test.assert_equals({ a = 1 }, { a = 2 })
  end)
end)`,
  "spells/inner/text.spec.js": `test.it("joins", () => test.assertEquals("a" + "b", "ab")); test.it("is skipped", () => test["skip"]("later"));`,
  "spells/no-test.lua": "error('not a test')",
  "spells/node_modules/x.test.lua": "error('not ours')",
};

describe("llmspell test", () => {
  it("STD-45: finds and runs tests in both languages; the report goes to stdout, the rest to stderr", async () => {
    const cwd = await folder(FILES);
    const { status, stdout, stderr } = await runCli(["test", "spells", "--coverage"], { cwd });
    expect(status).toBe(1);
    expect(stdout).toContain("✓ joins");
    expect(stdout).toContain("- is skipped (later)");
    expect(stdout).toMatch(/✗ sums › fails\n {6}a: expected 2, got 1\n[^]*at sums\.test\.lua:6/);
    expect(stdout).toContain("2 passed, 1 failed, 1 skipped");
    expect(stdout).not.toContain("printed");
    expect(stderr).toContain("printed");
    expect(stderr).toMatch(/100\.0 % {2}spells\/sums\.test\.lua/);
    expect(stdout + stderr).not.toContain(cwd);
  });

  it("STD-45: filters, and reports as TAP and JUnit", async () => {
    const cwd = await folder(FILES);
    const tap = await runCli(["test", "-r", "tap", "--filter", "adds"], { cwd });
    expect(tap).toMatchObject({
      status: 0,
      stdout: "TAP version 14\n1..1\nok 1 - spells/sums.test.lua › sums › adds\n",
    });
    const junit = await runCli(["test", "-r", "junit"], { cwd });
    expect(junit.status).toBe(1);
    expect(junit.stdout).toMatch(
      /^<\?xml[^]*<testsuite name="spells\/sums\.test\.lua" tests="2" failures="1"[^]*<\/testsuites>\n$/,
    );
  });

  it.each([
    ["a folder without tests", ["test", "none"], 2, "there are no tests"],
    ["a path that is not there", ["test", "nowhere"], 2, "there is no 'nowhere'"],
    ["a denied power", ["test", "denied.lua"], 1, "PERMISSION_DENIED"],
    ["a spell that fails", ["test", "broken.lua"], 1, "boom"],
  ])("%s", async (_, args, status, words) => {
    const cwd = await folder({
      "none/a.lua": "return 1",
      "broken.lua": "error('boom')",
      "denied.lua":
        "test.it('a', function() local _, e = pcall(tools.execute, 'file_operations', { operation = 'read', path = 'x' }) test.fail(e.code) end)",
    });
    const result = await runCli(args, { cwd });
    expect(result.status).toBe(status);
    expect(result.stdout + result.stderr).toContain(words);
  });
});
