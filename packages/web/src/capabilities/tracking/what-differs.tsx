import { getVersion, listModels } from "@paydown/api/registry";
import { compareRuns, type Run, searchRuns } from "@paydown/api/tracking";
import { Button, ButtonGroup } from "#kit/controls/button.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { shortId } from "#kit/numbers/format.js";
import { Section } from "#kit/page/page.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useField } from "#routes/use-place.js";
import { CompareTable } from "./compare-table.jsx";
import { lessIsBetter, primaryMetric } from "./metric-value.js";
import { spellColumn } from "./run-filter.js";
import css from "./tracking.module.css";

const BASES = [
  ["previous", "the run before"],
  ["best", "the best"],
  ["production", "production"],
] as const;
type Base = (typeof BASES)[number][0];

/** What differs from the finished run before it, from the best by its primary metric, or from what is in production. */
export function WhatDiffers({ run, project }: { readonly run: Run; readonly project: string }) {
  const [against = "previous", setAgainst] = useField("against");
  const named = BASES.find(([base]) => base === against)?.[0];
  const primary = primaryMetric(run.metrics.map((metric) => metric.key));
  const base = useBase(run, project, named ?? "previous", primary);
  const other = named === undefined ? { runId: against, name: shortId(against) } : base.run;
  const question = useOperation(
    compareRuns,
    { project, runIds: [other?.runId ?? run.runId, run.runId] },
    { enabled: other !== undefined && other.runId !== run.runId },
  );
  return (
    <Section
      title="What differs from"
      actions={
        <ButtonGroup label="Compare with">
          {BASES.map(([kind, word]) => (
            <Button
              key={kind}
              aria-pressed={against === kind}
              onClick={() => setAgainst(kind === "previous" ? undefined : kind)}
            >
              {word}
            </Button>
          ))}
        </ButtonGroup>
      }
    >
      {other === undefined ? (
        base.pending ? null : (
          <Unknown {...(base.remedy === undefined ? {} : { remedy: base.remedy })}>{base.none}</Unknown>
        )
      ) : other.runId === run.runId ? (
        <p className={css.quiet}>This run is {named === "production" ? "the one in production" : "the best itself"}.</p>
      ) : (
        <>
          <p className={css.quiet}>
            First column:{" "}
            <Go to={paths.run(project, other.runId)}>{other.name === "" ? shortId(other.runId) : other.name}</Go>
            {named === "best" && primary !== undefined ? `, best of the experiment by ${primary}` : ""}
            {base.via === undefined ? "" : `, ${base.via}`}.{" "}
            <Go to={paths.compare(project, [other.runId, run.runId])}>Compare in full</Go>
          </p>
          <Loaded question={question} what="The comparison">
            {(data) => <CompareTable comparison={data} onlyDiffering project={project} />}
          </Loaded>
        </>
      )}
    </Section>
  );
}

interface Found {
  readonly run?: { readonly runId: string; readonly name: string } | undefined;
  readonly via?: string | undefined;
  readonly pending: boolean;
  readonly none: string;
  readonly remedy?: string;
}

function useBase(run: Run, project: string, base: Base, primary: string | undefined): Found {
  const scope = { project, experimentIds: [run.experimentId], limit: 2, discover: false, columns: [] };
  const before = useOperation(
    searchRuns,
    {
      ...scope,
      filter: `attributes.start_time < ${run.startedAt} AND attributes.status = 'FINISHED'`,
      order: ["start_time DESC"],
    },
    { enabled: base === "previous" },
  );
  const best = useOperation(
    searchRuns,
    {
      ...scope,
      filter: "attributes.status = 'FINISHED'",
      order: [`${spellColumn(`metrics.${primary ?? ""}`)} ${lessIsBetter(primary ?? "") ? "ASC" : "DESC"}`],
    },
    { enabled: base === "best" && primary !== undefined },
  );
  const models = useOperation(listModels, { project, limit: 100 }, { enabled: base === "production" });
  const outputs = new Set(run.outputModels.map((model) => model.name));
  const live = models.data?.items.filter((model) => model.aliases.production !== undefined) ?? [];
  // Of several models in production the one this run's own model belongs to, else the only one.
  const model = live.find((one) => outputs.has(one.model)) ?? (live.length === 1 ? live[0] : undefined);
  const version = useOperation(
    getVersion,
    { project, model: model?.model ?? "", version: model?.aliases.production ?? 1 },
    { enabled: model !== undefined },
  );
  if (base === "previous")
    return { run: before.data?.items[0], pending: before.isPending, none: "no finished run came before this one" };
  if (base === "best")
    return primary === undefined
      ? { pending: false, none: "this run logged no metric to judge by" }
      : { run: best.data?.items[0], pending: best.isPending, none: "no run has finished" };
  const runId = version.data?.runId;
  return {
    run: runId === undefined ? undefined : { runId, name: "" },
    via: model === undefined ? undefined : `${model.model} ${model.aliases.production ?? ""} in production`,
    pending: models.isPending || (model !== undefined && version.isPending),
    none:
      live.length > 1 && model === undefined
        ? `${live.length} models are in production, and this run made none of them`
        : model === undefined
          ? "nothing is in production"
          : "the version in production names no run",
    remedy: "paydown models alias MODEL production VERSION",
  };
}
