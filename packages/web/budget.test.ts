import { expect, test } from "vitest";
import { weigh } from "./budget.js";

const manifest = {
  "index.html": {
    file: "assets/index.js",
    isEntry: true,
    imports: ["_frame.js"],
    dynamicImports: ["src/capabilities/debt/statement-screen.tsx"],
  },
  "_frame.js": { file: "assets/frame.js" },
  "_chart.js": { file: "assets/chart.js" },
  "src/capabilities/debt/statement-screen.tsx": { file: "assets/statement.js", imports: ["_frame.js"] },
  "src/capabilities/tracking/run-screen.tsx": {
    file: "assets/run.js",
    imports: ["_frame.js"],
    dynamicImports: ["_chart.js"],
  },
};
const sizes: Record<string, number> = {
  "assets/index.js": 10_000,
  "assets/frame.js": 100_000,
  "assets/statement.js": 5000,
  "assets/run.js": 7000,
  "assets/chart.js": 23_000,
};

test("the first page is the entry with the statement, each file once", () => {
  expect(weigh(manifest, (file) => sizes[file] ?? 0)[0]).toEqual({ route: "first page", kb: 115, most: 200 });
});

test("a later route pays for what it adds, also for what it loads late", () => {
  expect(weigh(manifest, (file) => sizes[file] ?? 0)[1]).toEqual({
    route: "src/capabilities/tracking/run-screen.tsx",
    kb: 30,
    most: 80,
  });
});
