import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { filesBelow, isBelow, realFolder } from "./folder.js";
import type { Problems } from "./problems.js";
import type { FileOwner, FoundFiles, SourceFile } from "./source.js";

/** Where artifacts of a source on this disk may be read. */
export interface LocalRoots {
  /** Folder that relative roots are seen from: that of the source. */
  readonly home: string;
  /** Folders below which files may be read, as real paths: the source's and those of --artifacts. */
  readonly allowed: readonly string[];
  /** Folders that stand for the server's artifact store, first to last. */
  readonly stores: readonly string[];
}

/** The files of an owner that has none. */
export async function* noFiles(): AsyncGenerator<SourceFile> {}

/**
 * Finds the folder an artifact root names. `mlflow-artifacts:` roots lie below a store folder; paths are taken as they
 * are, or, when the source was moved since, by their last parts; nothing outside the allowed folders is ever read.
 */
export async function findLocal(roots: LocalRoots, owner: FileOwner, problems: Problems): Promise<FoundFiles> {
  const { uri } = owner;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
  if (uri.includes("\u0000") || safeDecode(uri).split(/[/\\]/).includes("..")) {
    return { kind: "reference", why: `its root ${uri} leads upwards` };
  }
  const proxied = proxyPath(uri);
  if (proxied !== undefined) {
    for (const store of roots.stores) {
      const found = await realFolder(resolve(store, proxied));
      if (found !== undefined && isBelow(store, found)) return { kind: "files", files: filesBelow(found, problems) };
    }
    // A run without artifacts has no folder; a store nobody named has none for anybody.
    if (roots.stores.length > 0) return { kind: "files", files: noFiles() };
    return {
      kind: "reference",
      why: `its files lie in the old server's store (${schemeAndHost(uri)}); name that folder with --artifacts DIR`,
    };
  }
  if (scheme !== undefined && scheme !== "file" && scheme.length > 1) {
    return { kind: "reference", why: `its files lie in ${schemeAndHost(uri)}, which is not copied` };
  }
  const path = scheme === "file" ? fromFileUrl(uri) : uri;
  if (path === undefined) return { kind: "reference", why: `its root ${uri} is no path of this machine` };
  const candidates = [
    resolve(roots.home, path),
    ...tails(owner, path).flatMap((tail) => roots.allowed.map((root) => resolve(root, tail))),
  ];
  let outside = false;
  for (const candidate of candidates) {
    const found = await realFolder(candidate);
    if (found === undefined) continue;
    outside = true;
    if (roots.allowed.some((root) => isBelow(root, found)))
      return { kind: "files", files: filesBelow(found, problems) };
  }
  const inside = !outside && roots.allowed.some((root) => isBelow(root, resolve(roots.home, path)));
  if (inside) return { kind: "files", files: noFiles() };
  const parents = tails(owner, path).map((tail) => tail.split("/")[0] as string);
  for (const root of outside ? [] : roots.allowed) {
    for (const parent of parents)
      if ((await realFolder(resolve(root, parent))) !== undefined) return { kind: "files", files: noFiles() };
  }
  return {
    kind: "reference",
    why: `its folder ${path} lies outside the source; name it with --artifacts DIR to copy it`,
  };
}

/** The ends of a root that name its owner wherever the whole was moved: `<experiment>/<run>/artifacts`. */
function tails(owner: FileOwner, path: string): string[] {
  const parts = path.split(/[/\\]/).filter((part) => part !== "" && part !== ".");
  const at = parts.lastIndexOf(owner.id);
  if (at < 0) return [];
  const above = owner.kind === "model" ? 2 : 1;
  const ends: string[] = [];
  for (const more of [above + 1, above]) if (at - more >= 0) ends.push(parts.slice(at - more).join("/"));
  return ends;
}

/** Path below a server's artifact store; undefined for a root that is not of one. */
export function proxyPath(uri: string): string | undefined {
  const own = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(uri);
  if (own !== null) return own[1]?.replace(/^\/+/, "");
  return /^https?:\/\/[^/]+\/(?:.*\/)?api\/2\.0\/mlflow-artifacts\/artifacts\/(.*)$/.exec(uri)?.[1];
}

function fromFileUrl(uri: string): string | undefined {
  try {
    return fileURLToPath(uri);
  } catch {
    const plain = /^file:(?!\/\/)(.*)$/.exec(uri)?.[1];
    return plain === undefined ? undefined : safeDecode(plain);
  }
}

function safeDecode(text: string): string {
  let at = text;
  for (let round = 0; round < 10; round++) {
    try {
      const next = decodeURIComponent(at);
      if (next === at) return at;
      at = next;
    } catch {
      return at;
    }
  }
  return at;
}

/** A URI up to its host or bucket: never a query or user that may hold a secret. */
export function schemeAndHost(uri: string): string {
  const [, scheme = "", host = ""] = /^([a-z][a-z0-9+.-]*:)(?:\/\/(?:[^/@]*@)?([^/?#]*))?/i.exec(uri) ?? [];
  return host === "" ? scheme : `${scheme}//${host}`;
}
