import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { operations } from "@paydown/api/operations.generated";
import { makeReply } from "./fixture-replies.js";

/** A development fixture, not a server: `dist` with generated replies. Run with the source hook of tools/source.ts: fixture-server.ts [port] [empty] */
const dist = new URL("../dist/", import.meta.url).pathname;
const port = Number(process.argv[2] ?? 5199);
const empty = process.argv[3] === "empty";
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};
const { header } = JSON.parse(readFileSync(join(dist, "csp.json"), "utf8")) as { header: string };
const now = Date.now();

const routes = operations.map((operation) => ({
  operation,
  pattern: new RegExp(`^/api/v1${operation.path.replace(/:([a-zA-Z]+)/g, "([^/]+)")}$`),
}));

createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname.startsWith("/api/")) {
    const route = routes.find((one) => one.operation.method === request.method && one.pattern.test(url.pathname));
    response.setHeader("content-type", "application/json");
    if (route === undefined) {
      response.writeHead(404).end(
        JSON.stringify({
          code: "ROUTE_NOT_FOUND",
          message: `Nothing answers ${url.pathname}.`,
          next: "See the reference.",
        }),
      );
      return;
    }
    const reply = makeReply(route.operation.reply, url.pathname, now) as Record<string, unknown>;
    if (empty && route.operation.name !== "accounts.listProjects" && Array.isArray(reply.items))
      Object.assign(reply, { items: [], total: 0 });
    response.end(JSON.stringify(reply));
    return;
  }
  const file = join(dist, url.pathname);
  if (url.pathname !== "/" && existsSync(file) && statSync(file).isFile()) {
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
    return;
  }
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": header,
    "cache-control": "no-store",
  });
  createReadStream(join(dist, "index.html")).pipe(response);
}).listen(port, "127.0.0.1");
