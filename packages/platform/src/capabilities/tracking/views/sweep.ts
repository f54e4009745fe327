import type { Ctx } from "#base/context.js";
import type { CostEvent, EvidenceFinding, UnseenEvidence } from "#base/rule.js";
import { commitOf, errorOf, seedOf } from "../model/reproducibility.js";
import { runInputs } from "../store/inputs.js";
import { countRecentRuns, experimentsWithRuns, recentRuns } from "../store/rule-evidence.js";
import { latestMetrics, runParams, runTags } from "../store/runs.js";
import type { ExperimentRow, RunRecord } from "../tables.js";

/** Rules look at the runs of this many days: what nobody trains any more is nobody's debt. */
const windowDays = 90;
/** Most runs of one experiment a rule reads; a message says when there were more. */
const mostRuns = 2000;
const day = 86_400_000;

/** A run as the rules see it. */
export interface SweptRun {
  readonly run: RunRecord;
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly metrics: ReadonlyMap<string, number>;
  readonly inputs: readonly { name: string; digest: string; source_type: string; source: string }[];
}

export interface SweptExperiment {
  readonly experiment: ExperimentRow;
  readonly runs: readonly SweptRun[];
  /** How many there are in the window, read or not. */
  readonly total: number;
}

/** The recent runs of every experiment that ended in one of these states. */
export async function sweepRuns(ctx: Ctx, project: string, statuses: readonly string[]): Promise<SweptExperiment[]> {
  const since = ctx.clock.now() - windowDays * day;
  const swept: SweptExperiment[] = [];
  for (const experiment of await ctx.db.read((r) => experimentsWithRuns(r, project, since))) {
    const one = await ctx.db.read(async (r) => {
      const runs = await recentRuns(r, experiment.id, statuses, since, mostRuns);
      const ids = runs.map((run) => run.id);
      const [params, tags, metrics, inputs] = await Promise.all([
        runParams(r, ids),
        runTags(r, ids),
        latestMetrics(r, ids),
        runInputs(r, ids, true),
      ]);
      const group = <T extends { run_id: number }>(rows: readonly T[]) => Map.groupBy(rows, (row) => row.run_id);
      const [byParam, byTag, byMetric, byInput] = [group(params), group(tags), group(metrics), group(inputs)];
      return {
        experiment,
        total: await countRecentRuns(r, experiment.id, statuses, since),
        runs: runs.map((run) => ({
          run,
          params: new Map(byParam.get(run.id)?.map((row) => [row.key, row.value])),
          tags: new Map(byTag.get(run.id)?.map((row) => [row.key, row.value])),
          metrics: new Map(byMetric.get(run.id)?.map((row) => [row.key, row.nan === 1 ? Number.NaN : row.value])),
          inputs: byInput.get(run.id) ?? [],
        })),
      };
    });
    if (one.total > 0) swept.push(one);
  }
  return swept;
}

export const hasSeed = (one: SweptRun): boolean => seedOf(one) !== undefined;
export const codeOf = (one: SweptRun) => commitOf(one.tags);
export const failureOf = (one: SweptRun): string | undefined => errorOf(one.tags);

/** A finding about the runs of one experiment: a line in its training script mends them all. */
export function experimentFinding(
  { experiment, runs, total }: SweptExperiment,
  lacking: readonly SweptRun[],
  what: string,
  extra: { key?: string; events?: readonly CostEvent[]; evidence?: Readonly<Record<string, unknown>> } = {},
): EvidenceFinding {
  const share =
    runs.length === total
      ? `${lacking.length} of ${total} runs`
      : `${lacking.length} of the newest ${runs.length} runs (${total} in all)`;
  return {
    asset: { kind: "experiment", id: String(experiment.id) },
    key: extra.key ?? "",
    message: `${experiment.name}: ${share} of the last ${windowDays} days ${what}.`,
    evidence: {
      experiment: experiment.name,
      lacking: lacking.length,
      looked: runs.length,
      total,
      runs: lacking.slice(0, 20).map((one) => one.run.run_id),
      ...extra.evidence,
    },
    size: 1,
    events: extra.events ?? [],
  };
}

/** A project without runs has shown nothing: neither debt nor its absence. */
export function nothingSwept(swept: readonly SweptExperiment[]): UnseenEvidence[] {
  if (swept.length > 0) return [];
  return [
    {
      what: `Training runs: none ended in the last ${windowDays} days.`,
      remedy: "Log training runs: set MLFLOW_TRACKING_URI to this server.",
    },
  ];
}
