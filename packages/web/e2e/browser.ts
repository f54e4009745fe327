import { type Browser, chromium, type Page } from "playwright-core";

// biome-ignore lint/style/noProcessEnv: a machine may keep its browser elsewhere
const CHROMIUM = process.env.PAYDOWN_CHROMIUM ?? "/usr/bin/chromium";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

export interface Look {
  readonly theme: "light" | "dark";
  readonly width: number;
}

export const LOOKS: readonly Look[] = [
  { theme: "light", width: 1440 },
  { theme: "dark", width: 1440 },
  { theme: "light", width: 390 },
  { theme: "dark", width: 390 },
];

export interface Watched {
  readonly page: Page;
  /** What went wrong beside the page: console errors, failed and foreign requests. */
  readonly faults: string[];
}

/** A page that remembers everything a reader should never cause. */
export async function openPage(browser: Browser, origin: string, look: Look): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: look.width < 600 ? 844 : 900 },
    colorScheme: look.theme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on(
    "console",
    (message) =>
      message.type() === "error" &&
      !/status of 40[34]/.test(message.text()) &&
      faults.push(`console: ${message.text()}`),
  );
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on(
    "request",
    (request) =>
      !/^(data|blob):/.test(request.url()) &&
      new URL(request.url()).origin !== origin &&
      faults.push(`foreign request: ${request.url()}`),
  );
  page.on(
    "requestfailed",
    (request) => request.failure()?.errorText !== "net::ERR_ABORTED" && faults.push(`failed request: ${request.url()}`),
  );
  page.on("response", (response) => response.status() >= 500 && faults.push(`${response.status()}: ${response.url()}`));
  return { page, faults };
}

/** Waits until nothing is loading any more. */
export async function settle(page: Page): Promise<void> {
  await page.waitForSelector("h1");
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"][role="status"]') === null, undefined, {
    timeout: 15_000,
  });
  await page.waitForLoadState("networkidle", { timeout: 10_000 }).catch(() => undefined);
}
