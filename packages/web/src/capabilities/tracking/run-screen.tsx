import { getRun, type Run } from "@paydown/api/tracking";
import { FlaskConical } from "lucide-react";
import { CopyId } from "#kit/controls/copy.jsx";
import { Answer, RunState, Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { Neighbourhood } from "#kit/graph/neighbourhood.jsx";
import { PathLine } from "#kit/graph/path-line.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { bytes, count, duration, many, shortId } from "#kit/numbers/format.js";
import { Fold, Page, Pairs, Section, Split } from "#kit/page/page.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject, useSearchFields } from "#routes/use-place.js";
import { Corrections } from "./corrections.jsx";
import { MetricCurve } from "./metric-curve.jsx";
import { primaryMetric, writeMetric } from "./metric-value.js";
import { RunArtifacts } from "./run-artifacts.jsx";
import { RunDebt } from "./run-debt.jsx";
import { RunMetrics } from "./run-metrics.jsx";
import css from "./tracking.module.css";
import { WhatDiffers } from "./what-differs.jsx";

/** One run: what came out, what differs from another, and whether it could be repeated. */
export function Screen() {
  const project = useProject();
  const runId = usePathPart("run");
  const question = useOperation(getRun, { project, runId }, { keep: false });
  const run = question.data;
  const live =
    useOperation(getRun, { project, runId }, { every: run?.status === "RUNNING" ? 3000 : undefined }).data ?? run;
  const tabs = [
    { id: "overview", label: "Overview" },
    { id: "metrics", label: "Metrics", count: run?.metrics.length },
    { id: "artifacts", label: "Artifacts", count: run?.artifacts.files },
    { id: "evidence", label: "Evidence" },
    { id: "lineage", label: "Lineage" },
    { id: "history", label: "History", count: run?.corrections.length },
  ];
  const open = openTab(tabs, useSearchFields().tab);
  const title = run === undefined ? "Run" : run.name === "" ? shortId(run.runId) : run.name;
  return (
    <Page
      title={title}
      icon={FlaskConical}
      meta={
        live === undefined ? undefined : (
          <>
            <RunState of={live.status} />
            <Go to={paths.experiment(project, live.experimentId)}>{live.experimentName}</Go>
            <span>
              started <When at={live.startedAt} />
            </span>
            {live.endedAt === undefined ? null : <span>took {duration(live.endedAt - live.startedAt)}</span>}
            {live.children > 0 ? <span>{many(live.children, "nested run")}</span> : null}
            {live.parentRunId === undefined ? null : <Go to={paths.run(project, live.parentRunId)}>parent run</Go>}
            {live.lifecycle === "deleted" ? <Tag>deleted</Tag> : null}
            <CopyId id={live.runId} label="run" />
          </>
        )
      }
    >
      <PathLine project={project} node={{ kind: "run", id: runId }} />
      <Loaded question={question} what="The run" lines={12}>
        {(data) => (
          <div className={css.stack}>
            <Tabs label="Sections of the run" tabs={tabs} />
            {open === "overview" ? <Overview run={live ?? data} project={project} /> : null}
            {open === "metrics" ? <RunMetrics run={live ?? data} project={project} /> : null}
            {open === "artifacts" ? <RunArtifacts run={data} project={project} /> : null}
            {open === "evidence" ? <Evidence run={data} /> : null}
            {open === "lineage" ? <Neighbourhood project={project} node={{ kind: "run", id: runId }} /> : null}
            {open === "history" ? <Corrections project={project} runId={runId} corrections={data.corrections} /> : null}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Overview({ run, project }: { run: Run; project: string }) {
  const key = primaryMetric(run.metrics.map((metric) => metric.key));
  const primary = run.metrics.find((metric) => metric.key === key);
  // A number measured once is no curve: then the longest one of the run is drawn below it.
  const longest = run.metrics.reduce((most, one) => (one.step > (most?.step ?? 0) ? one : most), primary);
  const drawn = primary?.step === 0 ? longest : primary;
  return (
    <Split
      aside={
        <>
          <RunDebt runId={run.runId} experimentId={run.experimentId} project={project} />
          <Inputs run={run} project={project} />
        </>
      }
    >
      {run.error === undefined ? null : (
        <Section
          title="Why it failed"
          note={run.error.signature === "other" ? undefined : `signature: ${run.error.signature}`}
        >
          <pre className={css.error}>{run.error.text}</pre>
        </Section>
      )}
      <Section title="Could it be repeated?">
        <div className={css.repro}>
          {Object.entries(run.reproducibility).map(([name, of]) => (
            <span key={name} title={of.evidence}>
              <span>{name} </span>
              <Answer of={of.state} evidence={of.evidence} />
            </span>
          ))}
        </div>
        <Fold title="What each answer rests on">
          <Pairs of={Object.entries(run.reproducibility).map(([name, of]) => [name, of.evidence] as const)} />
        </Fold>
      </Section>
      {primary === undefined || drawn === undefined ? (
        <Section title="Metrics">
          <p className={css.quiet}>This run logged no metric.</p>
        </Section>
      ) : (
        <Section
          title={`${primary.key} ${writeMetric(primary.value)}`}
          note={drawn === primary ? `at step ${count(primary.step)}` : `below: ${drawn.key}`}
        >
          <MetricCurve
            project={project}
            runs={[run]}
            metric={drawn.key}
            height={210}
            every={run.status === "RUNNING" ? 3000 : undefined}
          />
        </Section>
      )}
      <WhatDiffers run={run} project={project} />
      <Section title="Parameters" note={many(Object.keys(run.params).length, "parameter")}>
        <Pairs of={Object.entries(run.params)} />
      </Section>
    </Split>
  );
}

function Inputs({ run, project }: { run: Run; project: string }) {
  return (
    <>
      <Section title="Read">
        {run.inputs.length === 0 ? (
          <Unknown remedy="mlflow.log_input(dataset)">data not logged</Unknown>
        ) : (
          <Pairs
            of={run.inputs.map((input) => [
              input.context ?? "data",
              <span key={input.digest}>
                <Go
                  to={paths.dataset(project, input.name, input.digest)}
                >{`${input.name}@${shortId(input.digest)}`}</Go>{" "}
                {input.strength === "content" ? null : (
                  <Tag title="How surely the digest names the data">{input.strength} digest</Tag>
                )}
              </span>,
            ])}
          />
        )}
      </Section>
      <Section title="Made">
        {run.outputModels.length === 0 ? (
          <p className={css.quiet}>no model</p>
        ) : (
          <Models of={run.outputModels} project={project} />
        )}
        <p className={css.quiet}>
          {run.artifacts.stored
            ? `${many(run.artifacts.files, "file")}, ${bytes(run.artifacts.bytes)}`
            : "artifacts are kept outside this server"}
        </p>
      </Section>
      <Section title="Code">
        {run.code === undefined ? (
          <Unknown remedy="log mlflow.source.git.commit">commit not logged</Unknown>
        ) : (
          <Pairs
            of={[
              ["commit", <CopyId key="c" id={run.code.commit} label="commit" />],
              [
                "uncommitted",
                <Answer
                  key="d"
                  of={run.code.dirty === "yes" ? "no" : run.code.dirty === "no" ? "yes" : "unknown"}
                  word={run.code.dirty === "yes" ? "changes present" : run.code.dirty === "no" ? "clean" : "unknown"}
                />,
              ],
            ]}
          />
        )}
      </Section>
    </>
  );
}

/** So many of the newest are shown at once: a run may log one at every checkpoint. */
const shownModels = 5;

function Models({ of, project }: { of: Run["outputModels"]; project: string }) {
  const newest = [...of].reverse().sort((a, b) => (b.step ?? 0) - (a.step ?? 0));
  const lines = (some: Run["outputModels"]) => (
    <ul className={css.models}>
      {some.map((model) => (
        <li key={`${model.modelId} ${model.step}`}>
          {model.status === "unknown" ? (
            <span>{shortId(model.modelId)}</span>
          ) : (
            <Go to={paths.loggedModel(project, model.modelId)}>{model.name}</Go>
          )}{" "}
          <span className={css.quiet}>
            {model.step === undefined || model.step === 0 ? "" : `step ${count(model.step)}, `}
            {model.status.toLowerCase().replaceAll("_", " ")}
          </span>
        </li>
      ))}
    </ul>
  );
  return (
    <>
      {lines(newest.slice(0, shownModels))}
      {newest.length > shownModels ? (
        <Fold title={many(newest.length - shownModels, "earlier model")}>{lines(newest.slice(shownModels))}</Fold>
      ) : null}
    </>
  );
}

function Evidence({ run }: { run: Run }) {
  return (
    <div className={css.stack}>
      <Section title="Tags" note={many(Object.keys(run.tags).length, "tag")}>
        <Pairs of={Object.entries(run.tags)} />
      </Section>
      <Section title="Inputs as logged">
        {run.inputs.map((input) => (
          <Fold key={input.digest} title={`${input.name}, ${input.sourceType}`}>
            <pre>{JSON.stringify(input, null, 2)}</pre>
          </Fold>
        ))}
      </Section>
    </div>
  );
}
