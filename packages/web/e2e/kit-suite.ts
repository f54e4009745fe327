import { fileURLToPath } from "node:url";
import { createServer } from "vite";
import { LOOKS, openBrowser, openPage } from "./browser.js";
import { checkPlace } from "./place-checks.js";
import type { SuiteResult } from "./suite.js";

/** The kit page, which only a development build has, in every look. There is no server behind it. */
export async function kitSuite(): Promise<SuiteResult> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const vite = await createServer({
    configFile: `${root}vite.config.ts`,
    mode: "kit",
    logLevel: "error",
    server: { port: 0, host: "127.0.0.1" },
  });
  await vite.listen();
  const url = vite.resolvedUrls?.local[0] ?? "";
  const browser = await openBrowser();
  let passed = 0;
  let failed = 0;
  try {
    for (const look of LOOKS) {
      const { page, faults } = await openPage(browser, new URL(url).origin, look);
      // The frame asks for projects and notices; nobody answers here, and the frame lives.
      await page.route(/^[^?]*\/\/[^/]+\/api\//, (route) =>
        route.fulfill({
          status: 404,
          contentType: "application/json",
          body: '{"code":"ROUTE_NOT_FOUND","message":"none","next":""}',
        }),
      );
      await page.goto(`${url}kit`);
      await page.waitForSelector("h1");
      // Charts are drawn when they are scrolled to.
      for (const chart of await page.locator("figure").all()) await chart.scrollIntoViewIfNeeded();
      await page.evaluate(() => scrollTo(0, 0));
      await page.getByRole("group", { name: /^Three runs: arrow keys/ }).waitFor({ timeout: 30_000 });
      const found = await checkPlace(page, look);
      const all = [...found, ...faults];
      if (all.length === 0) passed += 1;
      else {
        failed += 1;
        console.log(`FAIL web-kit: ${look.theme} ${look.width}\n${all.map((fault) => `  ${fault}`).join("\n")}`);
      }
      await page.context().close();
    }
  } finally {
    await browser.close();
    await vite.close();
  }
  return { name: "web-kit", passed, failed };
}

if (process.argv[1] === import.meta.filename) {
  const { passed, failed } = await kitSuite();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
