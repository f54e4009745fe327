import type { ByteRange } from "#base/blobs/blobs.js";

const textTypes =
  /\.(txt|log|err|cfg|conf|py|js|ts|yaml|yml|json|jsonl|csv|tsv|md|rst|xml|ipynb|toml|ini|sh|sql|r|rmd|mlmodel|mlproject|gitignore)$/i;
const types: Readonly<Record<string, string>> = {
  html: "text/html",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  svg: "image/svg+xml",
  webp: "image/webp",
  pdf: "application/pdf",
  zip: "application/zip",
  parquet: "application/vnd.apache.parquet",
  css: "text/css",
  tar: "application/x-tar",
  gz: "application/gzip",
  bmp: "image/bmp",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  wav: "audio/x-wav",
  webm: "video/webm",
};

/** By the name alone: content is never sniffed. */
export function contentTypeOf(name: string): string {
  if (textTypes.test(name) || /^(MLmodel|MLproject)$/i.test(name)) return "text/plain";
  if (/\.(tar\.gz|tgz)$/i.test(name)) return "application/x-tar";
  const extension = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return types[extension] ?? "application/octet-stream";
}

/** An attachment by its name; names beyond ASCII travel percent-encoded beside a fallback. */
export function dispositionOf(name: string): string {
  if (/^[\u0020-\u007e]*$/.test(name)) return `attachment; filename=${quote(name)}`;
  const fallback = name
    .normalize("NFKD")
    .replace(/[^\u0020-\u007e]/g, "")
    .trim();
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename=${quote(fallback === "" ? "download" : fallback)}; filename*=UTF-8''${encoded}`;
}

function quote(text: string): string {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

/** The one range a request asks for; undefined when it asks for none, or for several, which get the whole. */
export function rangeOf(header: string | undefined, size: number): ByteRange | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (match === null) return undefined;
  const [, from = "", to = ""] = match;
  if (from === "" && to === "") return undefined;
  if (from === "") {
    const length = Math.min(Number(to), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(from);
  const end = to === "" ? size : Math.min(Number(to) + 1, size);
  if (start >= size || end <= start) return "unsatisfiable";
  return { start, end };
}
