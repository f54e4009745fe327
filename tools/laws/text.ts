import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Breach } from "./breach.ts";
import { sourceFiles } from "./source-files.ts";

/** A law over the text of files, for what an import does not show. */
interface TextLaw {
  readonly law: string;
  readonly reason: string;
  /** Files it holds for. */
  readonly where: RegExp;
  /** Files it does not hold for. */
  readonly except: RegExp;
  readonly pattern: RegExp;
  readonly what: string;
}

const test = /\.(test|contract)\.tsx?$|\/testing\//;
const platform = "packages/platform/src";

function or(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map((one) => one.source).join("|"));
}

export const textLaws: readonly TextLaw[] = [
  {
    law: "environment-in-config",
    reason: "A setting read elsewhere is invisible in `paydown config` and cannot be set in a file.",
    where: /^packages\/[^/]+\/src\//,
    // The scanner starts git with the caller's own environment and its guards added.
    except: or(/^packages\/platform\/src\/base\/config\//, /^packages\/scan\/src\/sources\/git\.ts$/, test),
    pattern: /\bprocess\.env\b/g,
    what: "reads process.env",
  },
  {
    law: "clock-in-clock",
    reason:
      "Time comes from ctx.clock, so that tests can set it and records agree; only base/clock.ts asks the machine.",
    where: /^packages\/platform\/src\//,
    except: or(/^packages\/platform\/src\/base\/clock\.ts$/, test),
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/g,
    what: "asks the machine for the time",
  },
  {
    law: "errors-are-coded",
    reason: "A bare Error has no code, no status and no next step for whoever meets it.",
    where: /^packages\/[^/]+\/src\//,
    except: or(/^packages\/platform\/src\/base\/errors\.ts$/, /^packages\/scan\/src\/errors\.ts$/, test),
    pattern: /\bthrow new Error\(/g,
    what: "throws a bare Error",
  },
  {
    law: "no-double-parent",
    reason: "Leaving your own root is written `#base/...`, so that the import line itself shows the crossing.",
    where: /^packages\/[^/]+\/(src|build|e2e)\//,
    except: /^$/,
    pattern: /(?:from|import)\s*\(?\s*["']\.\.\/\.\.\//g,
    what: "imports by ../../",
  },
  {
    law: "sql-text-in-stores-only",
    reason: "SQL lives in base/db, store.ts, views.ts and tables.ts: one place to look when a table changes.",
    where: /^packages\/platform\/src\//,
    except: or(
      // The outbox is read and the queue is claimed by raw statements of the ground's own; the engine's SQL is its port.
      /^packages\/platform\/src\/base\/(db|events|jobs|engine)\//,
      /\/(store|views|tables)(\/|(\.[a-z-]+)?\.ts$)/,
      test,
    ),
    pattern:
      /["'`]\s*(?:select\s[^"'`]{1,300}?\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s|create\s+(?:unique\s+)?(?:table|index)\s|with\s+recursive\s)/gi,
    what: "holds SQL",
  },
];

/** Files a capability may have; folders are plug-in families, and actions, views, rules that have grown. */
const plan =
  /^(README\.md|(index|model|actions|views|store|tables|needs|events|jobs|errors)(\.[a-z-]+)*\.ts|[a-z-]+(\.[a-z-]+)*\.test\.ts|[a-z-]+\/.+)$/;

/** Breaches of the laws over text and of the plan of a capability. */
export function textBreaches(house: string): Breach[] {
  const breaches: Breach[] = [];
  for (const file of sourceFiles(house)) {
    breaches.push(...planBreach(file));
    const laws = textLaws.filter((law) => law.where.test(file) && !law.except.test(file));
    if (laws.length === 0 || !/\.tsx?$/.test(file)) continue;
    const text = withoutComments(readFileSync(join(house, file), "utf8"));
    for (const { law, reason, pattern, what } of laws) {
      for (const match of text.matchAll(pattern)) {
        breaches.push({ law, reason, file, line: lineOf(text, match.index), what });
      }
    }
  }
  return breaches;
}

function planBreach(file: string): Breach[] {
  const prefix = `${platform}/capabilities/`;
  if (!file.startsWith(prefix)) return [];
  const inside = file.slice(prefix.length).split("/").slice(1).join("/");
  if (inside !== "" && plan.test(inside)) return [];
  const reason = "Every capability has the same plan, so that who knows one finds everything in all.";
  return [{ law: "capability-plan", reason, file, what: "is a file the plan of a capability does not name" }];
}

/** Comments become blanks; what they say is no breach, and lines keep their numbers. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|(^|[\s;{}(,])\/\/[^\n]*/g, (whole) => whole.replace(/[^\n]/g, " "));
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
