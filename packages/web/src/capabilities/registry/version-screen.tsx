import type { Reply } from "@paydown/api/operation";
import { getVersion, inspectVersion, setAlias } from "@paydown/api/registry";
import { Boxes } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { Button } from "#kit/controls/button.jsx";
import { CopyId } from "#kit/controls/copy.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { Neighbourhood } from "#kit/graph/neighbourhood.jsx";
import { PathLine } from "#kit/graph/path-line.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { many, metric } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { Fold, Page, Pairs, Section, Split } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject, useSearchFields } from "#routes/use-place.js";
import { EvidenceThere } from "./evidence-there.jsx";
import { everyWhile, FilesAsRead } from "./files-as-read.jsx";
import { madeFrom } from "./made-from.jsx";
import css from "./registry.module.css";
import { AskReplay, Replays } from "./replays.jsx";

type VersionReply = Reply<typeof getVersion>;

/** One model version: what proves it, what is missing, where it came from. */
export function Screen() {
  const project = useProject();
  const model = usePathPart("model");
  const number = Number(usePathPart("version"));
  const question = useOperation(getVersion, { project, model, version: number });
  const version = question.data;
  // Asks again while its files are being read.
  useOperation(getVersion, { project, model, version: number }, { every: everyWhile(version?.inspection) });
  const tabs = [
    { id: "overview", label: "Overview" },
    { id: "evidence", label: "Evidence", count: version?.files.length },
    { id: "lineage", label: "Lineage" },
  ];
  const open = openTab(tabs, useSearchFields().tab);
  return (
    <Page
      title={`${model} v${number}`}
      icon={Boxes}
      meta={
        version === undefined ? undefined : (
          <>
            <Go to={paths.model(project, model)}>all versions of {model}</Go>
            {version.aliases.map((alias) => (
              <Tag key={alias}>{alias}</Tag>
            ))}
            <span>
              registered <When at={version.createdAt} /> by {version.createdBy}
            </span>
            {version.artifactHash === undefined ? (
              <Unknown remedy="files are not stored here">hash</Unknown>
            ) : (
              <CopyId id={version.artifactHash} label="artifact hash" />
            )}
          </>
        )
      }
      lede={version?.description === "" ? undefined : version?.description}
    >
      <PathLine project={project} node={{ kind: "model-version", id: `${model}/${number}` }} />
      <Loaded question={question} what="The version" lines={10}>
        {(data) => (
          <div className={css.stack}>
            <Tabs label="Sections of the version" tabs={tabs} />
            {open === "overview" ? <Overview version={data} project={project} /> : null}
            {open === "evidence" ? <Evidence version={data} project={project} /> : null}
            {open === "lineage" ? (
              <Neighbourhood project={project} node={{ kind: "model-version", id: `${model}/${number}` }} />
            ) : null}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Overview({ version, project }: { version: VersionReply; project: string }) {
  return (
    <Split aside={<Move version={version} project={project} />}>
      {version.external === undefined ? null : <External version={version} />}
      <EvidenceThere of={version.evidence} />
      <Section title="Evaluations" note={many(version.evaluations.length, "evaluation")}>
        {version.evaluations.length === 0 ? (
          <Unknown remedy="paydown models evaluate">quality of this version</Unknown>
        ) : (
          version.evaluations.map((evaluation) => (
            <div key={evaluation.id}>
              <p>
                <b>{evaluation.verdict === "none" ? "no bar was set" : evaluation.verdict.replaceAll("-", " ")}</b> on{" "}
                {evaluation.dataset === undefined ? (
                  "unnamed data"
                ) : (
                  <Go to={paths.dataset(project, evaluation.dataset, evaluation.datasetVersion)}>
                    {evaluation.dataset}
                  </Go>
                )}
                {evaluation.slice === undefined ? "" : `, ${evaluation.slice}`}
                {evaluation.against === undefined ? "" : `, against v${evaluation.against}`}, {day(evaluation.at)}
              </p>
              <p className={css.quiet}>{evaluation.reason}</p>
              <Pairs
                of={evaluation.metrics.map((one) => [
                  one.name,
                  `${one.value === "NaN" ? "not a number" : metric(one.value)}${one.low === undefined || one.high === undefined ? "" : ` (${metric(one.low)} to ${metric(one.high)})`}${one.n === undefined ? "" : `, n=${one.n}`}`,
                ])}
              />
            </div>
          ))
        )}
      </Section>
      <Section title="Same inputs, other versions" note={many(version.replays.length, "replay")}>
        <Replays of={version.replays} project={project} />
        {version.external === undefined ? (
          <AskReplay project={project} model={version.model} version={version.version} />
        ) : null}
      </Section>
      <Section title="Made from">
        <Pairs
          of={[
            ...madeFrom(project, version.provenance, version.runId),
            ...(version.modelId === undefined
              ? []
              : [
                  [
                    "logged model",
                    <Go key="l" to={paths.loggedModel(project, version.modelId)}>
                      {version.modelId.slice(0, 9)}
                    </Go>,
                  ] as const,
                ]),
            ["source", version.source],
            ["flavours", version.flavors.join(", ")],
            ["MLflow", version.mlflowVersion ?? "not said"],
            ["Python", version.pythonVersion ?? "not said"],
          ]}
        />
      </Section>
      <Section title="Model card">
        {version.card === undefined ? (
          <Unknown remedy="paydown models card">no card attached</Unknown>
        ) : (
          <pre className={css.card}>{version.card.text}</pre>
        )}
      </Section>
    </Split>
  );
}

/** A model hosted elsewhere: what is recorded of it and what is not. */
function External({ version }: { version: VersionReply }) {
  const of = version.external;
  if (of === undefined) return null;
  const line = (name: string, value: string | undefined): readonly [string, ReactNode] => [
    name,
    value ?? <Unknown key={name}>not recorded</Unknown>,
  ];
  return (
    <Section
      title="Hosted elsewhere"
      note={version.missing.length === 0 ? "everything is recorded" : `not recorded: ${version.missing.join(", ")}`}
    >
      <Pairs
        of={[
          line("provider", of.provider),
          line("model", of.name),
          line("version pin", of.pin),
          line("prompt version", of.promptVersion),
          line("evaluation set", of.evaluationSet),
          line("fallback", of.fallback),
          line("licence", of.licence),
          ...(of.baseModel === undefined ? [] : [line("base model", of.baseModel)]),
          ...(of.retiresAt === undefined ? [] : [line("retires", day(of.retiresAt))]),
        ]}
      />
    </Section>
  );
}

/** By request, which the policy judges; or at once, where the policy lets it. */
function Move({ version, project }: { version: VersionReply; project: string }) {
  return (
    <>
      <Section title="Promote">
        <p>
          <Go to={paths.promote(project, version.model, version.version)}>Ask that this version take over</Go>: gate by
          gate what is there and what is missing.
        </p>
        <ul className={css.gates}>
          {version.promotions.map((one) => (
            <li key={one.id}>
              <Go to={paths.promotion(project, one.id)}>
                {one.target.name}, {day(one.requestedAt)}
              </Go>
              <Tag>{one.state}</Tag>
            </li>
          ))}
        </ul>
      </Section>
      <SetAlias version={version} project={project} />
    </>
  );
}

function SetAlias({ version, project }: { version: VersionReply; project: string }) {
  const set = useAction(setAlias, ["registry", "lineage"]);
  const missing = Object.entries(version.evidence).filter(([, of]) => of.state !== "yes");
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    set.mutate({
      project,
      model: version.model,
      version: version.version,
      alias: String(form.get("alias")),
      reason: String(form.get("reason")),
    });
  }
  return (
    <Section title="Point an alias here">
      <form className={css.form} onSubmit={submit}>
        {missing.length === 0 ? null : (
          <p className={css.quiet}>Missing: {missing.map(([name, of]) => `${name} (${of.state})`).join(", ")}.</p>
        )}
        <TextField label="Alias" name="alias" defaultValue="champion" required />
        <TextField label="Reason, kept in the history" name="reason" required />
        <div>
          <Button type="submit" kind="primary" disabled={set.isPending}>
            Set alias
          </Button>
        </div>
        <p role="status">
          {set.error !== null
            ? `${tell(set.error).message} ${tell(set.error).next}`
            : set.data === undefined
              ? ""
              : `${set.data.alias} is v${set.data.version} now${set.data.previous === undefined ? "" : `, before v${set.data.previous}`}.`}
        </p>
      </form>
    </Section>
  );
}

function Evidence({ version, project }: { version: VersionReply; project: string }) {
  const ask = useAction(inspectVersion);
  const again = {
    mutate: () => ask.mutate({ project, model: version.model, version: version.version }),
    isPending: ask.isPending,
    error: ask.error,
  };
  return (
    <>
      <FilesAsRead files={version.files} seen={version.inspection} again={again} />
      {version.signature === undefined ? null : (
        <Fold title="Signature">
          <pre>{JSON.stringify(version.signature, null, 2)}</pre>
        </Fold>
      )}
      <Fold title="Tags">
        <Pairs of={Object.entries(version.tags)} />
      </Fold>
    </>
  );
}
