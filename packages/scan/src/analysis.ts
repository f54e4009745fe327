import ignore from "ignore";
import type { ScanConfig } from "#config.js";
import { ScanError, toMessage } from "#errors.js";
import { type FileFacts, readFileFacts } from "#facts/file.js";
import { lineAt } from "#facts/lines.js";
import type { FileSummary, Profile, ProjectFacts } from "#facts/project.js";
import { summarise } from "#facts/summary.js";
import { nodesOf } from "#facts/tree.js";
import { createInventory, inferProfile } from "#inventory.js";
import { type Place, placeOf } from "#place.js";
import type { Inventory, Unseen } from "#report.js";
import type { Rule } from "#rule.js";
import { matchesRule, type Part } from "#selection.js";
import { type Draft, type FileComments, readFileComments, type Settled, settle } from "#settle.js";
import { readManifests } from "#sources/manifests.js";
import { readNotebook } from "#sources/notebook.js";
import { loadPythonParser, type PythonParser } from "#sources/python.js";
import { decodeText, type SourceFile, type SourceTree } from "#sources/source-tree.js";

/** Bounds per file; what lies above is named in `unseen`, not read. */
export interface FileLimits {
  readonly pythonBytes: number;
  readonly notebookBytes: number;
}

/** A rule that fires more often on one file says so once instead. */
const maxPerRule = 1_000;

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

export interface Analysis extends Settled {
  readonly unseen: readonly Unseen[];
  readonly inventory: Inventory;
  readonly profile: Profile;
  /** Lines of code of every Python file and notebook, and whether it is a test. */
  readonly sizes: ReadonlyMap<string, { readonly codeLines: number; readonly isTest: boolean }>;
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
      const silencing = readFileComments(facts);
      if (silencing) comments.set(facts.path, silencing);
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
    ...settle(drafts, rules, comments, input.today, project.profile),
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
    let count = 0;
    guardRule(rule, facts.path, unseen, () =>
      rule.check(facts, (found) => {
        if (++count > maxPerRule) return;
        const place = placeOf(facts, found.at);
        const offset =
          "node" in found.at ? (facts.tree.starts[found.at.node] ?? 0) : "offset" in found.at ? found.at.offset : -1;
        drafts.push({ rule, path: facts.path, place, found, textLine: offset < 0 ? 0 : lineAt(facts.lines, offset) });
      }),
    );
    if (count > maxPerRule) {
      unseen.push({
        code: "SCAN_FINDINGS_CUT",
        path: facts.path,
        message: `${rule.code} ${rule.slug} fires ${count} times; the first ${maxPerRule} are listed.`,
        next: "Repair or exclude the file: so many places have one cause.",
      });
    }
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
