import ignore from "ignore";
import type { ScanConfig } from "#config.js";
import { ScanError, toMessage } from "#errors.js";
import { type FileFacts, readFileFacts } from "#facts/file.js";
import { lineAt } from "#facts/lines.js";
import type { FileSummary, Profile, ProjectFacts } from "#facts/project.js";
import { summarise } from "#facts/summary.js";
import { nodesOf } from "#facts/tree.js";
import { createInventory, inferProfile } from "#inventory.js";
import { fingerprintOf, type Place, placeOf } from "#place.js";
import { principalOf } from "#price.js";
import type { Finding, Inventory, RuleCount, SuppressedFinding, Suppression, Unseen } from "#report.js";
import type { Reported, Rule } from "#rule.js";
import { matchesRule, type Part } from "#selection.js";
import { readManifests } from "#sources/manifests.js";
import { readNotebook } from "#sources/notebook.js";
import { loadPythonParser, type PythonParser } from "#sources/python.js";
import { decodeText, type SourceFile, type SourceTree } from "#sources/source-tree.js";
import { isExpired, readSuppressions, type SuppressionComment, silences } from "#suppressions.js";

/** Bounds per file; what lies above is named in `unseen`, not read. */
export interface FileLimits {
  readonly pythonBytes: number;
  readonly notebookBytes: number;
}

export const defaultFileLimits: FileLimits = { pythonBytes: 2_000_000, notebookBytes: 64_000_000 };

export interface Progress {
  readonly phase: "list" | "files" | "project" | "history" | "done";
  readonly done: number;
  readonly total: number;
  readonly path?: string;
}

