import type { Reply } from "@paydown/api/operation";
import { getModel, type ModelVersion } from "@paydown/api/registry";
import { Boxes } from "lucide-react";
import { Answer, Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useOperation } from "#kit/data/use-operation.js";
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
import { ProductionBand } from "./production-band.jsx";
import css from "./registry.module.css";

type ModelReply = Reply<typeof getModel>;

/** A model: which version ran when, put there by whom and why, and what each version lacks. */
export function Screen() {
  const project = useProject();
  const name = usePathPart("model");
  const question = useOperation(getModel, { project, model: name });
  const model = question.data;
  const tabs = [
    { id: "overview", label: "Overview" },
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

function Overview({ model, project }: { model: ModelReply; project: string }) {
  const { asOf } = useAsOf();
  const aliases = [...new Set(model.spans.map((span) => span.alias))].sort(
    (a, b) => rank(a) - rank(b) || a.localeCompare(b),
  );
  const to = Date.now();
  const from = Math.min(to - 86_400_000, ...model.spans.map((span) => span.from));
  const then =
    asOf === undefined
      ? undefined
      : model.spans.find(
          (span) => span.alias === aliases[0] && span.from <= asOf && (span.to ?? Number.POSITIVE_INFINITY) > asOf,
        );
  return (
    <>
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
    width: 96,
    cell: (row) => <Answer of={row.evidence[key].state} evidence={row.evidence[key].evidence} />,
  });
  return [
    {
      id: "version",
      header: "version",
      width: 180,
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
    { id: "made", header: "registered", width: 110, cell: (row) => <When at={row.createdAt} /> },
    { id: "by", header: "by", width: 110, cell: (row) => row.createdBy },
    {
      id: "run",
      header: "run",
      width: 96,
      cell: (row) =>
        row.runId === undefined ? "none" : <Go to={paths.run(project, row.runId)}>{row.runId.slice(0, 7)}</Go>,
    },
    evidence("data"),
    evidence("signature"),
    evidence("card"),
    evidence("evaluation"),
    {
      id: "pickle",
      header: "pickled code",
      width: 106,
      cell: (row) => (
        <Answer
          of={row.pickled === undefined ? "unknown" : row.pickled ? "no" : "yes"}
          word={row.pickled === undefined ? "unknown" : row.pickled ? "runs on load" : "none"}
        />
      ),
    },
    { id: "flavors", header: "flavours", width: 150, cell: (row) => row.flavors.join(", ") },
    {
      id: "description",
      header: "what is new",
      width: 240,
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
            )}
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
