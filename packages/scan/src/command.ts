import { ScanError } from "./errors.js";
import type { ScanReport } from "./report.js";

/** What a scan command may touch of the world around it. */
export interface ScanIo {
  out(text: string): void;
  err(text: string): void;
  /** Width of the terminal. */
  readonly columns?: number;
  /** Progress is drawn on `err` only when it is a terminal. */
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
  readonly now?: () => number;
}

const formats = ["text", "json", "sarif"] as const;
type Format = (typeof formats)[number];

interface Flags {
  path: string;
  format: Format;
  output?: string;
  explain?: string;
  statistics: boolean;
  history: boolean;
  select?: string[];
  extendSelect: string[];
  ignore: string[];
  exclude: string[];
  profile?: "app" | "library" | "course" | "competition";
  all: boolean;
  help: boolean;
  version: boolean;
}

const scanHelp: string = `Finds machine-learning technical debt in a repository without running any of its code.

Usage: paydown-scan [PATH] [options]

  --format text|json|sarif   how to print the findings (default text)
  --output FILE              write there instead of standard output
  --select CODES             only these rules: codes, slugs or prefixes, with commas (MLD9 = all MLD9xx)
  --extend-select CODES      these rules as well as the default ones
  --ignore CODES             not these rules
  --exclude GLOBS            not these paths, in the syntax of .gitignore
  --profile KIND             app, library, course or competition (default: inferred)
  --all                      print every finding, not the first ones of each rule
  --statistics               counts by rule, and of the rules that only count
  --explain CODE             what a rule looks for, why, and how to repair it
  --no-history               do not read the git history; no interest is computed
  --version, --help

Exit status: 0 nothing found, 1 findings, 2 the scan failed.
`;

/** Runs `paydown-scan`. Returns the exit status: 0 clean, 1 findings, 2 usage or failure. Never throws ScanError. */
export async function runScanCommand(argv: readonly string[], io: ScanIo): Promise<number> {
  try {
    const flags = readFlags(argv);
    if (flags.help) {
      io.out(scanHelp);
      return 0;
    }
    if (flags.version) {
      const { toolVersion } = await import("./version.js");
      io.out(`paydown-scan ${toolVersion}\n`);
      return 0;
    }
    if (flags.explain !== undefined) return await explain(flags.explain, io);
    return await scan(flags, io);
  } catch (cause) {
    if (!(cause instanceof ScanError)) throw cause;
    io.err(`${cause.code}: ${cause.message}\n  ${cause.next}\n`);
    return 2;
  }
}

async function scan(flags: Flags, io: ScanIo): Promise<number> {
  const { scanRepository } = await import("./scan.js");
  const draw = io.isTerminal ? (text: string) => io.err(`\r\u001b[2K${text}`) : undefined;
  let last = 0;
  const report = await scanRepository({
    path: flags.path,
    ...(flags.select ? { select: flags.select } : {}),
    extendSelect: flags.extendSelect,
    ignore: flags.ignore,
    exclude: flags.exclude,
    ...(flags.profile ? { profile: flags.profile } : {}),
    history: flags.history,
    ...(io.signal ? { signal: io.signal } : {}),
    ...(io.now ? { now: io.now } : {}),
    onProgress: (progress) => {
      const percent = progress.total === 0 ? 0 : Math.floor((100 * progress.done) / progress.total);
      if (progress.phase === "files" && percent === last) return;
      last = percent;
      draw?.(
        progress.phase === "done"
          ? ""
          : progress.phase === "files"
            ? `Reading files ${percent} %`
            : `${progress.phase} …`,
      );
    },
  });
  const text = await render(report, flags, io);
  if (flags.output === undefined) io.out(text);
  else {
    const { writeReport } = await import("./sources/folder.js");
    writeReport(flags.output, text);
  }
  return report.findings.length > 0 ? 1 : 0;
}

async function render(report: ScanReport, flags: Flags, io: ScanIo): Promise<string> {
  if (flags.format === "json") return (await import("./reporters/json.js")).toJson(report);
  const { loadRules } = await import("./registry.js");
  const rules = await loadRules();
  if (flags.format === "sarif") return (await import("./reporters/sarif.js")).toSarif(report, rules);
  const { toText } = await import("./reporters/text.js");
  return toText(report, rules, { columns: io.columns ?? 100, all: flags.all, statistics: flags.statistics });
}

async function explain(code: string, io: ScanIo): Promise<number> {
  const { loadRules } = await import("./registry.js");
  const rule = (await loadRules()).find(
    (candidate) => candidate.code === code.toUpperCase() || candidate.slug === code,
  );
  if (!rule)
    throw new ScanError(
      "SCAN_RULE_UNKNOWN",
      `There is no rule ${code}.`,
      "See docs/reference/rules.md for codes and slugs.",
    );
  const { explainRule } = await import("./reporters/explain.js");
  io.out(explainRule(rule));
  return 0;
}

function readFlags(argv: readonly string[]): Flags {
  const flags: Flags = {
    path: ".",
    format: "text",
    statistics: false,
    history: true,
    extendSelect: [],
    ignore: [],
    exclude: [],
    all: false,
    help: false,
    version: false,
  };
  const paths: string[] = [];
  const words = argv.flatMap((word) =>
    /^--[\w-]+=/.test(word) ? [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)] : [word],
  );
  for (let index = 0; index < words.length; index++) {
    const word = words[index] as string;
    const value = (): string => {
      const next = words[++index];
      if (next === undefined || (next.startsWith("--") && next.length > 2)) throw usage(`${word} needs a value.`);
      return next;
    };
    if (word === "--help" || word === "-h") flags.help = true;
    else if (word === "--version") flags.version = true;
    else if (word === "--statistics") flags.statistics = true;
    else if (word === "--no-history") flags.history = false;
    else if (word === "--all") flags.all = true;
    else if (word === "--format" || word === "-f") flags.format = oneOf(word, value(), formats);
    else if (word === "--output" || word === "-o") flags.output = value();
    else if (word === "--explain") flags.explain = value();
    else if (word === "--select") flags.select = [...(flags.select ?? []), ...list(value())];
    else if (word === "--extend-select") flags.extendSelect.push(...list(value()));
    else if (word === "--ignore") flags.ignore.push(...list(value()));
    else if (word === "--exclude") flags.exclude.push(...list(value()));
    else if (word === "--profile")
      flags.profile = oneOf(word, value(), ["app", "library", "course", "competition"] as const);
    else if (word === "--json") flags.format = "json";
    else if (word.startsWith("-") && word !== "-") throw usage(`There is no option ${word}.`);
    else paths.push(word);
  }
  if (paths.length > 1) throw usage("Name one folder.");
  flags.path = paths[0] ?? ".";
  return flags;
}

function list(value: string): string[] {
  return value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw usage(`${flag} is one of ${choices.join(", ")}.`);
  return found;
}

function usage(message: string): ScanError {
  return new ScanError("SCAN_USAGE", message, "See: paydown-scan --help");
}
