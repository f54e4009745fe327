import type { Browser, Page } from "playwright-core";
import { openPage, settle } from "./browser.js";

/** What the readers of run tables do, over the data of `huge-data.ts`. */
export interface RunFlow {
  readonly name: string;
  run(browser: Browser, origin: string, runs: RunPlaces): Promise<void>;
}

export interface RunPlaces {
  /** The experiment of very many runs, that of curves, of odd names, of artifacts; and runs of the last two. */
  readonly many: string;
  readonly curves: string;
  readonly odd: string;
  readonly files: string;
  readonly total: number;
}

const WIDE = { theme: "light", width: 1440 } as const;
/** Main-thread time of one act. Wall time is printed, not judged: it depends on what else the machine does. */
const MOST_CPU_MS = 200;

function must(condition: boolean, words: string): void {
  if (!condition) throw new Error(words);
}

const field = (page: Page, name: string) => new URL(page.url()).searchParams.get(name);

async function open(browser: Browser, url: string): Promise<Page> {
  const { page, faults } = await openPage(browser, new URL(url).origin, WIDE);
  await page.goto(url);
  await settle(page);
  must(faults.length === 0, faults.join("; "));
  return page;
}

interface Spent {
  readonly wall: number;
  readonly cpu: number;
}

/** Milliseconds from an act until the page shows what was waited for, by the clock and on the page's main thread. */
async function timed(page: Page, act: () => Promise<unknown>, shown: () => Promise<unknown>): Promise<Spent> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find((one) => one.name === "TaskDuration")?.value ?? 0) * 1000;
  };
  const before = await busy();
  const start = performance.now();
  await act();
  await shown();
  const wall = performance.now() - start;
  const cpu = (await busy()) - before;
  await session.detach();
  return { wall, cpu };
}

