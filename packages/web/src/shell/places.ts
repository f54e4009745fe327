import {
  Activity,
  Boxes,
  Database,
  FlaskConical,
  GitBranch,
  HandCoins,
  Layers,
  ListOrdered,
  type LucideIcon,
  Radar,
  Receipt,
  Rocket,
  ScrollText,
  Siren,
  Table2,
  Tags,
  Workflow,
} from "lucide-react";
import { paths } from "#routes/paths.js";

export interface Place {
  readonly name: string;
  readonly icon: LucideIcon;
  readonly path: (project: string) => string;
  /** Second letter after `g`. */
  readonly key?: string;
  /** Its capability comes with a later version: dimmed, and its page says so. */
  readonly later?: true;
}

/** The rail: entries in groups named by the job they serve. */
export const places: readonly { readonly group: string; readonly entries: readonly Place[] }[] = [
  {
    group: "Debt",
    entries: [
      { name: "Statement", icon: Receipt, path: paths.statement, key: "s" },
      { name: "Ledger", icon: Table2, path: (project) => paths.ledger(project), key: "l" },
      { name: "Plan", icon: ListOrdered, path: paths.plan, key: "p" },
      { name: "Prudent", icon: HandCoins, path: paths.prudent },
    ],
  },
  {
    group: "Work",
    entries: [
      { name: "Experiments", icon: FlaskConical, path: paths.experiments, key: "e" },
      { name: "Models", icon: Boxes, path: paths.models, key: "m" },
      { name: "Pipelines", icon: Workflow, path: paths.pipelines, later: true },
    ],
  },
  {
    group: "Data",
    entries: [
      { name: "Datasets", icon: Database, path: paths.datasets, key: "d" },
      { name: "Features", icon: Layers, path: paths.features, later: true },
      { name: "Labels", icon: Tags, path: paths.labels, later: true },
    ],
  },
  {
    group: "Live",
    entries: [
      { name: "Deployments", icon: Rocket, path: paths.deployments },
      { name: "Monitors", icon: Activity, path: paths.monitors },
      { name: "Incidents", icon: Siren, path: paths.incidents },
    ],
  },
  {
    group: "Proof",
    entries: [
      { name: "Lineage", icon: GitBranch, path: (project) => paths.lineage(project) },
      { name: "Scans", icon: Radar, path: paths.scans },
      { name: "Audit", icon: ScrollText, path: paths.audit, later: true },
    ],
  },
];

/** Whether the entry's list, or an item under it, is the page. */
export function isHere(path: string, entry: string): boolean {
  const statement = /^\/p\/[^/]+$/.test(entry);
  if (statement) return path.replace(/\/$/, "") === entry;
  if (path === entry || path.startsWith(`${entry}/`)) return true;
  return entry.endsWith("/experiments") && /^\/p\/[^/]+\/(runs|compare|logged-models)(\/|$)/.test(path);
}
