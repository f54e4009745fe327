import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cruiseHouse } from "../laws/imports.ts";
import type { GeneratedFile } from "./generated-file.ts";

const begin = "<!-- folder graph: begin -->";
const end = "<!-- folder graph: end -->";

/** The folder graph at the end of ARCHITECTURE.md, drawn from what the files really import. */
export async function folderGraph(house: string): Promise<GeneratedFile[]> {
  const page = join(house, "ARCHITECTURE.md");
  if (!existsSync(page)) return [];
  const text = readFileSync(page, "utf8");
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) return [];
  const graph = draw((await cruiseHouse(house)).modules);
  return [{ path: "ARCHITECTURE.md", text: `${text.slice(0, from + begin.length)}\n${graph}\n${text.slice(to)}` }];
}

interface Module {
  readonly source: string;
  readonly dependencies: readonly { readonly resolved: string }[];
}

function draw(modules: readonly Module[]): string {
  const edges = new Set<string>();
  const boxes = new Set<string>();
  for (const module of modules) {
    const source = boxOf(module.source);
    if (source === undefined) continue;
    boxes.add(source);
    for (const { resolved } of module.dependencies) {
      const target = boxOf(resolved);
      if (target === undefined || target === source) continue;
      // Everything stands on the ground and on the contract; drawing those lines would hide the others.
      if (target === "platform/base" && source !== "platform/main") continue;
      if (target === "api" && source.startsWith("platform/")) continue;
      edges.add(`  ${id(source)} --> ${id(target)}`);
    }
  }
  return [
    "```mermaid",
    "flowchart LR",
    ...[...boxes].sort().map((box) => `  ${id(box)}["${box}"]`),
    ...[...edges].sort(),
    "```",
  ].join("\n");
}

/** The box a file is drawn in; undefined for tests and for what is not ours. */
function boxOf(file: string): string | undefined {
  if (/\.(test|contract)\.tsx?$|\/testing\/|node_modules/.test(file)) return undefined;
  const match = /^packages\/(api|scan|platform|web)\/src\/(.*)$/.exec(file);
  if (match === null) return undefined;
  const [, name, path] = match as unknown as [string, string, string];
  const parts = path.split("/");
  if (name === "api") return "api";
  if (name === "scan") return parts.length > 1 ? `scan/${parts[0]}` : "scan/main";
  if (name === "web") return parts.length > 1 ? `web/${parts[0]}` : "web/main";
  if (parts.length === 1) return "platform/main";
  if (parts[0] === "capabilities" || parts[0] === "doors") return `platform/${parts[0]}/${parts[1]}`;
  return `platform/${parts[0]}`;
}

function id(box: string): string {
  return box.replace(/[^a-zA-Z0-9]/g, "_");
}
