import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const source = path.dirname(fileURLToPath(import.meta.url));

describe("importing @llmspell/core", () => {
  it("imports nothing heavy: packages come by import() when they are needed", () => {
    const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
      (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("testing"),
    );
    const allowed = /^(@llmspell\/errors|node:(async_hooks|fs\/promises|path|util)|\..*\.js)$/;
    const eager = files.flatMap((file) =>
      [
        ...readFileSync(path.join(source, file), "utf8").matchAll(/^(?:import|export) (?!type )[^;]*?from "([^"]+)"/gm),
      ].map((match) => `${file}: ${match[1]}`),
    );
    expect(eager.length).toBeGreaterThan(20);
    expect(eager.filter((line) => !allowed.test(line.split(": ")[1] ?? ""))).toEqual([]);
  });
});
