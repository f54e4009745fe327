import { defineConfig } from "vitest/config";
import { ending } from "./tools/vitest-ending.ts";

function unit(name: string, include: string[], testTimeout = 20_000) {
  return {
    extends: true as const,
    test: { name, include, testTimeout, hookTimeout: 60_000 },
  };
}

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"] } },
  test: {
    reporters: ["default", ending],
    projects: [
      unit("api", ["packages/api/src/**/*.test.ts"]),
      unit("scan", ["packages/scan/src/**/*.test.ts"]),
      unit("platform", ["packages/platform/src/**/*.test.ts"]),
      unit("tools", ["tools/**/*.test.ts"], 60_000),
      "packages/web/vite.config.ts",
    ],
  },
});
