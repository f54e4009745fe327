import { ApiError } from "@paydown/api/client";
import { downstream, impact, type LineageEdge, type LineageNode, neighbours, upstream } from "@paydown/api/lineage";
import { useMemo } from "react";
import { Button, ButtonLink } from "#kit/controls/button.jsx";
import { Select } from "#kit/controls/field.jsx";
import { Key } from "#kit/controls/mark.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { GraphView } from "#kit/graph/graph-view.jsx";
import { PathLine } from "#kit/graph/path-line.jsx";
import { count, many } from "#kit/numbers/format.js";
import { Page, Section } from "#kit/page/page.jsx";
import { SidePanel } from "#kit/page/side-panel.jsx";
import { Empty, TooMuch } from "#kit/states/empty.jsx";
import { Failure } from "#kit/states/failure.jsx";
import { Skeleton } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { nodePath, paths } from "#routes/paths.js";
import { useAsOf, useGo, useProject, useSearchFields, useSetSearch } from "#routes/use-place.js";
import { nodeName, toDrawn } from "./graph-of.js";
import css from "./lineage.module.css";

const LIMIT = 2000;

/** The graph around one node: hops up and down, impact, and the same as a table. */
export function Explorer({ focus }: { readonly focus: string }) {
  const project = useProject();
  const search = useSearchFields();
  const set = useSetSearch();
  const go = useGo();
  const asOf = useAsOf();
  const up = Number(search.up ?? 1);
  const down = Number(search.down ?? 1);
  const withImpact = search.impact === "yes";
  const open = useMemo(() => new Set((search.open ?? "").split("|").filter((one) => one !== "")), [search.open]);
  const folded = search.fold;
  const input = { project, node: focus, limit: LIMIT, ...asOf };
  const near = useOperation(neighbours, { project, node: focus, each: 50, ...asOf });
  const above = useOperation(upstream, { ...input, depth: Math.max(1, up) }, { enabled: up > 0, keep: true });
  const below = useOperation(downstream, { ...input, depth: Math.max(1, down) }, { enabled: down > 0, keep: true });
  const reached = useOperation(impact, input, { enabled: withImpact });
  const graph = useMemo(() => {
    const nodes = new Map<string, LineageNode>();
    const edges = new Map<string, LineageEdge>();
    const gaps = [...(near.data?.gaps ?? [])];
    if (near.data !== undefined) nodes.set(focus, near.data.focus);
    for (const part of [up > 0 ? above.data : undefined, down > 0 ? below.data : undefined]) {
      for (const node of part?.nodes ?? []) nodes.set(nodeName(node), node);
      for (const edge of part?.edges ?? []) edges.set(`${nodeName(edge.from)} ${nodeName(edge.to)}`, edge);
      for (const gap of part?.gaps ?? [])
        if (!gaps.some((one) => nodeName(one.at) === nodeName(gap.at) && one.missing === gap.missing)) gaps.push(gap);
    }
    return { nodes: [...nodes.values()], edges: [...edges.values()], gaps };
  }, [near.data, above.data, below.data, focus, up, down]);
  const drawn = useMemo(
    () => toDrawn(graph, focus, open, withImpact ? reached.data : undefined),
    [graph, focus, open, withImpact, reached.data],
  );
  const node = near.data?.focus;
  const refocus = (name: string) => go(`${paths.lineage(project)}?focus=${encodeURIComponent(name)}`);
  if (near.error instanceof ApiError && near.error.status === 404) {
    return (
      <Page title="Lineage">
        <Empty
          title="The graph has not seen this"
          action={<ButtonLink to={paths.lineage(project)}>The whole graph, by kind</ButtonLink>}
        >
          {focus} is not in the lineage of this project{asOf.asOf === undefined ? "" : " at this moment"}. Runs,
          OpenLineage events, scans and `paydown lineage link` put things there.
        </Empty>
      </Page>
    );
  }
  const hidden = new Set([above.data?.hidden, below.data?.hidden].filter((words) => words !== undefined));
  return (
    <Page
      title={`Lineage of ${node?.name ?? focus}`}
      heading={node?.name ?? focus}
      meta={
        <>
          <span>{focus.slice(0, focus.indexOf(":")).replaceAll("-", " ")}</span>
          <span>{node?.team ?? "no owner team"}</span>
          {node === undefined || nodePath(project, node).includes("/lineage") ? null : (
            <Go to={nodePath(project, node)}>its page</Go>
          )}
          <Go to={paths.lineage(project)}>all kinds</Go>
        </>
      }
      lede={withImpact && reached.data !== undefined ? impactSentence(reached.data.counts) : undefined}
    >
      <PathLine
        project={project}
        node={{ kind: focus.slice(0, focus.indexOf(":")), id: focus.slice(focus.indexOf(":") + 1) }}
      />
      <div className={css.bar}>
        <Hops label="Hops up" value={up} onChange={(value) => set({ up: String(value) })} />
        <Hops label="Hops down" value={down} onChange={(value) => set({ down: String(value) })} />
        <Button aria-pressed={withImpact} onClick={() => set({ impact: withImpact ? undefined : "yes" })}>
          Impact of a change
        </Button>
        <span className={css.quiet}>
          {many(drawn.nodes.length, "node")} shown. Arrow keys walk, <Key>Enter</Key> refocuses, <Key>u</Key>{" "}
          <Key>d</Key> add a hop, <Key>.</Key> folds.
        </span>
      </div>
      {near.error !== null ? (
        <Failure error={near.error} what="The graph" retry={() => void near.refetch()} />
      ) : near.data === undefined ? (
        <Skeleton lines={8} />
      ) : null}
      {near.data === undefined ? null : (
        <GraphView
          label={`Lineage around ${node?.name ?? focus}`}
          nodes={drawn.nodes}
          edges={drawn.edges}
          focus={focus}
          onFocus={(one) =>
            drawn.folds.has(one.id)
              ? set({ fold: one.id })
              : one.id.startsWith("unknown ")
                ? set({ fold: one.id })
                : refocus(one.id)
          }
          onKey={(key) =>
            set(key === "u" ? { up: String(up + 1) } : key === "d" ? { down: String(down + 1) } : { open: undefined })
          }
        />
      )}
      {[...hidden].map((words) => (
        <TooMuch key={words}>{words}</TooMuch>
      ))}
      <Twin graph={graph} project={project} focus={focus} hops={reached.data} withImpact={withImpact} />
      {folded === undefined ? null : folded.startsWith("unknown ") ? (
        <SidePanel title="Unknown" field="fold">
          {graph.gaps
            .filter((gap) => folded.includes(` ${gap.missing} ${gap.side} `) && folded.endsWith(nodeName(gap.at)))
            .map((gap) => (
              <p key={gap.missing}>
                Nobody has reported the {gap.missing.replaceAll("-", " ")} {gap.side}. {gap.remedy}
              </p>
            ))}
        </SidePanel>
      ) : (
        <SidePanel title={many(drawn.folds.get(folded)?.length ?? 0, "node")} field="fold">
          <Button onClick={() => set({ open: [...open, folded].join("|"), fold: undefined })}>Draw them all</Button>
          <ul>
            {(drawn.folds.get(folded) ?? []).map((one) => (
              <li key={one.id}>
                <Go to={nodePath(project, one)}>{one.name}</Go>
              </li>
            ))}
          </ul>
        </SidePanel>
      )}
    </Page>
  );
}

