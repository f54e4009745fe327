import type { Browser, Page } from "playwright-core";
import { LOOKS, type Look, openBrowser, openPage, settle } from "./browser.js";
import { flows } from "./flows.js";
import { checkPlace } from "./place-checks.js";
import { findPlaces } from "./places.js";

export interface SuiteResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
}

/** Every place in every look, reloaded from its own URL, and the readers' flows, against a running server. Failures are printed as they come. */
export async function webSuite(url: string): Promise<SuiteResult> {
  const { origin } = new URL(url);
  const { project, places, first } = await findPlaces(origin);
  const browser = await openBrowser();
  let passed = 0;
  let failed = 0;
  const told = (name: string, faults: readonly string[]) => {
    if (faults.length === 0) passed += 1;
    else {
      failed += 1;
      console.log(`FAIL web: ${name}\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    }
  };
  try {
    await Promise.all(LOOKS.map((look) => visitAll(browser, origin, places, look, told)));
    for (const flow of flows) {
      if (flow.needs !== undefined && first[flow.needs] === undefined) {
        console.log(`SKIP web: ${flow.name}: this server holds no ${flow.needs}`);
        continue;
      }
      told(
        flow.name,
        await flow.run(browser, origin, project, first).then(
          () => [],
          (error: unknown) => [error instanceof Error ? error.message.slice(0, 400) : String(error)],
        ),
      );
    }
  } finally {
    await browser.close();
  }
  return { name: "web", passed, failed };
}

/** All places in one look, one after the other; the first look also reloads each and compares titles. */
async function visitAll(
  browser: Browser,
  origin: string,
  places: readonly string[],
  look: Look,
  told: (name: string, faults: readonly string[]) => void,
): Promise<void> {
  const titles = new Map<string, string>();
  const { page, faults: beside } = await openPage(browser, origin, look);
  for (const place of places) {
    beside.length = 0;
    const faults: string[] = [];
    try {
      await page.goto(`${origin}${place}`);
      await settle(page);
      faults.push(...(await checkPlace(page, look)));
      if (look === LOOKS[0]) faults.push(...(await reloadSame(page)));
      // A tab is a part of its page and has its title.
      if (look === LOOKS[0] && !place.includes("?tab=")) faults.push(...ownTitle(await page.title(), place, titles));
    } catch (error) {
      faults.push(error instanceof Error ? error.message.slice(0, 300) : String(error));
    }
    told(`${place} ${look.theme} ${look.width}`, [...faults, ...beside]);
  }
  await page.context().close();
}

async function reloadSame(page: Page): Promise<string[]> {
  const before = await page.locator("h1").innerText();
  await page.reload();
  await settle(page);
  return (await page.locator("h1").innerText()) === before ? [] : ["reload shows another page"];
}

function ownTitle(title: string, place: string, titles: Map<string, string>): string[] {
  const twin = titles.get(title);
  titles.set(title, place);
  return twin === undefined ? [] : [`shares its title with ${twin}`];
}