export interface AnalysisInput {
  readonly tree: SourceTree;
  readonly config: ScanConfig;
  readonly rules: ReadonlyMap<Rule, Part>;
  readonly limits: FileLimits;
  /** YYYY-MM-DD, for suppressions that expire. */
  readonly today: string;
  readonly tracked: ReadonlyMap<string, number> | undefined;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

export interface Analysis {
  readonly findings: readonly Omit<Finding, "interest">[];
  readonly suppressed: readonly (Omit<Finding, "interest"> & Pick<SuppressedFinding, "suppression">)[];
  readonly suppressions: readonly Suppression[];
  readonly counted: readonly RuleCount[];
  readonly unseen: readonly Unseen[];
  readonly inventory: Inventory;
  readonly profile: Profile;
  /** Lines of code of every Python file and notebook, and whether it is a test. */
  readonly sizes: ReadonlyMap<string, { readonly codeLines: number; readonly isTest: boolean }>;
}

interface Draft {
  readonly rule: Rule;
  readonly path: string;
  readonly place: Place;
  readonly found: Reported;
  /** Line of the joined text, for suppressions; 0 where there is none. */
  readonly textLine: number;
}

interface FileComments {
  readonly comments: readonly SuppressionComment[];
  readonly used: Map<SuppressionComment, number>;
  readonly rawLine: (line: number) => number;
}

/** Reads every file once, runs the rules over its facts, then the project rules over what was kept. */
export async function analyse(input: AnalysisInput): Promise<Analysis> {
  const { tree, config, rules } = input;
  const unseen: Unseen[] = [];
  const drafts: Draft[] = [];
  const comments = new Map<string, FileComments>();
  const summaries: FileSummary[] = [];
  const perFile = [...config.perFileIgnores].map(([glob, words]) => ({ match: ignore().add(glob), words }));
  const isIgnored = (rule: Rule, path: string): boolean =>
    perFile.some(({ match, words }) => match.ignores(path) && words.some((word) => matchesRule(rule, word)));

  input.onProgress?.({ phase: "list", done: 0, total: 0 });
  const listing = tree.list(config.exclude, input.signal);
  unseen.push(...listing.unseen);
  const sources = listing.files.filter((file) => /\.(py|ipynb)$/i.test(file.path));
  const parser =
    sources.length > 0 || listing.files.some((file) => file.path.endsWith("setup.py"))
      ? await loadPythonParser()
      : undefined;

  let done = 0;
  for (const file of sources) {
    if (input.signal?.aborted)
      throw new ScanError(
        "SCAN_ABORTED",
        "The scan was stopped.",
        "Start it again when convenient.",
        input.signal.reason,
      );
    input.onProgress?.({ phase: "files", done, total: sources.length, path: file.path });
    const facts = readSource(tree, file, parser as PythonParser, input.limits, unseen);
    if (facts) {
      runFileRules(facts, rules, isIgnored, drafts, unseen);
      summaries.push(summarise(facts));
      comments.set(facts.path, { comments: readSuppressions(facts), used: new Map(), rawLine: rawLineOf(facts) });
    }
    // Lets the history reader and the caller's timers run in between.
    if (++done % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }

  input.onProgress?.({ phase: "project", done: 0, total: 1 });
  const inventory = createInventory(listing.files, summaries);
  const readText = (path: string, limit = 2_000_000): string | undefined => {
    const bytes = tree.read(path, limit);
    return bytes && decodeText(bytes).text;
  };
  const manifests = await readManifests(listing.files, readText, parser, unseen);
  const project: ProjectFacts = {
    files: listing.files,
    summaries,
    manifests,
    inventory,
    profile: config.profile ?? inferProfile(listing.files, summaries, manifests),
    tracked: input.tracked,
    readText,
    readBytes: (path, limit) => tree.read(path, limit),
    readRange: (path, offset, length) => tree.readRange(path, offset, length),
    noteUnseen: (entry) => void unseen.push(entry),
  };
  for (const rule of rules.keys()) {
    const check = rule.scope === "project" ? rule.check : rule.checkProject;
    if (!check) continue;
    guardRule(rule, undefined, unseen, () =>
      check(project, (path, found) => {
        if (isIgnored(rule, path)) return;
        const place: Place =
          "place" in found.at
            ? found.at.place
            : { line: "line" in found.at ? found.at.line : 1, scope: "", tokens: "" };
        drafts.push({ rule, path, place, found, textLine: "place" in found.at ? -1 : 0 });
      }),
    );
  }
  return {
    ...settle(drafts, rules, comments, input.today),
    unseen,
    inventory: { ...inventory, manifests: manifests.map((manifest) => manifest.path) },
    profile: project.profile,
    sizes: new Map(summaries.map((file) => [file.path, { codeLines: file.codeLines, isTest: file.isTest }])),
  };
}

function readSource(
  tree: SourceTree,
  file: SourceFile,
  parser: PythonParser,
  limits: FileLimits,
  unseen: Unseen[],
): FileFacts | undefined {
  const isNotebook = /\.ipynb$/i.test(file.path);
  const limit = isNotebook ? limits.notebookBytes : limits.pythonBytes;
  const { path } = file;
  if (file.bytes > limit) {
    unseen.push({
      code: "SCAN_FILE_TOO_LARGE",
      path,
      message: `${file.bytes} bytes; files above ${limit} are not read.`,
      next: isNotebook
        ? "Strip the outputs of the notebook, or split it."
        : "Split the file, or exclude it if it is generated.",
    });
    return undefined;
  }
  const bytes = tree.read(path, limit);
  if (!bytes) {
    unseen.push({
      code: "SCAN_FILE_UNREADABLE",
      path,
      message: "The file could not be read.",
      next: "Check its rights, or exclude it.",
    });
    return undefined;
  }
  const { text, isUtf8 } = decodeText(bytes);
  if (!isUtf8 && text.includes("\0")) {
    unseen.push({ code: "SCAN_FILE_NOT_TEXT", path, message: "The file is not text.", next: "Rename or exclude it." });
    return undefined;
  }
  return isNotebook ? readNotebookFacts(path, text, parser, unseen) : readPythonFacts(path, text, parser, unseen);
}

function readPythonFacts(path: string, text: string, parser: PythonParser, unseen: Unseen[]): FileFacts {
  const { tree, errors, cut } = parser.parse(text, [{ text, offset: 0 }]);
  const facts = readFileFacts({ path, kind: "python", text, tree, cells: [], hasSyntaxError: errors.length > 0 });
  // The grammar accepts print statements; to the rules such a file is another language.
  const old = nodesOf(tree, "print_statement")[0] ?? nodesOf(tree, "exec_statement")[0];
  if (old !== undefined) unseen.push(pythonTwo(path, lineAt(facts.lines, tree.starts[old] ?? 0)));
  for (const offset of errors) unseen.push(syntaxError(path, lineAt(facts.lines, offset)));
  if (cut) unseen.push(parseCut(path, cut));
  return facts;
}

const notebookFaults = {
  "not-json": [
    "SCAN_NOTEBOOK_NOT_JSON",
    "The notebook is not valid JSON.",
    "Open and save it in Jupyter, or resolve its merge conflict.",
  ],
  "not-notebook": [
    "SCAN_NOTEBOOK_UNKNOWN_SHAPE",
    "The file has no notebook cells.",
    "Convert it with: jupyter nbconvert --to notebook.",
  ],
  "lfs-pointer": ["SCAN_LFS_POINTER", "The file is a Git LFS pointer, its content is not here.", "Run: git lfs pull."],
  "too-many-cells": ["SCAN_NOTEBOOK_TOO_LARGE", "The notebook has more than 20,000 cells.", "Split it."],
} as const;

function readNotebookFacts(path: string, raw: string, parser: PythonParser, unseen: Unseen[]): FileFacts | undefined {
  const notebook = readNotebook(raw);
  if (typeof notebook === "string") {
    const [code, message, next] = notebookFaults[notebook];
    unseen.push({ code, path, message, next });
    return undefined;
  }
  if (!/python|^$/.test(notebook.language)) {
    unseen.push({
      code: "SCAN_NOTEBOOK_LANGUAGE",
      path,
      message: `The notebook is written in ${notebook.language}; only Python is read.`,
      next: "Nothing to do.",
    });
    return undefined;
  }
  const code = notebook.cells.filter((cell) => cell.type === "code");
  const pieces = code.map((cell) => ({
    text: notebook.text.slice(cell.start, cell.start + cell.source.length),
    offset: cell.start,
  }));
  const { tree, errors, cut } = parser.parse(notebook.text, pieces);
  const facts = readFileFacts({
    path,
    kind: "notebook",
    text: notebook.text,
    tree,
    cells: notebook.cells,
    hasSyntaxError: errors.length > 0,
  });
  for (const offset of errors) unseen.push(syntaxError(path, placeOf(facts, { offset }).line));
  if (cut) unseen.push(parseCut(path, cut));
  return facts;
}

function syntaxError(path: string, line: number): Unseen {
  return {
    code: "SCAN_PYTHON_SYNTAX",
    path,
    line,
    message: `The code around line ${line} is not valid Python; rules see the rest of the file.`,
    next: "Correct the syntax, or exclude the file.",
  };
}

function pythonTwo(path: string, line: number): Unseen {
  return {
    code: "SCAN_PYTHON_2",
    path,
    line,
    message: "The file is written in Python 2; rules see only part of it.",
    next: "Port it to Python 3, or exclude it.",
  };
}

function parseCut(path: string, cut: "depth" | "time"): Unseen {
  return {
    code: cut === "depth" ? "SCAN_NESTED_TOO_DEEP" : "SCAN_PARSE_TIMEOUT",
    path,
    message:
      cut === "depth"
        ? "Nesting deeper than 400 levels is not read."
        : "The file took longer than five seconds to parse and is not read.",
    next: "Exclude the file if it is generated.",
  };
}

function runFileRules(
  facts: FileFacts,
  rules: ReadonlyMap<Rule, Part>,
  isIgnored: (rule: Rule, path: string) => boolean,
  drafts: Draft[],
  unseen: Unseen[],
): void {
  for (const rule of rules.keys()) {
    if (rule.scope !== "file" || isIgnored(rule, facts.path)) continue;
    guardRule(rule, facts.path, unseen, () =>
      rule.check(facts, (found) => {
        const place = placeOf(facts, found.at);
        const offset =
          "node" in found.at ? (facts.tree.starts[found.at.node] ?? 0) : "offset" in found.at ? found.at.offset : -1;
        drafts.push({ rule, path: facts.path, place, found, textLine: offset < 0 ? 0 : lineAt(facts.lines, offset) });
      }),
    );
  }
}

/** A rule that fails on one file must not end the scan, and must not pass for "nothing found" either. */
function guardRule(rule: Rule, path: string | undefined, unseen: Unseen[], run: () => void): void {
  try {
    run();
  } catch (cause) {
    unseen.push({
      code: "SCAN_RULE_FAILED",
      ...(path === undefined ? {} : { path }),
      message: `Rule ${rule.code} failed: ${toMessage(cause)}`,
      next: "Report the file to the project; the other rules are not affected.",
    });
  }
}

function rawLineOf(facts: FileFacts): (line: number) => number {
  return (line) =>
    facts.kind === "python" ? line : placeOf(facts, { offset: facts.lines.starts[line - 1] ?? 0 }).line;
}

/** Gives drafts their fingerprints, takes out the silenced ones, counts the rules that only count. */
function settle(
  drafts: readonly Draft[],
  parts: ReadonlyMap<Rule, Part>,
  comments: ReadonlyMap<string, FileComments>,
  today: string,
): Pick<Analysis, "findings" | "suppressed" | "suppressions" | "counted"> {
  const ordered = [...drafts].sort(
    (a, b) =>
      compare(a.path, b.path) ||
      a.place.line - b.place.line ||
      (a.place.cellLine ?? 0) - (b.place.cellLine ?? 0) ||
      compare(a.rule.code, b.rule.code),
  );
  const ordinals = new Map<string, number>();
  const counts = new Map<Rule, { count: number; files: Set<string> }>();
  const findings: Omit<Finding, "interest">[] = [];
  const suppressed: (Omit<Finding, "interest"> & Pick<SuppressedFinding, "suppression">)[] = [];
  for (const draft of ordered) {
    const { rule, path, place, found } = draft;
    const tokens = found.identity ?? place.tokens;
    const key = [rule.code, path, place.scope, tokens].join("\0");
    const ordinal = ordinals.get(key) ?? 0;
    ordinals.set(key, ordinal + 1);
    if (found.counted || parts.get(rule) === "counted") {
      const count = counts.get(rule) ?? { count: 0, files: new Set() };
      count.count++;
      count.files.add(path);
      counts.set(rule, count);
      continue;
    }
    const finding: Omit<Finding, "interest"> = {
      rule: rule.code,
      slug: rule.slug,
      path,
      line: place.line,
      ...(place.cell === undefined ? {} : { cell: place.cell }),
      ...(place.cellLine === undefined ? {} : { cellLine: place.cellLine }),
      ...(place.cellId === undefined ? {} : { cellId: place.cellId }),
      confidence: found.confidence ?? rule.confidence,
      message: printable(found.message),
      evidence: (found.evidence ?? []).map(printable),
      principal: principalOf(rule.principalClass),
      fingerprint: fingerprintOf(rule.code, path, place.scope, tokens, ordinal),
      scope: place.scope,
    };
    const file = comments.get(path);
    const comment = file?.comments.find((candidate) =>
      silences(candidate, rule, draft.textLine > 0 ? draft.textLine : lineFor(file, candidate, place.line), today),
    );
    if (file && comment) {
      file.used.set(comment, (file.used.get(comment) ?? 0) + 1);
      suppressed.push({
        ...finding,
        suppression: {
          line: file.rawLine(comment.commentLine),
          ...(comment.reason === undefined ? {} : { reason: comment.reason }),
        },
      });
    } else findings.push(finding);
  }
  return {
    findings,
    suppressed,
    suppressions: [...comments].flatMap(([path, file]) =>
      file.comments.map((comment) => toSuppression(path, file, comment, today)),
    ),
    counted: [...counts]
      .map(([rule, { count, files }]) => ({ rule: rule.code, slug: rule.slug, count, files: files.size }))
      .sort((a, b) => compare(a.rule, b.rule)),
  };
}

/** Findings without a text line (whole notebooks, project rules) are compared by raw line. */
function lineFor(file: FileComments, comment: SuppressionComment, line: number): number {
  if (comment.fromLine === 1 && comment.toLine > comment.commentLine) return comment.fromLine;
  return line >= file.rawLine(comment.fromLine) && line <= file.rawLine(comment.toLine) ? comment.fromLine : -1;
}

function toSuppression(path: string, file: FileComments, comment: SuppressionComment, today: string): Suppression {
  const suppressed = file.used.get(comment) ?? 0;
  return {
    path,
    line: file.rawLine(comment.commentLine),
    targets: comment.targets,
    ...(comment.reason === undefined ? {} : { reason: comment.reason }),
    ...(comment.until === undefined ? {} : { until: comment.until }),
    state: isExpired(comment, today) ? "expired" : suppressed > 0 ? "used" : "unused",
    suppressed,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Text from a scanned repository must not steer a terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
