import type { Browser } from "playwright-core";
import { openPage, settle } from "./browser.js";

export interface Flow {
  readonly name: string;
  /** Answers why it does not apply to this server's content, if so. */
  readonly needs?: string;
  run(browser: Browser, origin: string, project: string, first: Record<string, string>): Promise<void>;
}

const WIDE = { theme: "light", width: 1440 } as const;

function must(condition: boolean, words: string): void {
  if (!condition) throw new Error(words);
}

/** The readers' jobs, as sentences. */
export const flows: readonly Flow[] = [
  {
    name: "from the headline number to its event in two clicks",
    needs: "item",
    async run(browser, origin, project) {
      const { page } = await openPage(browser, origin, WIDE);
      await page.goto(`${origin}/p/${project}`);
      await settle(page);
      await page.locator("main button[title='How this number came about']").first().click();
      await page.waitForSelector("aside");
      must(new URL(page.url()).searchParams.get("why") !== null, "the derivation is not in the URL");
      await page.locator("aside a[href*='/ledger/']").first().click();
      await page.waitForURL(/\/ledger\/[^?]+\?tab=evidence/);
      await settle(page);
      await page.locator("main h2", { hasText: "Events" }).waitFor({ timeout: 8000 });
      await page.goBack();
      await page.waitForURL(/why=/);
      await page.goBack();
      must(new URL(page.url()).searchParams.get("why") === null, "Back does not undo the open derivation");
      await page.context().close();
    },
  },
  {
    name: "follow a prediction to its source rows' version",
    needs: "prediction",
    async run(browser, origin, _project, first) {
      const { page } = await openPage(browser, origin, WIDE);
      await page.goto(`${origin}${first.prediction}`);
      await settle(page);
      const data = page
        .locator("nav[aria-label='Way from source to consumer'] a[href*='/datasets/'][href*='@']")
        .first();
      await data.waitFor({ timeout: 8000 });
      const version =
        decodeURIComponent((await data.getAttribute("href")) ?? "")
          .split("@")
          .at(-1) ?? "";
      await data.click();
      await page.waitForURL(/\/datasets\//);
      await settle(page);
      must(
        (await page.locator("main").innerText()).includes(version.slice(0, 7)),
        `the page does not name version ${version}`,
      );
      await page.context().close();
    },
  },
  {
    name: "the palette goes to a run by its id",
    needs: "run",
    async run(browser, origin, project, first) {
      const { page } = await openPage(browser, origin, WIDE);
      await page.goto(`${origin}/p/${project}`);
      await settle(page);
      const id = decodeURIComponent(first.run?.split("/").at(-1) ?? "");
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").getByRole("combobox").waitFor({ timeout: 8000 });
      await page.keyboard.type(id);
      await page
        .getByRole("option")
        .filter({ hasText: id.slice(0, 7) })
        .first()
        .waitFor({ timeout: 8000 });
      await page.keyboard.press("Enter");
      await page.waitForURL(new RegExp(`/runs/${id}`), { timeout: 8000 });
      await page.context().close();
    },
  },
  {
    name: "a link that an MLflow client prints lands on the run",
    needs: "run",
    async run(browser, origin, _project, first) {
      const { page } = await openPage(browser, origin, WIDE);
      const id = first.run?.split("/").at(-1) ?? "";
      await page.goto(`${origin}/#/experiments/1/runs/${id}`);
      await page.waitForURL(new RegExp(`/p/[^/]+/runs/${id}`), { timeout: 8000 });
      await page.context().close();
    },
  },
  {
    name: "keys walk: g l opens the ledger, the theme is kept",
    async run(browser, origin, project) {
      const { page } = await openPage(browser, origin, WIDE);
      await page.goto(`${origin}/p/${project}`);
      await settle(page);
      await page.keyboard.press("g");
      await page.keyboard.press("l");
      await page.waitForURL(/\/ledger/);
      await page.getByRole("button", { name: /^Theme: system/ }).click();
      await page.getByRole("button", { name: /^Theme: light/ }).click();
      await page.reload();
      must(
        (await page.evaluate(() => document.documentElement.dataset.theme)) === "dark",
        "the theme is lost on reload",
      );
      await page.context().close();
    },
  },
  {
    name: "on a phone the navigation is a full-height dialog",
    async run(browser, origin, project) {
      const { page } = await openPage(browser, origin, { theme: "light", width: 390 });
      await page.goto(`${origin}/p/${project}`);
      await settle(page);
      await page.getByRole("button", { name: "Open the navigation" }).click();
      await page.getByRole("dialog").getByRole("link", { name: "Ledger" }).click();
      await page.waitForURL(/\/ledger/);
      must((await page.getByRole("dialog").count()) === 0, "the navigation stays open");
      await page.context().close();
    },
  },
];
