/** How an artifact is shown, by its name. Nothing is ever executed: images are drawn by the browser, all else is text, rows or bytes. */
export type ArtifactKind = "image" | "table" | "parquet" | "json" | "notebook" | "onnx" | "mlmodel" | "text" | "bytes";

const IMAGES: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};
const TABLES = new Set(["csv", "tsv", "jsonl", "ndjson"]);
const TEXTS =
  /\.(txt|log|err|out|cfg|conf|ini|toml|ya?ml|md|rst|html?|xml|css|py|pyi|r|rmd|jl|js|ts|tsx|jsx|sh|bash|sql|go|rs|c|h|cpp|java|scala|tex|diff|patch|env|lock|properties|dot|proto|gitignore)$/i;

export function artifactKind(path: string): ArtifactKind {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  if (/^(MLmodel)$/.test(name)) return "mlmodel";
  if (ending in IMAGES) return "image";
  if (TABLES.has(ending)) return "table";
  if (ending === "parquet" || ending === "pq") return "parquet";
  if (ending === "ipynb") return "notebook";
  if (ending === "onnx") return "onnx";
  if (ending === "json") return "json";
  if (TEXTS.test(name) || /^(MLproject|Dockerfile|Makefile|LICENSE|README|requirements)$/i.test(name)) return "text";
  return "bytes";
}

export function imageType(path: string): string {
  return IMAGES[path.slice(path.lastIndexOf(".") + 1).toLowerCase()] ?? "application/octet-stream";
}

/** Width and height that an image's head claims, so that a small file that unpacks to gigabytes is not drawn. */
export function imageSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ascii = (at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));
  if (bytes.length > 24 && ascii(1, 3) === "PNG") return { width: view.getUint32(16), height: view.getUint32(20) };
  if (bytes.length > 10 && ascii(0, 3) === "GIF")
    return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
  if (bytes.length > 30 && ascii(0, 4) === "RIFF" && ascii(8, 4) === "WEBP") return webpSize(view, ascii(12, 4));
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return jpegSize(view);
  return undefined;
}

function webpSize(view: DataView, chunk: string): { width: number; height: number } | undefined {
  if (chunk === "VP8X") {
    const size = (at: number) => 1 + view.getUint8(at) + view.getUint8(at + 1) * 256 + view.getUint8(at + 2) * 65_536;
    return { width: size(24), height: size(27) };
  }
  if (chunk === "VP8 ") return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  const bits = view.getUint32(21, true);
  return chunk === "VP8L" ? { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 } : undefined;
}

function jpegSize(view: DataView): { width: number; height: number } | undefined {
  let at = 2;
  while (at + 9 < view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

export interface TableHead {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The first rows of a table; a last line that was cut is left out. */
export function readTable(text: string, path: string, whole: boolean, most = 200): TableHead {
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  if (ending === "jsonl" || ending === "ndjson") return readJsonLines(text, whole, most);
  const rows = readSeparated(text, ending === "tsv" ? "\t" : ",", most + 2);
  if (!whole && rows.length <= most + 1) rows.pop();
  return { columns: rows[0] ?? [], rows: rows.slice(1, most + 1) };
}

/** Comma- or tab-separated text with quotes (RFC 4180), at most so many rows. */
function readSeparated(text: string, mark: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  for (let at = 0; at < text.length && rows.length < most; at += 1) {
    const sign = text[at] as string;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === mark) {
      row.push(cell);
      cell = "";
    } else if (sign === "\n") {
      row.push(cell.endsWith("\r") ? cell.slice(0, -1) : cell);
      rows.push(row);
      row = [];
      cell = "";
    } else cell += sign;
  }
  if (rows.length < most && (cell !== "" || row.length > 0)) rows.push([...row, cell]);
  return rows;
}

function readJsonLines(text: string, whole: boolean, most: number): TableHead {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (!whole) lines.pop();
  const records = lines.slice(0, most).map((line): Record<string, unknown> => {
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : { value };
    } catch {
      return { "not JSON": line };
    }
  });
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const write = (value: unknown) =>
    value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return { columns, rows: records.map((record) => columns.map((column) => write(record[column]))) };
}

/** Offset, bytes in hex and as letters, sixteen a line. */
export function hexLines(bytes: Uint8Array, most = 512): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const part = [...bytes.subarray(at, Math.min(at + 16, most))];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const letters = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${letters}`);
  }
  return lines.join("\n");
}
