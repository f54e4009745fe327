/** Why a path must not be unpacked as it is; undefined when it stays where it is put. */
export function pathProblem(path: string): string | undefined {
  if (path.includes("\0")) return "with a zero byte in its name";
  if (/^([/\\]|[A-Za-z]:)/.test(path)) return "at an absolute path";
  return path.split(/[/\\]/).includes("..") ? "outside of where it is unpacked" : undefined;
}
