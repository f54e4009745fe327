import type { Reply } from "@paydown/api/operation";
import { getModel, listPromotions, listReplays, type ModelVersion } from "@paydown/api/registry";
import { Boxes } from "lucide-react";
import { Button } from "#kit/controls/button.jsx";
import { Answer, Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useOperation, usePages } from "#kit/data/use-operation.js";
import { Neighbourhood } from "#kit/graph/neighbourhood.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { count, many } from "#kit/numbers/format.js";
import { stamp } from "#kit/numbers/time.js";
import { Page, Section } from "#kit/page/page.jsx";
import { paydown } from "#kit/states/command.js";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useAsOf, usePathPart, useProject, useSearchFields } from "#routes/use-place.js";
import { FileVerdict } from "./file-verdict.jsx";
import { ModelUses } from "./model-uses.jsx";
import { ProductionBand } from "./production-band.jsx";
import css from "./registry.module.css";
import { Replays } from "./replays.jsx";

type ModelReply = Reply<typeof getModel>;

/** A model: which version ran when, put there by whom and why, and what each version lacks. */
export function Screen() {
  const project = useProject();
  const name = usePathPart("model");
  const question = useOperation(getModel, { project, model: name });
  const model = question.data;
  const tabs = [
    { id: "overview", label: "Overview" },
    { id: "replays", label: "Replays" },
    { id: "lineage", label: "Lineage" },
    { id: "history", label: "History", count: model?.history.length },
  ];
  const open = openTab(tabs, useSearchFields().tab);
  return (
    <Page
      title={`${name} model`}
      heading={name}
      icon={Boxes}
      meta={
        model === undefined ? undefined : (
          <>
            <span>{many(model.versions, "version")}</span>
            {Object.entries(model.aliases).map(([alias, version]) => (
              <Tag key={alias}>
                {alias} v{version}
              </Tag>
            ))}
            <span>
              changed <When at={model.updatedAt} />
            </span>
            <Go to={paths.policy(project, name)}>
              {model.tier === undefined ? "promotion policy, no criticality set" : `${model.tier}, promotion policy`}
            </Go>
          </>
        )
      }
      lede={model?.description === "" ? undefined : model?.description}
    >
      <Loaded question={question} what="The model" lines={10}>
        {(data) => (
          <div className={css.stack}>
            <Tabs label="Sections of the model" tabs={tabs} />
            {open === "overview" ? <Overview model={data} project={project} /> : null}
            {open === "replays" ? <ModelReplays project={project} model={name} /> : null}
            {open === "lineage" ? (
              <Neighbourhood
                project={project}
                node={
                  data.latest === undefined
                    ? { kind: "model", id: name }
                    : { kind: "model-version", id: `${name}/${data.latest}` }
                }
              />
            ) : null}
            {open === "history" ? <History model={data} project={project} /> : null}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

/** What two versions answered to the same inputs, newest first. */
function ModelReplays({ project, model }: { project: string; model: string }) {
  const pages = usePages(listReplays, { project, model, limit: 20 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The replays" lines={4}>
      {() => (
        <>
          <Replays of={rows} project={project} />
          {pages.hasNextPage ? (
            <div>
              <Button onClick={() => void pages.fetchNextPage()}>Earlier ones</Button>
            </div>
          ) : null}
        </>
      )}
    </Loaded>
  );
}

/** Requests that wait, told where the model is looked at. */
function Waiting({ project, model }: { project: string; model: string }) {
  const open = useOperation(listPromotions, { project, model, state: "open", limit: 20 });
  const items = open.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <ul className={css.gates}>
      {items.map((one) => (
        <li key={one.id}>
          <Go to={paths.promotion(project, one.id)}>
            v{one.version} to {one.target.name}
          </Go>
          <span>
            asked by {one.requestedBy}, {one.approvals} of {one.approvalsNeeded} approvals
            {one.blocked
              ? `; in the way: ${one.gates
                  .filter((gate) => gate.blocks)
                  .map((gate) => gate.gate)
                  .join(", ")}`
              : ""}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Overview({ model, project }: { model: ModelReply; project: string }) {
  const { asOf } = useAsOf();
  const aliases = [...new Set(model.spans.map((span) => span.alias))].sort(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b),
  );
  const to = Date.now();
  const from = Math.min(to - 60_000, ...model.spans.map((span) => span.from));
  const then =
    asOf === undefined
      ? undefined
      : model.spans.find(
          (span) => span.alias === aliases[0] && span.from <= asOf && (span.to ?? Number.POSITIVE_INFINITY) > asOf,
        );
  return (
    <>
      <Waiting project={project} model={model.model} />
      {aliases.length === 0 ? (
        <Empty
          title="No version stands behind an alias"
          command={paydown(
            `models alias ${model.model} champion ${model.latest ?? 1} --reason "first release"`,
            project,
          )}
        >
          Aliases say which version is in use; each move keeps who, when and why.
        </Empty>
      ) : (
        aliases.map((alias) => (
          <Section key={alias} title={alias} note={note(model.spans.filter((span) => span.alias === alias))}>
            <ProductionBand
              alias={alias}
              spans={model.spans.filter((span) => span.alias === alias)}
              project={project}
              model={model.model}
              from={from}
              to={to}
              asOf={asOf}
            />
          </Section>
        ))
      )}
      {asOf === undefined ? null : (
        <p>
          On {stamp(asOf)} {aliases[0]} was {then?.version === undefined ? "nothing" : `v${then.version}`}
          {then === undefined
            ? ""
            : `, put there by ${then.by}${then.reason === "" ? "; nobody said why" : `: ${then.reason}`}`}
          .
        </p>
      )}
      <Section
        title="Versions"
        note={
          model.versions > model.items.length
            ? `newest ${count(model.items.length)} of ${count(model.versions)}`
            : undefined
        }
      >
        {model.items.length === 0 ? (
          <p className={css.quiet}>No version yet.</p>
        ) : (
          <Table
            label="Versions"
            rows={model.items}
            columns={columns(project, model.model)}
            rowKey={(row) => String(row.version)}
            rowPath={(row) => paths.modelVersion(project, model.model, row.version)}
          />
        )}
      </Section>
      <ModelUses project={project} model={model.model} />
    </>
  );
}

const rank = (alias: string) => (/prod|champion|live/.test(alias) ? 0 : 1);

function note(spans: ModelReply["spans"]): string | undefined {
  const last = spans.at(-1);
  if (last === undefined) return undefined;
  return last.version === undefined
    ? "stands behind nothing now"
    : `v${last.version}, by ${last.by}${last.reason === "" ? "; nobody said why" : `: ${last.reason}`}`;
}

function columns(project: string, model: string): Column<ModelVersion>[] {
  const evidence = (key: keyof ModelVersion["evidence"]): Column<ModelVersion> => ({
    id: key,
    header: key,
    width: 90,
    cell: (row) => <Answer of={row.evidence[key].state} evidence={row.evidence[key].evidence} />,
  });
  return [
    {
      id: "version",
      header: "version",
      width: 150,
      head: true,
      cell: (row) => (
        <span className={css.name}>
          <Go to={paths.modelVersion(project, model, row.version)}>v{row.version}</Go>
          {row.aliases.map((alias) => (
            <Tag key={alias}>{alias}</Tag>
          ))}
        </span>
      ),
    },
    { id: "made", header: "registered", width: 96, cell: (row) => <When at={row.createdAt} /> },
    { id: "by", header: "by", width: 84, cell: (row) => row.createdBy },
    {
      id: "run",
      header: "run",
      width: 84,
      cell: (row) =>
        row.runId === undefined ? "none" : <Go to={paths.run(project, row.runId)}>{row.runId.slice(0, 7)}</Go>,
    },
    evidence("data"),
    evidence("signature"),
    evidence("card"),
    evidence("evaluation"),
    {
      id: "files",
      header: "files",
      width: 96,
      hint: "What reading the files, without loading them, says about the danger of loading them",
      cell: (row) =>
        row.external === undefined ? (
          <FileVerdict
            of={row.verdict}
            why={row.pickled === true ? "Loading it runs pickled code; what it names was read." : undefined}
          />
        ) : (
          <Tag>hosted elsewhere</Tag>
        ),
    },
    {
      id: "flavors",
      header: "flavours",
      width: 120,
      cell: (row) =>
        row.external === undefined
          ? row.flavors.join(", ")
          : `${row.external.provider}/${row.external.name}${row.external.pin === undefined ? ", not pinned" : `@${row.external.pin}`}`,
    },
    {
      id: "description",
      header: "what is new",
      width: 180,
      cell: (row) => <span title={row.description}>{row.description}</span>,
    },
  ];
}

function History({ model, project }: { model: ModelReply; project: string }) {
  return (
    <ol className={css.history}>
      {model.history.map((change) => (
        <li key={change.id}>
          <small>{stamp(change.at)}</small>
          <span>
            {change.kind.replaceAll("-", " ")} {change.subject}{" "}
            {change.version === undefined ? (
              ""
            ) : (
              <Go to={paths.modelVersion(project, model.model, change.version)}>v{change.version}</Go>
            )}{" "}
            {change.promotion === undefined ? null : (
              <Go to={paths.promotion(project, change.promotion)}>
                by request{change.approvers === undefined ? "" : `, approved by ${change.approvers.join(", ")}`}
              </Go>
            )}
            {change.unapproved === true ? <Tag>past the policy</Tag> : null}
            {change.previous === undefined ? "" : `, before v${change.previous}`}
            {change.reason === "" ? "" : `: ${change.reason}`}
          </span>
          <small>
            {change.by}, {change.door}
          </small>
        </li>
      ))}
    </ol>
  );
}
