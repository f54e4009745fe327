import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import type { Look } from "./browser.js";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResult {
  violations: { id: string; impact: string | null; nodes: { target: unknown[] }[] }[];
}

/** What every place must hold in every look; answers the faults. */
export async function checkPlace(page: Page, look: Look): Promise<string[]> {
  const faults: string[] = [];
  const facts = await page.evaluate(() => ({
    h1: document.querySelectorAll("h1").length,
    title: document.title,
    wide: document.documentElement.scrollWidth - innerWidth,
    main: document.querySelector("main")?.getBoundingClientRect().width ?? 0,
    ground: getComputedStyle(document.documentElement).backgroundColor,
    landmarks: ["header", "nav", "main"].filter((name) => document.querySelector(name) === null),
    nodes: document.querySelectorAll("*").length,
  }));
  if (facts.h1 !== 1) faults.push(`${facts.h1} h1`);
  if (!/ - Paydown$/.test(facts.title)) faults.push(`title "${facts.title}"`);
  if (facts.wide > 0) faults.push(`scrolls sideways by ${facts.wide} px`);
  if (look.width < 600 && facts.main < look.width * 0.7) faults.push(`main is ${facts.main} px wide`);
  if (facts.landmarks.length > 0) faults.push(`no ${facts.landmarks.join(", ")}`);
  if (facts.nodes > 3000) faults.push(`${facts.nodes} nodes`);
  const dark = Math.max(...(facts.ground.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number)) < 60;
  if (dark !== (look.theme === "dark")) faults.push(`ground ${facts.ground} in ${look.theme}`);
  faults.push(...(await checkFocus(page)), ...(await runAxe(page)));
  return faults;
}

/** The first stops of the Tab key: each is on something, and is seen. */
async function checkFocus(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (let stop = 0; stop < 8; stop += 1) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return "nothing";
      const style = getComputedStyle(element);
      const around = element.closest("form") === null ? style : getComputedStyle(element.closest("form") as Element);
      const outlined = [style, around].some(
        (one) => one.outlineStyle !== "none" && Number.parseFloat(one.outlineWidth) >= 1,
      );
      return outlined || element instanceof SVGElement
        ? ""
        : `${element.tagName.toLowerCase()} ${element.getAttribute("aria-label") ?? element.textContent?.slice(0, 30) ?? ""}`;
    });
    if (seen === "nothing") break;
    if (seen !== "") faults.push(`focus is not seen on ${seen}`);
  }
  return faults;
}

async function runAxe(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const result = (await page.evaluate(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] })`,
  )) as AxeResult;
  return result.violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .map(
      (one) =>
        `axe ${one.id} (${one.nodes.length}): ${one.nodes
          .slice(0, 2)
          .map((node) => node.target.join(" "))
          .join("; ")}`,
    );
}