function Hops({ label, value, onChange }: { label: string; value: number; onChange: (value: number) => void }) {
  return (
    <Select label={label} value={String(value)} onChange={(event) => onChange(Number(event.target.value))}>
      {[...new Set([0, 1, 2, 3, 4, 6, 10, 25, value])]
        .sort((a, b) => a - b)
        .map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
    </Select>
  );
}

function impactSentence(counts: {
  nodes: number;
  models: number;
  endpoints: number;
  consumers: number;
  undeclared: number;
  teams: number;
  unowned: number;
}): string {
  return `A change here reaches ${many(counts.nodes, "node")}: ${many(counts.models, "model")}, ${many(counts.endpoints, "endpoint")}, ${many(counts.consumers, "consumer")}${counts.undeclared > 0 ? ` (${count(counts.undeclared)} undeclared)` : ""}, ${many(counts.teams, "team")}${counts.unowned > 0 ? `; ${count(counts.unowned)} have no owner to tell` : ""}.`;
}

interface TwinRow {
  readonly node: LineageNode;
  readonly hops: number | undefined;
  readonly path: string;
}

/** The same graph as a table: what screen readers get, and what can be copied. */
function Twin({
  graph,
  project,
  focus,
  hops,
  withImpact,
}: {
  graph: { nodes: readonly LineageNode[] };
  project: string;
  focus: string;
  hops: { reached: readonly { node: LineageNode; hops: number; path: readonly string[] }[] } | undefined;
  withImpact: boolean;
}) {
  const rows: TwinRow[] =
    withImpact && hops !== undefined
      ? hops.reached.map((one) => ({ node: one.node, hops: one.hops, path: one.path.join(" > ") }))
      : graph.nodes
          .filter((node) => nodeName(node) !== focus)
          .map((node) => ({ node, hops: "hops" in node ? Number(node.hops) : undefined, path: "" }));
  const columns: Column<TwinRow>[] = [
    {
      id: "name",
      header: "node",
      width: 280,
      head: true,
      cell: (row) => <Go to={nodePath(project, row.node)}>{row.node.name}</Go>,
    },
    { id: "kind", header: "kind", width: 140, cell: (row) => row.node.kind.replaceAll("-", " ") },
    {
      id: "hops",
      header: "hops",
      width: 70,
      align: "right",
      cell: (row) => (row.hops === undefined ? "" : count(row.hops)),
    },
    { id: "owner", header: "owner", width: 130, cell: (row) => row.node.team ?? <Unknown>nobody</Unknown> },
    ...(withImpact
      ? [
          {
            id: "path",
            header: "path",
            width: 460,
            cell: (row: TwinRow) => <span title={row.path}>{row.path}</span>,
          } satisfies Column<TwinRow>,
        ]
      : []),
  ];
  return (
    <Section title={withImpact ? "Reached" : "As a table"} note={many(rows.length, "node")}>
      {rows.length === 0 ? (
        <p className={css.quiet}>No neighbour is known in these hops.</p>
      ) : (
        <Table
          label="Nodes of the graph"
          rows={rows}
          columns={columns}
          rowKey={(row) => nodeName(row.node)}
          rowPath={(row) => paths.lineage(project, row.node)}
        />
      )}
    </Section>
  );
}
