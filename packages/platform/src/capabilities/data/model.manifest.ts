import { createHash } from "node:crypto";
import type { Format } from "@paydown/api/data";
import { baseErrors } from "#base/errors.js";
import { dataErrors } from "./errors.js";
import { compareTexts } from "./model.js";

/** One file of a version. */
export interface ManifestFile {
  readonly path: string;
  readonly hash: string;
  /** Null when the file is not a table. */
  readonly rows: number | null;
  readonly bytes: number;
}

export interface Manifest {
  /** By path. */
  readonly files: readonly ManifestFile[];
  /** The canonical JSON: an array of `{"bytes","hash","path","rows"}` in that order, by path, without white space. */
  readonly json: string;
  /** SHA-256 of the JSON in UTF-8. */
  readonly hash: string;
  /** The first 16 digits of the hash. */
  readonly version: string;
}

/** Throws DATA_PATH_TWICE. */
export function toManifest(files: readonly ManifestFile[]): Manifest {
  const sorted = [...files].sort((a, b) => compareTexts(a.path, b.path));
  for (const [i, file] of sorted.entries()) {
    if (i > 0 && sorted[i - 1]?.path === file.path) throw dataErrors.DATA_PATH_TWICE({ path: file.path });
  }
  const json = JSON.stringify(sorted.map(({ bytes, hash, path, rows }) => ({ bytes, hash, path, rows })));
  const hash = createHash("sha256").update(json).digest("hex");
  return { files: sorted, json, hash, version: hash.slice(0, 16) };
}

/** Throws PATH_REFUSED unless the path is relative, stays inside, and is spelled one way only. */
export function checkPath(path: string): void {
  const parts = path.split("/");
  const plain = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!plain || /[\\\p{Cc}]/u.test(path) || /^[A-Za-z]:/.test(path) || path.length > 1024) {
    throw baseErrors.PATH_REFUSED({ path });
  }
}

const formats: readonly { readonly ending: RegExp; readonly format: Format }[] = [
  { ending: /\.(parquet|pq)$/i, format: "parquet" },
  { ending: /\.(csv|tsv)$/i, format: "csv" },
  { ending: /\.(json|jsonl|ndjson)$/i, format: "json" },
];

/** The format the names of the files speak of. Throws DATA_FORMAT_MIXED when some are tables of another kind. */
export function formatOf(paths: readonly string[]): Format {
  const found = paths.map((path) => formats.find((one) => one.ending.test(path))?.format ?? "files");
  const other = found.findIndex((format) => format !== found[0]);
  if (other < 0) return found[0] ?? "files";
  throw dataErrors.DATA_FORMAT_MIXED({ first: paths[0], second: paths[other] });
}
