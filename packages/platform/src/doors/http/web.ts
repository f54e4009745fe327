import { existsSync, readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { baseErrors } from "#base/errors.js";

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json",
  ".map": "application/json",
};

/**
 * The built interface: hashed assets are immutable and come precompressed from disk, the page itself is never cached.
 * Any path that is no file and no API answers the page, which routes by itself.
 */
export async function registerWeb(server: FastifyInstance, root: string): Promise<void> {
  const csp = policy(root);

  server.get("/*", async (request, reply) => {
    const path = decodeURIComponent((request.url.split("?", 1)[0] ?? "/").slice(1));
    if (/^(api|ajax-api|v2)(\/|$)/.test(path)) throw baseErrors.ROUTE_NOT_FOUND({ method: "GET", path: request.url });
    const file = normalize(join(root, path));
    const inside = file.startsWith(root + sep) && !path.includes("\0");
    if (inside && (await isFile(file)) && extname(file) !== ".html") return sendFile(request, reply, file);
    if (extname(path) !== "" && path.startsWith("assets/")) {
      throw baseErrors.ROUTE_NOT_FOUND({ method: "GET", path: request.url });
    }
    return reply
      .header("content-security-policy", csp)
      .header("cache-control", "no-store")
      .header("x-content-type-options", "nosniff")
      .header("referrer-policy", "same-origin")
      .type(types[".html"] as string)
      .send(await readFile(join(root, "index.html")));
  });
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, file: string): Promise<FastifyReply> {
  const accepts = String(request.headers["accept-encoding"] ?? "");
  for (const [encoding, ending] of [
    ["br", ".br"],
    ["gzip", ".gz"],
  ] as const) {
    if (accepts.includes(encoding) && (await isFile(file + ending))) {
      reply.header("content-encoding", encoding).header("vary", "accept-encoding");
      return reply
        .headers(cacheOf(file))
        .type(typeOf(file))
        .send(await readFile(file + ending));
    }
  }
  return reply
    .headers(cacheOf(file))
    .type(typeOf(file))
    .send(await readFile(file));
}

function cacheOf(file: string): Record<string, string> {
  const immutable = file.includes(`${sep}assets${sep}`);
  return {
    "cache-control": immutable ? "public, max-age=31536000, immutable" : "no-cache",
    "x-content-type-options": "nosniff",
  };
}

function typeOf(file: string): string {
  return types[extname(file)] ?? "application/octet-stream";
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The build writes the hash of the one inline script (theme before first paint). */
function policy(root: string): string {
  const path = join(root, "csp.json");
  const built = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { scriptHashes?: string[] }) : {};
  const scripts = ["'self'", ...(built.scriptHashes ?? [])].join(" ");
  return `default-src 'self'; script-src ${scripts}; style-src 'self'; img-src 'self' data:; worker-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'`;
}
