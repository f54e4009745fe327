import { coverage, listNodes, overview } from "@paydown/api/lineage";
import { useMemo } from "react";
import { useOperation, usePages } from "#kit/data/use-operation.js";
import { type GraphEdge, type GraphNode, GraphView } from "#kit/graph/graph-view.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { count, many } from "#kit/numbers/format.js";
import { Page, Section } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { NotSeen, Unknown } from "#kit/states/unknown.jsx";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useAsOf, useField, useProject } from "#routes/use-place.js";
import css from "./lineage.module.css";

export function Overview() {
  const project = useProject();
  const asOf = useAsOf();
  const [kind, setKind] = useField("kind");
  const question = useOperation(overview, { project, ...asOf });
  const covered = useOperation(coverage, { project, ...asOf });
  const data = question.data;
  const nodes = useMemo(
    (): GraphNode[] =>
      (data?.kinds ?? []).map((one) => ({
        id: one.kind,
        kind: one.kind,
        name: many(one.count, "node"),
        folded: one.count,
      })),
    [data],
  );
  const edges = useMemo(
    (): GraphEdge[] =>
      (data?.flows ?? [])
        .filter((flow) => flow.from !== flow.to)
        .map((flow) => ({ from: flow.from, to: flow.to, evidence: "observed", count: flow.count })),
    [data],
  );
  return (
    <Page
      title="Lineage"
      heading={data === undefined ? "Lineage" : `Lineage: ${many(data.nodes, "node")}, ${many(data.edges, "edge")}`}
      lede={
        covered.data === undefined
          ? undefined
          : covered.data.live === 0
            ? "No model version is served yet."
            : `The whole way from source to endpoint is known for ${count(covered.data.complete)} of ${many(covered.data.live, "live model version")}.`
      }
    >
      <Loaded question={question} what="The graph" lines={10}>
        {(graph) =>
          graph.nodes === 0 ? (
            <Empty
              title="The graph is empty"
              command={`export MLFLOW_TRACKING_URI=${globalThis.location.origin} OPENLINEAGE_URL=${globalThis.location.origin}`}
            >
              Whatever comes in by any door lands here: runs, datasets, models, deployments, OpenLineage events.
            </Empty>
          ) : (
            <div className={css.stack}>
              <Section title="By kind" note="each box is a kind; choose one to list its nodes">
                <GraphView
                  label="Lineage by kind"
                  nodes={nodes}
                  edges={edges}
                  focus={kind ?? ""}
                  onFocus={(node) => setKind(node.kind)}
                />
              </Section>
              <div className={css.kinds}>
                {graph.kinds.map((one) => (
                  <Go
                    key={one.kind}
                    className={css.kind}
                    to={`${paths.lineage(project)}?kind=${one.kind}`}
                    aria-current={one.kind === kind ? "true" : undefined}
                  >
                    <span>{one.kind.replaceAll("-", " ")}</span>
                    <span>
                      <b>{count(one.count)}</b>{" "}
                      <small>{one.unowned > 0 ? `${count(one.unowned)} without owner` : ""}</small>
                    </span>
                  </Go>
                ))}
              </div>
              {kind === undefined ? null : <Nodes kind={kind} />}
              {covered.data === undefined ? null : (
                <Section title="Unknown on the way to live models">
                  {covered.data.items.every((item) => item.gaps.length === 0) ? (
                    <p className={css.quiet}>Nothing.</p>
                  ) : (
                    covered.data.items
                      .filter((item) => item.gaps.length > 0)
                      .map((item) => (
                        <div key={item.model.id}>
                          <Go to={paths.lineage(project, item.model)}>{item.model.name}</Go>
                          <NotSeen
                            sources={item.gaps.map((gap) => ({
                              what: `unknown ${gap.missing.replaceAll("-", " ")}`,
                              remedy: gap.remedy,
                            }))}
                          />
                        </div>
                      ))
                  )}
                </Section>
              )}
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

function Nodes({ kind }: { kind: string }) {
  const project = useProject();
  const pages = usePages(listNodes, { project, kind, limit: 200, ...useAsOf() });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title={kind.replaceAll("-", " ")}>
      <Table
        label={`Nodes of kind ${kind}`}
        rows={rows}
        rowKey={(row) => row.id}
        rowPath={(row) => paths.lineage(project, row)}
        more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
        loading={pages.isFetchingNextPage}
        total={pages.data?.pages[0]?.total}
        columns={[
          {
            id: "name",
            header: "name",
            width: 320,
            head: true,
            cell: (row) => <Go to={paths.lineage(project, row)}>{row.name}</Go>,
          },
          { id: "team", header: "owner", width: 140, cell: (row) => row.team ?? <Unknown>nobody</Unknown> },
          { id: "seen", header: "last seen", width: 120, cell: (row) => <When at={row.lastSeen} /> },
          { id: "door", header: "door", width: 110, cell: (row) => row.door },
          { id: "id", header: "id", width: 260, cell: (row) => <code title={row.id}>{row.id}</code> },
        ]}
      />
    </Section>
  );
}
