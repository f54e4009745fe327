import { paths } from "./paths.js";

/**
 * MLflow clients print links such as `/#/experiments/1/runs/ab12`. They carry no project, so they lead through `/go`,
 * which asks the server whose run it is. Answers nothing for hashes that are not ours to map.
 */
export function foreignPath(hash: string): string | undefined {
  const [route = ""] = hash.replace(/^#\/?/, "").split("?");
  const parts = route.split("/").filter((part) => part !== "");
  const [noun, id, below, second] = parts.map(decode);
  if (noun === "experiments" && id !== undefined && below === "runs" && second !== undefined)
    return go("run", second, id);
  if (noun === "experiments" && id !== undefined) return go("experiment", id);
  if (noun === "models" && id !== undefined && below === "versions" && second !== undefined)
    return go("model-version", `${id}/${second}`);
  if (noun === "models" && id !== undefined) return go("model", id);
  if (noun === "models" || noun === "experiments") return paths.portfolio();
  return undefined;
}

function go(kind: string, id: string, experiment?: string): string {
  const search = new URLSearchParams({ kind, id });
  if (experiment !== undefined) search.set("experiment", experiment);
  return `/go?${search}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
