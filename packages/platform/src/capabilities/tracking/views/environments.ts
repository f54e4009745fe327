import type { Input, Reply } from "@paydown/api/operation";
import type { viewEnvironments as operation } from "@paydown/api/tracking-insight";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { trackingErrors } from "../errors.js";
import { majorOf } from "../model/run-versions.js";
import { evidenceTags } from "../model.js";
import type { TrackingNeeds } from "../needs.js";
import { experimentCounts, findExperiment } from "../store/experiments.js";
import { findVersions, newestRuns } from "../store/run-versions.js";
import { findRuns, runTags } from "../store/runs.js";
import type { RunRecord } from "../tables.js";

const mostRuns = 2000;

/** What a run says it was made with, by thing. */
export interface RunEnvironment {
  readonly run: RunRecord;
  readonly versions: ReadonlyMap<string, { version: string; source: string }>;
}

/** What runs say they were made with: header, model files, environment hash. Where two sources speak, the model's file wins. */
export async function environmentsOf(r: Reader, runs: readonly RunRecord[]): Promise<RunEnvironment[]> {
  const ids = runs.map((run) => run.id);
  const rows = Map.groupBy(await findVersions(r, ids), (row) => row.run_id);
  const hashes = new Map((await runTags(r, ids, [evidenceTags.environment])).map((row) => [row.run_id, row.value]));
  return runs.map((run) => {
    const versions = new Map<string, { version: string; source: string }>();
    for (const row of rows.get(run.id) ?? []) {
      if (versions.get(row.what)?.source === "MLmodel" && row.source !== "MLmodel") continue;
      versions.set(row.what, { version: row.version, source: row.source });
    }
    const hash = hashes.get(run.id);
    if (hash) versions.set("environment", { version: hash, source: "tag" });
    return { run, versions };
  });
}

/** The newest word on each thing among runs, newest first. */
function newestWords(environments: readonly RunEnvironment[]): Map<string, string> {
  const newest = new Map<string, string>();
  for (const { versions } of environments) {
    for (const [what, { version }] of versions) if (!newest.has(what)) newest.set(what, version);
  }
  return newest;
}

export interface Drift {
  readonly differs: { what: string; live: string; newest: string }[];
  readonly unknown: string[];
}

/** How what is live was made, against how the newest runs are made. The client is no part of a model. */
function driftBetween(live: ReadonlyMap<string, { version: string }>, newest: ReadonlyMap<string, string>): Drift {
  const all = [...new Set([...live.keys(), ...newest.keys()])].filter((what) => what !== "client").sort(byImportance);
  const differs: Drift["differs"] = [];
  const unknown: string[] = [];
  for (const what of all) {
    const [was, now] = [live.get(what)?.version, newest.get(what)];
    if (was === undefined || now === undefined) unknown.push(what);
    else if (was !== now) differs.push({ what, live: was, newest: now });
  }
  return { differs, unknown };
}

const first = ["client", "python", "mlflow", "environment"];
function byImportance(a: string, b: string): number {
  const rank = (what: string) => (first.includes(what) ? first.indexOf(what) : first.length);
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

interface Span {
  value: string;
  runs: number;
  firstAt: number;
  lastAt: number;
}

function spansOf(environments: readonly RunEnvironment[], what: string): Span[] {
  const spans = new Map<string, Span>();
  for (const { run, versions } of environments) {
    const value = versions.get(what)?.version;
    if (value === undefined) continue;
    const span = spans.get(value);
    if (span === undefined) spans.set(value, { value, runs: 1, firstAt: run.start_time, lastAt: run.start_time });
    else {
      span.runs++;
      span.firstAt = Math.min(span.firstAt, run.start_time);
      span.lastAt = Math.max(span.lastAt, run.start_time);
    }
  }
  return [...spans.values()].sort((a, b) => b.lastAt - a.lastAt || (a.value < b.value ? 1 : -1));
}

export interface LiveEnvironment extends Drift {
  readonly model: string;
  readonly version: number;
  readonly deployment: string;
  readonly runId?: string;
}

/** Live versions trained in an experiment, each against its newest runs. */
export async function liveDrift(
  ctx: Ctx,
  needs: TrackingNeeds,
  project: string,
  experimentId: number,
  environments: readonly RunEnvironment[],
): Promise<LiveEnvironment[]> {
  const live = await needs.liveVersions(ctx, project);
  if (live.length === 0) return [];
  return ctx.db.read(async (r) => {
    const origins = await needs.versions(r, project);
    const found: LiveEnvironment[] = [];
    for (const one of live) {
      const origin = origins.find((version) => version.model === one.model && version.version === one.version);
      if (origin?.runId === undefined) continue;
      const [run] = await findRuns(r, project, [origin.runId]);
      if (run === undefined || run.experiment_id !== experimentId) continue;
      const [own] = await environmentsOf(r, [run]);
      const newest = newestWords(environments.filter((other) => other.run.start_time >= run.start_time));
      found.push({
        model: one.model,
        version: one.version,
        deployment: one.deployment,
        runId: origin.runId,
        ...driftBetween(own?.versions ?? new Map(), newest),
      });
    }
    return found;
  });
}

/** What the runs of an experiment were made with, over time, and against what is live. */
export async function viewEnvironments(
  ctx: Ctx,
  needs: TrackingNeeds,
  input: Input<typeof operation>,
): Promise<Reply<typeof operation>> {
  const { project } = input;
  const experimentId = Number(input.experimentId);
  const { environments, runs } = await ctx.db.read(async (r) => {
    const experiment = await findExperiment(r, project, experimentId);
    if (experiment === undefined) throw trackingErrors.TRACKING_EXPERIMENT_NOT_FOUND({ experimentId });
    return {
      environments: await environmentsOf(r, await newestRuns(r, experimentId, mostRuns)),
      runs: (await experimentCounts(r, experimentId)).runs,
    };
  });
  const whats = [...new Set(environments.flatMap((one) => [...one.versions.keys()]))].sort(byImportance);
  const items = whats.map((what) => {
    const versions = spansOf(environments, what);
    const source = environments.find((one) => one.versions.has(what))?.versions.get(what)?.source ?? "";
    return { what, source, versions, drifting: versions.length > 1 };
  });
  const clients = spansOf(environments, "client");
  const majors = clients.flatMap((one) => majorOf(one.value) ?? []);
  return {
    looked: environments.length,
    runs,
    items,
    silent: environments.filter((one) => one.versions.size === 0).length,
    live: await liveDrift(ctx, needs, project, experimentId, environments),
    skew: { server: needs.mlflowVersion(), clients, majors: [...new Set(majors)].sort((a, b) => a - b) },
  };
}
