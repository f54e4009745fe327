const characters = /^[/\p{L}\p{N}_.\- :]*$/u;

/**
 * What is wrong with the name of a metric, parameter or tag, in MLflow's words; undefined when nothing is: a set of
 * characters, and no name that would resolve to another when taken for a path.
 */
export function nameProblem(name: string): string | undefined {
  if (!characters.test(name)) {
    return "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).";
  }
  return pathProblem(name);
}

/** The half of the rule that names with other characters obey too. */
export function pathProblem(name: string): string | undefined {
  const normal = normalPath(name);
  if (normal === name && normal !== "." && !normal.startsWith("..") && !normal.startsWith("/")) return undefined;
  return `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${normal}'`;
}

/** POSIX normal form of a path: no empty, `.` or inner `..` parts. */
function normalPath(path: string): string {
  if (path === "") return ".";
  const absolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else if (!absolute) parts.push(part);
  }
  const joined = parts.join("/");
  return absolute ? `/${joined}` : joined === "" ? "." : joined;
}
