import { LOOKS, openBrowser, openPage, settle } from "./browser.js";
import { checkPlace } from "./place-checks.js";
import { type RunPlaces, runFlows } from "./run-flows.js";
import type { SuiteResult } from "./suite.js";

/** The run screens over `huge-data.ts`: every view in every look, and what readers do there. */
export async function runsSuite(url: string, only?: string): Promise<SuiteResult> {
  const { origin } = new URL(url);
  const places = await findRunPlaces(origin);
  const browser = await openBrowser();
  let passed = 0;
  let failed = 0;
  const told = (name: string, faults: readonly string[]) => {
    if (faults.length === 0) passed += 1;
    else {
      failed += 1;
      console.log(`FAIL web-runs: ${name}\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    }
  };
  try {
    for (const look of only === undefined ? LOOKS : []) {
      const { page, faults } = await openPage(browser, origin, look);
      for (const place of await placesOf(origin, places)) {
        faults.length = 0;
        const found: string[] = [];
        try {
          await page.goto(`${origin}${place}`);
          await settle(page);
          found.push(...(await checkPlace(page, look)));
        } catch (error) {
          found.push(error instanceof Error ? error.message.slice(0, 300) : String(error));
        }
        // A filter that cannot be read, and a file that is no model, are part of the data.
        told(`${place} ${look.theme} ${look.width}`, [
          ...found,
          ...faults.filter((fault) => !/status of 4(00|22)/.test(fault)),
        ]);
      }
      await page.context().close();
    }
    for (const flow of runFlows.filter((one) => only === undefined || one.name.includes(only))) {
      told(
        flow.name,
        await flow.run(browser, origin, places).then(
          () => [],
          (error: unknown) => [error instanceof Error ? error.message.slice(0, 500) : String(error)],
        ),
      );
    }
  } finally {
    await browser.close();
  }
  return { name: "web-runs", passed, failed };
}

async function ask<T>(origin: string, path: string): Promise<T> {
  const reply = await fetch(`${origin}/api/v1/projects/default${path}`);
  if (!reply.ok) throw new RangeError(`${path} was answered with ${reply.status}`);
  return (await reply.json()) as T;
}

async function findRunPlaces(origin: string): Promise<RunPlaces> {
  const { items } = await ask<{ items: { name: string; experimentId: string; runs: number }[] }>(
    origin,
    "/experiments",
  );
  const of = (name: string) => {
    const found = items.find((one) => one.name === name || (name === "" && one.name.includes("long ")));
    if (found === undefined) throw new RangeError(`there is no experiment ${name}: fill the folder with huge-data.ts`);
    return found;
  };
  const at = (name: string) => `/p/default/experiments/${of(name).experimentId}`;
  const files = await ask<{ items: { runId: string }[] }>(
    origin,
    `/runs?experimentIds=${of("artifacts").experimentId}`,
  );
  return {
    many: at("flights-delay"),
    curves: at("curves"),
    odd: at(""),
    files: `/p/default/runs/${files.items[0]?.runId ?? ""}`,
    total: of("flights-delay").runs,
  };
}

async function placesOf(origin: string, { many, curves, odd, files }: RunPlaces): Promise<string[]> {
  const runs = await ask<{ items: { runId: string }[] }>(
    origin,
    `/runs?experimentIds=${curves.split("/").at(-1)}&limit=30`,
  );
  const ids = runs.items.map((run) => run.runId);
  return [
    many,
    `${many}?q=nonsense`,
    `${many}?q=metrics.val_auc+%3E+2`,
    `${many}?view=scatter`,
    `${many}?view=parallel`,
    `${curves}?view=chart`,
    `${curves}?view=chart&metric=loss%0Aval_auc&smooth=0.7&log=y&axis=relative&clip=yes&pins=0.${ids[2]},1.${ids[3]}`,
    `${curves}?group=seeds&sort=-metrics.val_auc`,
    `${curves}?view=scatter&colour=params.model`,
    odd,
    `${odd}?view=parallel`,
    `/p/default/runs/${ids[0]}`,
    `/p/default/runs/${ids[0]}?tab=metrics`,
    `/p/default/compare?ids=${ids.slice(0, 6).join(",")}`,
    `/p/default/compare?ids=${ids.join(",")}&sort=-metrics.val_auc`,
    `${many}?view=chart`,
    files,
    `${files}?tab=artifacts&path=explore.ipynb`,
    `${files}?tab=artifacts&path=tables%2Fhead.csv`,
    `${files}?tab=artifacts&path=tables%2Frows.parquet`,
    `${files}?tab=artifacts&path=tables%2Fbroken.parquet`,
    `${files}?tab=artifacts&path=figures%2Fplot.svg`,
    `${files}?tab=artifacts&path=model%2FMLmodel`,
  ];
}

if (process.argv[1] === import.meta.filename) {
  const [, , url, only] = process.argv;
  const { passed, failed } = await runsSuite(url ?? "http://127.0.0.1:7860", only);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
