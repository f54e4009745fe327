import type { Finding, HistorySummary, Interest } from "#report.js";
import type { Commit } from "#sources/git.js";
import { isBot, isFix } from "./commits.js";
import { attributeInterest, type FileForecast, forecastFiles } from "./forecast.js";

export interface FileSize {
  readonly codeLines: number;
  readonly isTest: boolean;
}

/** Gives every finding of a file its share of the file's measured fix hours. */
export interface Pricer {
  price(path: string): Priced;
  unpriced(reason: string): Priced;
  readonly summary: Omit<HistorySummary, "complete">;
  /** Hours a week measured on the files that have findings. */
  readonly measuredTotal: number;
}

type Priced = Pick<Finding, "interest" | "interestUnknown">;

/** `now` is ms since 1970, the T of the formulas. With no commits every interest is unknown. */
export function createPricer(
  findings: readonly Pick<Finding, "path">[],
  sizes: ReadonlyMap<string, FileSize>,
  commits: readonly Commit[],
  now: number,
): Pricer {
  const forecasts = new Map<string, FileForecast>();
  for (const kind of [/\.py$/i, /\.ipynb$/i]) {
    const files = new Map(
      [...sizes]
        .filter(([path, size]) => kind.test(path) && !size.isTest)
        .map(([path, size]) => [path, size.codeLines]),
    );
    for (const [path, forecast] of forecastFiles(commits, files, now)) forecasts.set(path, forecast);
  }
  const perFile = new Map<string, number>();
  for (const finding of findings) perFile.set(finding.path, (perFile.get(finding.path) ?? 0) + 1);
  const priced = new Map<string, Interest>();
  for (const [path, count] of perFile) {
    const forecast = forecasts.get(path);
    if (forecast) priced.set(path, attributeInterest(forecast, count, path));
  }
  const times = commits.map((commit) => commit.time);
  const first = times.length > 0 ? new Date(times.reduce((a, b) => Math.min(a, b))).toISOString() : undefined;
  const last = times.length > 0 ? new Date(times.reduce((a, b) => Math.max(a, b))).toISOString() : undefined;
  return {
    price(path) {
      const interest = priced.get(path);
      if (interest) return { interest };
      if (commits.length === 0) return { interest: null, interestUnknown: "no readable history" };
      const size = sizes.get(path);
      if (size?.isTest) return { interest: null, interestUnknown: "tests are outside of the model's evidence" };
      if (!size) return { interest: null, interestUnknown: "the model's evidence is on Python files and notebooks" };
      return { interest: null, interestUnknown: "the file has no commits yet" };
    },
    unpriced: (reason) => ({ interest: null, interestUnknown: reason }),
    summary: {
      commits: commits.length,
      fixCommits: commits.filter((commit) => isFix(commit.subject) && !isBot(commit)).length,
      ...(first === undefined ? {} : { from: first }),
      ...(last === undefined ? {} : { to: last }),
    },
    measuredTotal: Number([...priced.values()].reduce((sum, interest) => sum + interest.measured, 0).toPrecision(3)),
  };
}
