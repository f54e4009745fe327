import type { PathStep, path } from "@paydown/api/lineage";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { expectations, placeOf, type Step, shortestWays, spine, toNode } from "../model.js";
import type { LineageNeeds } from "../needs.js";
import type { NodeRow } from "../tables.js";
import { findPrediction, getFocus, toRef } from "./focus.js";
import { walkFrom } from "./subgraph.js";
import { toSteps } from "./walk.js";

const bounds = { depth: 25, limit: 2000 };

/** The one-line way from source to consumer through a node: nearest nodes, each fed by or feeding the one chosen before. */
export async function viewPath(ctx: Ctx, needs: LineageNeeds, input: Input<typeof path>): Promise<Reply<typeof path>> {
  const asOf = input.asOf ?? ctx.clock.now();
  const ref = toRef(input.node);
  const prediction = await findPrediction(ctx, needs, input.project, ref);
  return ctx.db.read(async (r) => {
    const focus = await getFocus(r, input.project, ref, asOf, prediction);
    const up = await walkFrom(r, focus, "up", { ...bounds, asOf });
    const down = await walkFrom(r, focus, "down", { ...bounds, asOf });
    const here = placeOf(focus.row.kind);
    const before = spine.filter((_, place) => place < here).reverse();
    const after = spine.filter((_, place) => place > here);
    const upward = follow(focus.row, before, up.nodes, toSteps(up.edges, "up"), true);
    const downward = follow(focus.row, after, down.nodes, toSteps(down.edges, "down"), false);
    const current = { kind: focus.row.kind, node: toNode(focus.row), current: true, siblings: 0, unknown: false };
    return { steps: [...upward.reverse(), current, ...downward] };
  });
}

/** Kinds a live way cannot do without; the others are left out where there are none. */
const needed: Readonly<Record<string, string>> = {
  source: expectations.dataset?.remedy ?? "",
  "dataset-version": expectations.run?.remedy ?? "",
  run: expectations["model-version"]?.remedy ?? "",
  "model-version": expectations.deployment?.remedy ?? "",
};

function follow(
  focus: NodeRow,
  kinds: readonly string[],
  nodes: ReadonlyMap<number, NodeRow>,
  steps: readonly Step[],
  demanding: boolean,
): PathStep[] {
  const found: PathStep[] = [];
  let from = focus.key;
  for (const kind of kinds) {
    const reached = [...shortestWays([from], steps)]
      .map(([key, way]) => ({ row: nodes.get(key), hops: way.hops }))
      .filter((one): one is { row: NodeRow; hops: number } => one.row?.kind === kind && one.hops > 0)
      .sort((a, b) => a.hops - b.hops || b.row.last_seen - a.row.last_seen || b.row.key - a.row.key);
    const nearest = reached[0];
    if (nearest !== undefined) {
      found.push({ kind, node: toNode(nearest.row), current: false, siblings: reached.length - 1, unknown: false });
      from = nearest.row.key;
    } else if (demanding && needed[kind] !== undefined) {
      found.push({ kind, current: false, siblings: 0, unknown: true, remedy: needed[kind] });
    }
  }
  return found;
}
