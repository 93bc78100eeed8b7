import { readdirSync } from "node:fs";
import { defineConfig } from "vitest/config";

const PACKAGES = readdirSync(new URL("packages/", import.meta.url));
const FLOORS: Readonly<Record<string, number>> = { core: 90, "engine-lua": 95 };

// Tests run on the TypeScript sources: the condition picks `src` over `dist`.
const conditions = ["llmspell-source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 60_000,
    // Also on two cores, where it would be one.
    maxWorkers: "100%",
    coverage: {
      provider: "custom",
      customProviderModule: "./test/support/coverage.ts",
      include: ["packages/*/src/**/*.ts"],
      exclude: ["**/*.test.ts"],
      // Lines in per cent: of everything together, and of each package.
      thresholds: {
        lines: 90,
        ...Object.fromEntries(PACKAGES.map((name) => [`packages/${name}/src/**`, { lines: FLOORS[name] ?? 80 }])),
      },
    },
  },
});