export const runFlows: readonly RunFlow[] = [
  {
    name: "a hundred thousand runs: few rows are drawn, the total is exact, sort and filter answer at once",
    async run(browser, origin, { many, total }) {
      const page = await open(browser, `${origin}${many}`);
      const heading = (await page.locator("h1").innerText()).replaceAll("\u202f", "");
      must(heading.includes(`${total} runs`), `the heading says ${heading}`);
      const count = await page.evaluate(() => ({
        rows: document.querySelectorAll("tr[data-line]").length,
        nodes: document.querySelectorAll("*").length,
      }));
      must(count.rows <= 60 && count.nodes < 3000, `${count.rows} rows, ${count.nodes} nodes`);
      const before = await page.locator("tr[data-line]").first().innerText();
      const sorted = await timed(
        page,
        () => page.getByRole("button", { name: "val_auc" }).click(),
        () =>
          page.waitForFunction(
            (text) => (document.querySelector("tr[data-line]") as HTMLElement).innerText !== text,
            before,
          ),
      );
      const filter = page.getByRole("combobox", { name: "Filter runs" });
      await filter.fill("metrics.val_auc > 0.8 AND params.model = 'xgb'");
      const named = await page.locator("h1").textContent();
      const filtered = await timed(
        page,
        () => filter.press("Enter"),
        () => page.waitForFunction((text) => document.querySelector("h1")?.textContent !== text, named),
      );
      for (const [what, { wall, cpu }] of [
        ["sort", sorted],
        ["filter", filtered],
      ] as const) {
        console.log(
          `  web-runs: ${what} over ${total} runs: ${wall.toFixed(0)} ms, ${cpu.toFixed(0)} ms of the page's CPU`,
        );
        must(cpu < MOST_CPU_MS, `${what} took ${cpu.toFixed(0)} ms of the page's CPU`);
      }
      await page.reload();
      await settle(page);
      must(
        (await filter.inputValue()) === "metrics.val_auc > 0.8 AND params.model = 'xgb'",
        "the filter is lost on reload",
      );
      await page.goBack();
      await page.waitForFunction(() => !location.search.includes("q="));
      await page.context().close();
    },
  },
  {
    name: "scrolling loads page after page and never draws more than a screen",
    async run(browser, origin, { many }) {
      const page = await open(browser, `${origin}${many}`);
      const box = page.getByRole("region", { name: "Runs" });
      // Each page is asked for when the end of what is there comes into view.
      await box.waitFor();
      await page.waitForFunction(
        () => {
          document.querySelector('section[aria-label="Runs"]')?.scrollTo(0, Number.MAX_SAFE_INTEGER);
          const lines = [...document.querySelectorAll("tr[data-line]")];
          return lines.some((row) => Number(row.getAttribute("data-line")) > 300);
        },
        undefined,
        { polling: 100 },
      );
      const rows = await page.evaluate(() =>
        [...document.querySelectorAll("tr[data-line]")].map((row) => Number(row.getAttribute("data-line"))),
      );
      must(Math.max(...rows) > 300 && rows.length <= 60, `${rows.length} rows, the last is ${Math.max(...rows)}`);
      await page.context().close();
    },
  },
  {
    name: "two hundred columns: only those in view are drawn, the name stays",
    async run(browser, origin, { many }) {
      const cols = Array.from({ length: 200 }, (_, at) => `metrics.layer.${at}.grad_norm`).join(",");
      const page = await open(browser, `${origin}${many}?cols=${cols}&sort=metrics.layer.3.grad_norm`);
      const heads = await page.locator("thead th").count();
      must(heads < 30, `${heads} header cells`);
      await page.getByRole("region", { name: "Runs" }).evaluate((element) => element.scrollTo(12_000, 0));
      await page.waitForFunction(() =>
        [...document.querySelectorAll("thead th")].some((head) =>
          /layer\.\u200b?1[0-9]{2}\./.test(head.textContent ?? ""),
        ),
      );
      const left = await page.locator("tbody tr[data-line] th").first().boundingBox();
      must(left !== null && left.x < 420, "the run's name scrolled away");
      await page.context().close();
    },
  },
  {
    name: "a column is found among twelve thousand names and added",
    async run(browser, origin, { many }) {
      const page = await open(browser, `${origin}${many}`);
      await page.getByRole("button", { name: /^Columns/ }).click();
      await page.getByRole("textbox", { name: "Find a column" }).fill("layer.77.");
      await page.getByRole("checkbox", { name: /layer\.77\.grad_norm/ }).check();
      await page.waitForFunction(() => location.search.includes("layer.77.grad_norm"));
      await page.context().close();
    },
  },
  {
    name: "dragging over a header's histogram writes the filter, Back takes it away",
    async run(browser, origin, { many }) {
      const page = await open(browser, `${origin}${many}`);
      const bars = page.getByRole("img", { name: /^val_auc: / });
      await bars.waitFor();
      const at = await bars.boundingBox();
      if (at === null) throw new Error("the histogram has no place");
      await page.mouse.move(at.x + 60, at.y + 10);
      await page.mouse.down();
      await page.mouse.move(at.x + 88, at.y + 10, { steps: 4 });
      await page.mouse.up();
      await page.waitForFunction(() => location.search.includes("val_auc"));
      must(
        /metrics\.val_auc >= [\d.]+ AND metrics\.val_auc <= [\d.]+/.test(field(page, "q") ?? ""),
        `the filter is ${field(page, "q")}`,
      );
      await page.goBack();
      must(field(page, "q") === null, "Back does not undo the brush");
      await page.context().close();
    },
  },
  {
    name: "a pinned run keeps its colour and stays on top in another order; a ninth cannot be pinned",
    async run(browser, origin, { many }) {
      const page = await open(browser, `${origin}${many}`);
      const pin = page.locator("tr[data-line] button[aria-label^='Pin']");
      for (let turn = 0; turn < 8; turn += 1) await pin.nth(turn === 0 ? 3 : 0).click();
      const first = await page.locator("tr[data-line] th a").first().innerText();
      must((await pin.first().isDisabled()) === true, "a ninth run can be pinned");
      await page.getByRole("button", { name: "val_auc" }).click();
      await page.waitForFunction(() => location.search.includes("sort"));
      await settle(page);
      must((await page.locator("tr[data-line] th a").first().innerText()) === first, "the pinned run moved");
      must((field(page, "pins") ?? "").split(",").length === 8, "the pins are not in the address");
      await page.context().close();
    },
  },
  {
    name: "a selection of thirty runs is named by a short id and survives a reload",
    async run(browser, origin, { many }) {
      const page = await open(browser, `${origin}${many}`);
      for (let turn = 1; turn <= 30; turn += 1) {
        await page.keyboard.press("j");
        await page.locator("tr[data-line]:focus").waitFor();
        await page.keyboard.press("x");
        await page.getByText(`${turn} selected`, { exact: true }).waitFor();
      }
      await page.waitForFunction(() => /pick=(%40|@)[0-9a-f]{12}/.test(location.search));
      must(page.url().length < 2000, "the address is too long");
      await page.reload();
      await settle(page);
      await page.getByText("30 selected").waitFor();
      await page.getByRole("button", { name: "Compare as groups" }).waitFor();
      await page.keyboard.press("c");
      await page.getByRole("heading", { name: "Compare 30 runs" }).waitFor();
      await page.getByText(/groups? of 30 runs by /).waitFor();
      must(page.url().length < 2000, "the address of the comparison is too long");
      await page.context().close();
    },
  },
  {
    name: "a view is saved, made the default, opens by itself, and is deleted again",
    async run(browser, origin, { curves }) {
      const page = await open(browser, `${origin}${curves}?sort=-metrics.val_auc`);
      await page.getByRole("button", { name: /^Views/ }).click();
      await page.getByRole("textbox", { name: "Name of the view" }).fill("Best first");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByRole("button", { name: "Make Best first the default" }).click();
      await page.getByRole("button", { name: /is the default; take it back/ }).waitFor();
      await page.goto(`${origin}${curves}`);
      await page.waitForFunction(() => location.search.includes("sort=-metrics.val_auc"));
      await page.getByRole("button", { name: "Best first" }).first().click();
      await page.getByRole("button", { name: "Delete Best first" }).click();
      await page.getByText("No view is saved yet").waitFor();
      await page.context().close();
    },
  },
  {
    name: "curves are read with the arrow keys, zoomed by dragging, and Back undoes the zoom",
    async run(browser, origin, { curves }) {
      const page = await open(browser, `${origin}${curves}?view=chart&metric=val_auc%0Aloss`);
      const chart = page.getByRole("group", { name: /^val_auc: arrow keys/ });
      await chart.waitFor();
      await chart.focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await page
        .getByText(/median of all, band P10 to P90, n=60 [\d.]/)
        .first()
        .waitFor();
      const at = await chart.boundingBox();
      if (at === null) throw new Error("the chart has no place");
      await page.mouse.move(at.x + 150, at.y + 80);
      await page.mouse.down();
      await page.mouse.move(at.x + 300, at.y + 90, { steps: 5 });
      await page.mouse.up();
      await page.waitForFunction(() => location.search.includes("window="));
      await page.getByRole("button", { name: "Show all" }).waitFor();
      await page.goBack();
      await page.waitForFunction(() => !location.search.includes("window="));
      await page.context().close();
    },
  },
  {
    name: "a box in the scatter view becomes a filter",
    async run(browser, origin, { many }) {
      const page = await open(browser, `${origin}${many}?view=scatter&x=metrics.val_logloss&y=metrics.val_auc`);
      const dots = page.getByRole("img", { name: /^val_logloss against val_auc/ });
      await dots.waitFor({ timeout: 15_000 });
      const at = await dots.boundingBox();
      if (at === null) throw new Error("the dots have no place");
      await page.mouse.move(at.x + 300, at.y + 100);
      await page.mouse.down();
      await page.mouse.move(at.x + 600, at.y + 250, { steps: 5 });
      await page.mouse.up();
      await page.waitForFunction(() => location.search.includes("val_logloss+%3E%3D"));
      await page.context().close();
    },
  },
  {
    name: "axes of parallel coordinates are moved by keyboard, a brush on a category lists its values",
    async run(browser, origin, { curves }) {
      const page = await open(
        browser,
        `${origin}${curves}?view=parallel&axes=params.model%0Aparams.lr%0Ametrics.val_auc`,
      );
      const axis = page.getByRole("group", { name: /^Axis model, 1 of 3/ });
      await axis.focus();
      await page.keyboard.press("ArrowRight");
      await page.getByRole("group", { name: /^Axis model, 2 of 3/ }).waitFor();
      await page.waitForFunction(
        () => document.activeElement?.getAttribute("aria-label")?.startsWith("Axis model") === true,
      );
      const slider = page.getByTitle(/^model: 2 values/);
      const at = await slider.boundingBox();
      if (at === null) throw new Error("the axis has no place");
      await page.mouse.move(at.x + 12, at.y + 1);
      await page.mouse.down();
      await page.mouse.move(at.x + 12, at.y + 40, { steps: 4 });
      await page.mouse.up();
      await page.waitForFunction(() => location.search.includes("params.model+IN"));
      await page.context().close();
    },
  },
  {
    name: "groups over seeds say n and never better where intervals overlap",
    async run(browser, origin, { curves }) {
      const page = await open(browser, `${origin}${curves}?group=seeds&sort=-metrics.val_auc`);
      const words = await page.locator("table").innerText();
      must(/n=10/.test(words) && /±/.test(words), "no n or no interval");
      must(/not distinguishable \(n=10\)/.test(words), "groups that overlap are told apart");
      await page.context().close();
    },
  },
  {
    name: "artifacts are walked by keyboard; a hostile notebook and page run nothing",
    async run(browser, origin, { files }) {
      const page = await open(browser, `${origin}${files}?tab=artifacts`);
      let ran = false;
      page.on("dialog", (dialog) => {
        ran = true;
        void dialog.dismiss();
      });
      const first = page.getByRole("treeitem").first();
      await first.focus();
      await page.keyboard.press("ArrowRight");
      await page.getByRole("treeitem", { name: /bomb\.png/ }).waitFor();
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("Enter");
      await page.getByText(/65.535 by 65.535 pixels/).waitFor();
      for (const [path, words] of [
        ["explore.ipynb", "print('hello')"],
        ["report.html", "<script>"],
        ["notes.md", "onerror"],
        ["tables/head.csv", 'a, quoted "text"'],
        ["model/MLmodel", "mlflow.sklearn"],
        ["model/model.pkl", "never loaded"],
        ["model/model.onnx", "cannot be read as ONNX"],
        ["broken.ipynb", "It is no notebook"],
        ["result.json", "per_class"],
      ]) {
        await page.goto(`${origin}${files}?tab=artifacts&path=${encodeURIComponent(path as string)}`);
        await page
          .getByText(words as string)
          .first()
          .waitFor();
      }
      must(!ran, "something was executed");
      await page.context().close();
    },
  },
  {
    name: "a run that trains is drawn anew in place, and new runs wait until they are asked for",
    async run(browser, origin, { curves }) {
      const page = await open(browser, `${origin}${curves}`);
      const experiment = curves.split("/").at(-1);
      const made = await fetch(`${origin}/api/2.0/mlflow/runs/create`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ experiment_id: experiment, run_name: "came-later", start_time: Date.now() }),
      });
      must(made.ok, `a run could not be made: ${made.status}`);
      const { run } = (await made.json()) as { run: { info: { run_id: string } } };
      await page.getByRole("button", { name: /^1 new run: show/ }).waitFor({ timeout: 20_000 });
      must((await page.getByText("came-later").count()) === 0, "the run moved in by itself");
      await page.getByRole("button", { name: /^1 new run: show/ }).click();
      const row = page.locator("tr[data-line]").filter({ hasText: "came-later" });
      await row.waitFor();
      await fetch(`${origin}/api/2.0/mlflow/runs/log-metric`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          run_id: run.info.run_id,
          key: "val_auc",
          value: 0.4321,
          step: 1,
          timestamp: Date.now(),
        }),
      });
      await row.filter({ hasText: ".4321" }).waitFor({ timeout: 20_000 });
      await fetch(`${origin}/api/2.0/mlflow/runs/delete`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ run_id: run.info.run_id }),
      });
      await page.context().close();
    },
  },
  {
    name: "a page of running runs asks nothing while it is hidden, and asks again when it is seen",
    async run(browser, origin, { curves }) {
      const { page } = await openPage(browser, origin, WIDE);
      let asked = 0;
      page.on("request", (request) => {
        if (request.url().includes("/api/v1/")) asked += 1;
      });
      const show = (state: "hidden" | "visible") =>
        page.evaluate((now) => {
          Object.defineProperty(document, "visibilityState", { configurable: true, value: now });
          globalThis.dispatchEvent(new Event("visibilitychange"));
          document.dispatchEvent(new Event("visibilitychange"));
        }, state);
      await page.goto(`${origin}${curves}`);
      await settle(page);
      asked = 0;
      await page.waitForTimeout(9000);
      must(asked > 0, "a running run is not asked for");
      await show("hidden");
      await page.waitForTimeout(500);
      asked = 0;
      await page.waitForTimeout(12_000);
      must(asked === 0, `${asked} requests by a page that nobody sees`);
      await show("visible");
      await page.waitForRequest(/\/api\/v1\//, { timeout: 10_000 });
      await page.context().close();
    },
  },
  {
    name: "the first rows of a Parquet file are shown, and a broken one says what it is",
    async run(browser, origin, { files }) {
      const page = await open(browser, `${origin}${files}?tab=artifacts&path=tables%2Frows.parquet`);
      await page.getByRole("cell", { name: "name 7" }).waitFor();
      await page.getByText("All 8 rows, 3 columns.").waitFor();
      await page.getByRole("treeitem", { name: /broken\.parquet/ }).click();
      await page.getByRole("alert").filter({ hasText: "ENGINE_FILE_UNREADABLE" }).waitFor();
      await page.context().close();
    },
  },
  {
    name: "a server that answers 500, answers late or drops the line: the page says so and recovers",
    async run(browser, origin, { many }) {
      const { page } = await openPage(browser, origin, WIDE);
      const runs = /\/api\/v1\/projects\/[^/]+\/runs\?/;
      await page.route(runs, (route) =>
        route.fulfill({
          status: 500,
          contentType: "application/json",
          body: JSON.stringify({ code: "INTERNAL", message: "It broke.", next: "Look into the log." }),
        }),
      );
      await page.goto(`${origin}${many}`);
      await page.getByRole("alert").filter({ hasText: "INTERNAL" }).waitFor();
      must((await page.locator("h1").count()) === 1, "the page died with its table");
      await page.unroute(runs);
      await page.route(runs, async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 3000));
        await route.continue();
      });
      await page.getByRole("button", { name: "Try again" }).click();
      await page.locator("tr[data-line]").first().waitFor({ timeout: 15_000 });
      await page.unroute(runs);
      await page.route(runs, (route) => route.abort("connectionreset"));
      await page.getByRole("button", { name: "val_auc" }).click();
      await page.waitForFunction(() => location.search.includes("sort"));
      must((await page.locator("tr[data-line]").count()) > 0, "the rows are gone with the line");
      await page.context().close();
    },
  },
];
