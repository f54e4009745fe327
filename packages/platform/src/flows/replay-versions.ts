import { createHash } from "node:crypto";
import type { Ctx } from "#base/context.js";
import type { Perform } from "#base/perform.js";
import { recordReplay } from "#capabilities/registry/index.js";
import type { Serving } from "#capabilities/serving/index.js";
import { flowErrors } from "./errors.js";
import { tallyDifferences } from "./replay-difference.js";
import { type Columns, gatherInputs } from "./replay-inputs.js";

export interface ReplayVersions {
  readonly project: string;
  readonly model: string;
  readonly from: number;
  readonly to: number;
  readonly deployment?: string | undefined;
  readonly dataset?: string | undefined;
  readonly datasetVersion?: string | undefined;
  readonly rows?: number | undefined;
  readonly tolerance?: number | undefined;
  /** Who asked for it. */
  readonly by: string;
}

const usualRows = 10_000;
const usualTolerance = 1e-6;

/**
 * Lets two versions answer the same inputs in the serving runtime and keeps what differs. The same id is recorded once.
 * Throws FLOW_REPLAY_NO_ROWS, FLOW_REPLAY_NO_EXAMPLE, FLOW_REPLAY_COLUMN_MISSING and what serving throws for files it refuses.
 */
export async function replayVersions(
  ctx: Ctx,
  deps: { readonly perform: Perform; readonly serving: Serving },
  asked: ReplayVersions & { readonly id: string },
): Promise<{ replay: string; rows: number; changed: number; flips: number }> {
  const { id, project, model, from, to, by, rows: most = usualRows, tolerance = usualTolerance } = asked;
  const { endpoint } = deps.serving;
  const before = await endpoint.columnsOf(ctx, { project, model, version: from });
  const after = await endpoint.columnsOf(ctx, { project, model, version: to });
  const columns = [...new Set([...before.columns, ...after.columns])];
  const inputs = await gatherInputs(ctx, deps.perform, { ...asked, rows: most, columns });
  for (const [version, wanted] of [[from, before.columns] as const, [to, after.columns] as const]) {
    const column = wanted.find((name) => inputs.columns[name] === undefined);
    if (column === undefined) continue;
    const there = Object.keys(inputs.columns).slice(0, 20).join(", ") || "none";
    throw flowErrors.FLOW_REPLAY_COLUMN_MISSING({ name: inputs.name, column, version, model, columns: there });
  }
  const tally = tallyDifferences(tolerance);
  const second = endpoint.answerRows(ctx, { project, model, version: to, columns: inputs.columns });
  for await (const one of endpoint.answerRows(ctx, { project, model, version: from, columns: inputs.columns })) {
    const other = await second.next();
    if (other.done) break;
    tally.add(one.from, one.to, one.outputs, other.value.outputs);
  }
  const { worst, ...said } = tally.finish(inputs.rows);
  const { kind, name, rows, leftOut } = inputs;
  await recordReplay(ctx, {
    id,
    project,
    model,
    from,
    to,
    by,
    report: {
      inputs: { kind, name, hash: hashOf(inputs.columns) },
      rows,
      leftOut,
      tolerance,
      fromHash: before.fileHash,
      toHash: after.fileHash,
      ...said,
      examples: worst.map((one) => ({ ...one, inputs: rowOf(inputs.columns, one.row) })),
    },
  });
  return { replay: id, rows, changed: said.changed, flips: said.flips };
}

/** The same inputs in the same order have the same hash: columns by name, numbers as IEEE doubles. */
function hashOf(columns: Columns): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(columns).sort()) {
    const values = columns[name] ?? [];
    hash.update(`${JSON.stringify(name)} ${values.length}\n`);
    if (values.some((value) => typeof value === "string")) hash.update(JSON.stringify(values));
    else hash.update(Buffer.from(Float64Array.from(values as number[]).buffer));
  }
  return hash.digest("hex");
}

const shownColumns = 100;

function rowOf(columns: Columns, row: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(columns)
      .slice(0, shownColumns)
      .map(([name, values]) => {
        const value = values[row];
        return [name, typeof value === "number" && !Number.isFinite(value) ? String(value) : value];
      }),
  );
}
