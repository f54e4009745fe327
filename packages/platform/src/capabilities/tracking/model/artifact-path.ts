import { trackingErrors } from "../errors.js";

/** Scheme of artifact roots that this server keeps. */
export const artifactScheme = "mlflow-artifacts:/";
/** Path of the artifact proxy; a root may also be given as a URL that goes through it. */
const proxyPath = "/api/2.0/mlflow-artifacts/artifacts/";

/**
 * A path below a root, decoded until nothing is left to decode, then refused if it could leave the root: `..`, `#`, NUL
 * and other control characters, backslashes, absolute paths, drive letters. Empty parts and `.` vanish; "" is the root.
 */
export function toSafePath(path: string): string {
  const decoded = decodeFully(path);
  if (decoded === undefined) throw trackingErrors.TRACKING_ARTIFACT_PATH();
  const bad =
    decoded.includes("#") ||
    decoded.includes("\\") ||
    decoded.startsWith("/") ||
    /^[A-Za-z]:/.test(decoded) ||
    /^file:/i.test(decoded) ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u001f\u007f]/.test(decoded) ||
    decoded.split("/").includes("..");
  if (bad) throw trackingErrors.TRACKING_ARTIFACT_PATH();
  return decoded
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/**
 * Undoes percent-encoding as often as it was applied; a sequence that is no encoding stays as it is. Undefined when no
 * end is in sight: nobody encodes twenty times who means well.
 */
export function decodeFully(text: string): string | undefined {
  let at = text;
  for (let round = 0; round < 20; round++) {
    let next: string;
    try {
      next = decodeURIComponent(at);
    } catch {
      return at;
    }
    if (next === at) return at;
    at = next;
  }
  return undefined;
}

/** Path in this server's artifact store that a root URI names; undefined when the root is elsewhere. */
export function toStorePath(uri: string): string | undefined {
  if (/^mlflow-artifacts:\/(?!\/)/.test(uri)) return toSafePath(uri.slice(artifactScheme.length));
  const host = /^(?:mlflow-artifacts|https?):\/\/[^/]*(\/.*)?$/.exec(uri);
  if (host === null) return undefined;
  const path = host[1] ?? "/";
  if (uri.startsWith("mlflow-artifacts:")) return toSafePath(path.replace(/^\/+/, ""));
  const at = path.indexOf(proxyPath);
  return at === 0 ? toSafePath(path.slice(proxyPath.length)) : undefined;
}

/** Joins a root URI and names below it. */
export function joinUri(root: string, ...names: string[]): string {
  const query = root.indexOf("?");
  const [head, tail] = query < 0 ? [root, ""] : [root.slice(0, query), root.slice(query)];
  const base = head === artifactScheme ? head : head.replace(/\/+$/, "");
  return `${base}${base.endsWith("/") ? "" : "/"}${names.join("/")}${tail}`;
}

export function joinPath(...parts: string[]): string {
  return parts.filter((part) => part !== "").join("/");
}
