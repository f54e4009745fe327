import type { Reply } from "@paydown/api/operation";
import { getVersion, inspectVersion, type Provenance, setAlias } from "@paydown/api/registry";
import { Boxes } from "lucide-react";
import type { FormEvent, ReactNode } from "react";
import { Button } from "#kit/controls/button.jsx";
import { CopyId } from "#kit/controls/copy.jsx";
import { TextField } from "#kit/controls/field.jsx";
import { Answer, Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { Neighbourhood } from "#kit/graph/neighbourhood.jsx";
import { PathLine } from "#kit/graph/path-line.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { bytes, many, metric } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { Fold, Page, Pairs, Section, Split } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject, useSearchFields } from "#routes/use-place.js";
import { FileVerdict } from "./file-verdict.jsx";
import css from "./registry.module.css";
import { AskReplay, Replays } from "./replays.jsx";

type VersionReply = Reply<typeof getVersion>;

const ingredients = {
  code: "code",
  data: "data",
  environment: "environment",
  config: "configuration",
} as const satisfies Record<keyof Provenance, string>;

/** One model version: what proves it, what is missing, where it came from. */
export function Screen() {
  const project = useProject();
  const model = usePathPart("model");
  const number = Number(usePathPart("version"));
  const question = useOperation(getVersion, { project, model, version: number });
  const version = question.data;
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
      <Section title="Is the evidence there?">
        <Pairs
          of={Object.entries(version.evidence).map(
            ([name, of]) =>
              [
                name,
                <span key={name}>
                  <Answer of={of.state} /> <span className={css.quiet}>{of.evidence}</span>
                </span>,
              ] as const,
          )}
        />
      </Section>
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
            ...(Object.entries(ingredients) as [keyof Provenance, string][]).map(
              ([key, name]) =>
                [name, <Ingredient key={key} kind={key} of={version.provenance[key]} project={project} />] as const,
            ),
            [
              "run",
              version.runId === undefined ? (
                <Unknown key="r" />
              ) : (
                <Go key="r" to={paths.run(project, version.runId)}>
                  {version.runId.slice(0, 7)}
                </Go>
              ),
            ],
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

interface IngredientProps {
  readonly kind: keyof Provenance;
  readonly of: Provenance[keyof Provenance];
  readonly project: string;
}

/** What the version resolves to, or the cheapest way to know it. */
function Ingredient({ kind, of, project }: IngredientProps) {
  return (
    <span className={css.made}>
      {of.state === "yes" ? (
        of.values.map((value) =>
          kind === "data" ? (
            <DataVersion key={value} id={value} project={project} />
          ) : (
            <CopyId key={value} id={value} label={value} />
          ),
        )
      ) : (
        <Answer of={of.state} />
      )}
      <span className={css.quiet}>
        {of.evidence}
        {of.remedy === undefined ? "" : ` To know it: ${of.remedy}`}
      </span>
    </span>
  );
}

/** `name@version`, a link to that state of the dataset. */
function DataVersion({ id, project }: { id: string; project: string }) {
  const at = id.lastIndexOf("@");
  if (at < 0) return <span>{id}</span>;
  return (
    <Go to={paths.dataset(project, id.slice(0, at), id.slice(at + 1))}>
      {id.slice(0, at)}@{id.slice(at + 1, at + 8)}
    </Go>
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
  const again = useAction(inspectVersion);
  const seen = version.inspection;
  const read = new Map(seen?.files.map((file) => [file.path, file]));
  return (
    <>
      <Section
        title="Files"
        note={
          seen === undefined
            ? `${many(version.files.length, "file")}, not read yet`
            : seen.state === "waiting"
              ? "being read"
              : `${many(version.files.length, "file")}, ${seen.problem ?? seen.verdict}`
        }
        actions={
          <Button
            onClick={() => again.mutate({ project, model: version.model, version: version.version })}
            disabled={again.isPending}
          >
            Read them again
          </Button>
        }
      >
        {again.error === null ? null : <p role="alert">{tell(again.error).message}</p>}
        <ul className={css.gates}>
          {version.files.map((file) => {
            const of = read.get(file.path);
            return (
              <li key={file.path}>
                <span>{file.path}</span>
                <span>
                  <FileVerdict of={of?.verdict} /> {of?.format ?? ""} {bytes(file.size)}{" "}
                  <CopyId id={file.hash} label={`hash of ${file.path}`} />
                  {of === undefined || of.reasons.length === 0 ? null : (
                    <span className={css.quiet}> {of.reasons.join(" ")}</span>
                  )}
                  {of === undefined || of.names.length === 0 ? null : (
                    <Fold title={`Names ${many(of.names.length, "callable")}`}>
                      <code>{of.names.join(", ")}</code>
                    </Fold>
                  )}
                </span>
              </li>
            );
          })}
        </ul>
      </Section>
      {seen?.environment === undefined ? null : (
        <Section
          title="Environment"
          note={`${many(seen.environment.pinned, "requirement")} with an exact version, ${many(seen.environment.unpinned.length, "without", "without")}`}
        >
          <Pairs
            of={[
              ["Python", seen.environment.python ?? "not said"],
              ["hash", <CopyId key="hash" id={seen.environment.hash} label="environment hash" />],
              ["read from", seen.environment.files.join(", ")],
              ["not pinned", seen.environment.unpinned.join(", ") || "none"],
            ]}
          />
        </Section>
      )}
      {seen === undefined || seen.onnx.length === 0 ? null : (
        <Section title="Graphs">
          <Pairs
            of={seen.onnx.map((graph) => [
              graph.path,
              <span key={graph.path} className={css.name}>
                {many(graph.nodes, "operator")},{" "}
                {Object.entries(graph.opsets)
                  .map(([domain, opset]) => `${domain === "" ? "ai.onnx" : domain} ${opset}`)
                  .join(", ")}
                <CopyId id={graph.graphHash} label="graph hash" />
                <CopyId id={graph.weightsHash} label="weights hash" />
              </span>,
            ])}
          />
        </Section>
      )}
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
