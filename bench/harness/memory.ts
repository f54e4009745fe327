import { readdirSync, readFileSync } from "node:fs";

/** Resident MiB of a process and all below it. */
export function residentMiB(pid: number): number {
  return Math.round(tree(pid).reduce((sum, one) => sum + statusOf(one, "VmRSS"), 0) / 1024);
}

/** Proportional MiB of a process and all below it: shared pages are counted once. */
export function proportionalMiB(pid: number): number {
  let sum = 0;
  for (const one of tree(pid)) {
    try {
      sum += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== "ENOENT") throw problem;
    }
  }
  return Math.round(sum / 1024);
}

function statusOf(pid: number, field: string): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  } catch (problem) {
    // A process may end between the list and the look.
    if ((problem as NodeJS.ErrnoException).code === "ENOENT") return 0;
    throw problem;
  }
}

function tree(root: number): number[] {
  const below = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = statusOf(Number(name), "PPid");
    below.set(parent, [...(below.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const visit = (pid: number): void => {
    found.push(pid);
    for (const child of below.get(pid) ?? []) visit(child);
  };
  visit(root);
  return found;
}
