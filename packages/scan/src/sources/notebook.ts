import { type Magic, type PythonCell, rewriteMagics } from "./magics.js";
import { scanCellLines } from "./notebook-lines.js";

/** One cell of a notebook, with what is needed to map an offset back to the raw file. */
export interface Cell {
  /** 1-based position in the document, Markdown cells counted. */
  readonly number: number;
  /** The notebook's own cell id; absent before nbformat 4.5. */
  readonly id: string | undefined;
  readonly type: "code" | "markdown" | "raw";
  readonly source: string;
  readonly executionCount: number | undefined;
  readonly outputs: readonly CellOutput[];
  readonly tags: readonly string[];
  readonly magics: readonly Magic[];
  readonly foreign: boolean;
  /** Where the cell's code starts in the notebook's joined text; code cells only. */
  readonly start: number;
  /** Raw line (1-based) of the cell, and of each line of its source. */
  readonly rawLine: number;
  readonly rawLines: readonly number[];
}

export interface CellOutput {
  readonly kind: "text" | "error";
  readonly text: string;
  /** Raw line (1-based) of the output in the file. */
  readonly rawLine: number;
}

export interface Notebook {
  readonly cells: readonly Cell[];
  /** Python of all code cells, joined by newlines, magics rewritten. */
  readonly text: string;
  readonly language: string;
}

export type NotebookFault = "not-json" | "not-notebook" | "lfs-pointer" | "too-many-cells";

const maxCells = 20_000;
const maxOutputText = 200_000;

/** Reads nbformat 3 and 4. Never throws: what cannot be read is named. */
export function readNotebook(raw: string): Notebook | NotebookFault {
  if (raw.startsWith("version https://git-lfs")) return "lfs-pointer";
  let json: unknown;
  try {
    json = JSON.parse(raw);
  } catch {
    return "not-json";
  }
  const list = cellsOf(json);
  if (!list) return "not-notebook";
  if (list.length > maxCells) return "too-many-cells";
  const positions = scanCellLines(raw);
  const cells: Cell[] = [];
  const parts: string[] = [];
  let start = 0;
  let budget = maxOutputText;
  for (const [index, value] of list.entries()) {
    const cell = isRecord(value) ? value : {};
    const at = positions[index];
    const source = joinText(cell.source ?? cell.input);
    const type = cell.cell_type === "code" ? "code" : cell.cell_type === "markdown" ? "markdown" : "raw";
    const python = type === "code" ? readCode(source, cell.metadata) : undefined;
    const outputs = type === "code" ? readOutputs(cell.outputs, at?.outputs ?? [], at?.line ?? 1, budget) : [];
    for (const output of outputs) budget -= output.text.length;
    cells.push({
      number: index + 1,
      id: typeof cell.id === "string" ? cell.id : undefined,
      type,
      source,
      executionCount: numberOf(cell.execution_count ?? cell.prompt_number),
      outputs,
      tags: tagsOf(cell.metadata),
      magics: python?.magics ?? [],
      foreign: python?.foreign ?? false,
      start,
      rawLine: at?.line ?? 1,
      rawLines: at?.source ?? [],
    });
    if (python) {
      parts.push(python.text);
      start += python.text.length + 1;
    }
  }
  return { cells, text: parts.join("\n"), language: languageOf(json) };
}

/** A cell that an editor marked as shell, SQL or the like is blanked. */
function readCode(source: string, metadata: unknown): PythonCell {
  const editor = isRecord(metadata) && isRecord(metadata.vscode) ? metadata.vscode.languageId : undefined;
  if (typeof editor !== "string" || editor === "python") return rewriteMagics(source);
  return { text: source.replace(/[^\n]/g, " "), magics: [], foreign: true };
}

function cellsOf(json: unknown): readonly unknown[] | undefined {
  if (!isRecord(json)) return undefined;
  if (Array.isArray(json.cells)) return json.cells;
  if (!Array.isArray(json.worksheets)) return undefined;
  return json.worksheets.flatMap((sheet: unknown) =>
    isRecord(sheet) && Array.isArray(sheet.cells) ? (sheet.cells as unknown[]) : [],
  );
}

function readOutputs(value: unknown, lines: readonly number[], fallback: number, budget: number): CellOutput[] {
  if (!Array.isArray(value)) return [];
  const found: CellOutput[] = [];
  let left = budget;
  for (const [index, item] of value.entries()) {
    if (!isRecord(item) || left <= 0) continue;
    const rawLine = lines[index] ?? fallback;
    const isError = item.output_type === "error" || item.output_type === "pyerr";
    const text = (isError ? `${joinText(item.ename)}: ${joinText(item.evalue)}` : outputText(item)).slice(0, left);
    left -= text.length;
    if (isError || text !== "") found.push({ kind: isError ? "error" : "text", text, rawLine });
  }
  return found;
}

function outputText(item: Record<string, unknown>): string {
  const data = isRecord(item.data) ? item.data : {};
  return [item.text, data["text/plain"], data["text/html"], data["application/json"]]
    .map((part) => (isRecord(part) ? JSON.stringify(part) : joinText(part)))
    .filter((part) => part !== "")
    .join("\n");
}

function languageOf(json: unknown): string {
  const metadata = isRecord(json) && isRecord(json.metadata) ? json.metadata : {};
  const info = isRecord(metadata.language_info) ? metadata.language_info.name : undefined;
  const spec = isRecord(metadata.kernelspec) ? metadata.kernelspec.language : undefined;
  const name = info ?? spec;
  return typeof name === "string" ? name.toLowerCase() : "python";
}

function tagsOf(metadata: unknown): string[] {
  const tags = isRecord(metadata) ? metadata.tags : undefined;
  return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === "string") : [];
}

function joinText(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  return value.filter((part): part is string => typeof part === "string").join("");
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
