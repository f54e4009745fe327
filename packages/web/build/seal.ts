import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = new Set([".js", ".css", ".html", ".svg", ".json", ".txt", ".map"]);

/**
 * Last step of the build: writes `csp.json` with the policy the HTTP door sends (inline scripts allowed by hash only),
 * and a `.br` and `.gz` beside every text file, so that nothing is compressed per request.
 */
export function seal(): Plugin {
  let out = "";
  return {
    name: "paydown-seal",
    apply: "build",
    configResolved(config) {
      out = join(config.root, config.build.outDir);
    },
    writeBundle() {
      const html = readFileSync(join(out, "index.html"), "utf8");
      writeFileSync(join(out, "csp.json"), `${JSON.stringify(policy(html), null, 2)}\n`);
      for (const file of files(out)) {
        if (!TEXT.has(extname(file)) || file.endsWith("csp.json")) continue;
        const content = readFileSync(file);
        writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
        writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

/** The policy of a page: everything from this origin, its inline scripts by hash, nothing else. */
export function policy(html: string): { scriptHashes: string[]; header: string } {
  const scripts = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(
    (match) =>
      `'sha256-${createHash("sha256")
        .update(match[1] ?? "")
        .digest("base64")}'`,
  );
  const allowed = scripts.map((hash) => ` ${hash}`).join("");
  return {
    scriptHashes: scripts,
    header: `default-src 'self'; script-src 'self'${allowed}; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
  };
}

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".br") && !entry.name.endsWith(".gz"))
    .map((entry) => join(entry.parentPath, entry.name));
}
