import type { Reply } from "@paydown/api/operation";
import { getLoggedModelInspection, inspectLoggedModel } from "@paydown/api/registry";
import { PackageSearch } from "lucide-react";
import { CopyId } from "#kit/controls/copy.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { PathLine } from "#kit/graph/path-line.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { Fold, Page, Pairs, Section, Split } from "#kit/page/page.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject } from "#routes/use-place.js";
import { EvidenceThere } from "./evidence-there.jsx";
import { FileVerdict } from "./file-verdict.jsx";
import { everyWhile, FilesAsRead } from "./files-as-read.jsx";
import { madeFrom } from "./made-from.jsx";
import css from "./registry.module.css";

type LoggedModel = Reply<typeof getLoggedModelInspection>;

/** A logged model: what its files say, read and never loaded, and what it was made from. */
export function Screen() {
  const project = useProject();
  const loggedModelId = usePathPart("loggedModel");
  const input = { project, loggedModelId };
  const question = useOperation(getLoggedModelInspection, input);
  const live = useOperation(getLoggedModelInspection, input, { every: everyWhile(question.data?.inspection) });
  const model = live.data;
  return (
    <Page
      title={model?.name ?? "Logged model"}
      icon={PackageSearch}
      meta={
        model === undefined ? undefined : (
          <>
            <span>logged model</span>
            <Tag>{model.status.toLowerCase().replaceAll("_", " ")}</Tag>
            <FileVerdict of={model.inspection?.verdict} />
            {model.inspection?.at === undefined ? null : (
              <span>
                read <When at={model.inspection.at} />
              </span>
            )}
            {model.runId === undefined ? null : <Go to={paths.run(project, model.runId)}>its run</Go>}
            <CopyId id={model.loggedModelId} label="logged model" />
          </>
        )
      }
    >
      <PathLine project={project} node={{ kind: "logged-model", id: loggedModelId }} />
      <Loaded question={question} what="The logged model" lines={10}>
        {(data) => (
          <Split aside={<Around model={live.data ?? data} project={project} />}>
            <Files model={live.data ?? data} project={project} />
          </Split>
        )}
      </Loaded>
    </Page>
  );
}

interface Props {
  readonly model: LoggedModel;
  readonly project: string;
}

function Files({ model, project }: Props) {
  const ask = useAction(inspectLoggedModel);
  const again = {
    mutate: () => ask.mutate({ project, loggedModelId: model.loggedModelId }),
    isPending: ask.isPending,
    error: ask.error,
  };
  return (
    <>
      <EvidenceThere of={model.evidence} />
      <FilesAsRead files={model.files} seen={model.inspection} again={model.status === "READY" ? again : undefined} />
      <Section title="Made from">
        <Pairs of={madeFrom(project, model.provenance, model.runId)} />
      </Section>
      {model.signature === undefined ? null : (
        <Fold title="Signature">
          <pre>{JSON.stringify(model.signature, null, 2)}</pre>
        </Fold>
      )}
    </>
  );
}

function Around({ model, project }: Props) {
  return (
    <>
      <Section title="Registered as">
        {model.registered.length === 0 ? (
          <p className={css.quiet}>not registered</p>
        ) : (
          <ul className={css.tags}>
            {model.registered.map((one) => (
              <li key={`${one.model}/${one.version}`}>
                <Go to={paths.modelVersion(project, one.model, one.version)}>
                  {one.model} v{one.version}
                </Go>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="As its MLmodel says">
        <Pairs
          of={[
            ["flavours", model.flavors.join(", ") || <Unknown key="f">not said</Unknown>],
            ["loading it", pickled(model)],
            ["MLflow", model.mlflowVersion ?? "not said"],
            ["Python", model.pythonVersion ?? "not said"],
            ["licence", model.inspection?.licence ?? "not said"],
          ]}
        />
      </Section>
      <Section title="Where">
        <Pairs
          of={[
            [
              "experiment",
              <Go key="e" to={paths.experiment(project, model.experimentId)}>
                {model.experimentId}
              </Go>,
            ],
            [
              "files",
              <span key="l" className={css.path}>
                {model.location}
              </span>,
            ],
            [
              "hash",
              model.artifactHash === undefined ? (
                <Unknown key="h" remedy="files are not stored here">
                  hash
                </Unknown>
              ) : (
                <CopyId key="h" id={model.artifactHash} label="artifact hash" />
              ),
            ],
          ]}
        />
      </Section>
    </>
  );
}

function pickled({ pickled: is }: LoggedModel) {
  if (is === undefined) return <Unknown>whether it runs pickled code</Unknown>;
  return is ? "runs pickled code" : "runs no pickled code";
}
