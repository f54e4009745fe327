import type { Reply } from "@paydown/api/operation";
import { declareConsumer, getDeployment, listPredictions } from "@paydown/api/serving";
import { Check, CircleDashed, Rocket } from "lucide-react";
import { useMemo } from "react";
import { Lines } from "#kit/charts/lines.jsx";
import { Button } from "#kit/controls/button.jsx";
import { CopyId } from "#kit/controls/copy.jsx";
import { Mark, Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useAction, useOperation, usePages } from "#kit/data/use-operation.js";
import { Neighbourhood } from "#kit/graph/neighbourhood.jsx";
import { PathLine } from "#kit/graph/path-line.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { bytes, count, many, measured, percent } from "#kit/numbers/format.js";
import { fromUrlTime, stamp } from "#kit/numbers/time.js";
import { Fact, Facts, Page, Pairs, Section, Split } from "#kit/page/page.jsx";
import { Empty } from "#kit/states/empty.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject, useSearchFields } from "#routes/use-place.js";
import css from "./serving.module.css";

type DeploymentReply = Reply<typeof getDeployment>;

/** A deployment: its traffic, who reads it, what it served when. */
export function Screen() {
  const project = useProject();
  const name = usePathPart("deployment");
  const search = useSearchFields();
  const [from, to] = [fromUrlTime(search.from), fromUrlTime(search.to)];
  const question = useOperation(
    getDeployment,
    { project, name, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) },
    { keep: true, every: to === undefined ? 10_000 : undefined },
  );
  const data = question.data;
  const tabs = [
    { id: "overview", label: "Overview" },
    { id: "predictions", label: "Predictions" },
    { id: "lineage", label: "Lineage" },
    { id: "history", label: "History", count: data?.history.length },
  ];
  const open = openTab(tabs, search.tab);
  return (
    <Page
      title={`${name} deployment`}
      heading={name}
      icon={Rocket}
      meta={
        data === undefined ? undefined : (
          <>
            <Mark tone={data.state === "live" ? "good" : "plain"} icon={data.state === "live" ? Check : CircleDashed}>
              {data.state}
            </Mark>
            <Go to={paths.modelVersion(project, data.model, data.version)}>{`${data.model} v${data.version}`}</Go>
            {data.alias === undefined ? null : <Tag>follows {data.alias}</Tag>}
            <span>
              since <When at={data.switchedAt} />
            </span>
            <span>{data.owner ?? "no owner team"}</span>
            <CopyId id={data.modelHash} label="model hash" />
          </>
        )
      }
    >
      <PathLine project={project} node={{ kind: "deployment", id: name }} />
      <Loaded question={question} what="The deployment" lines={10}>
        {(deployment) => (
          <div className={css.stack}>
            <TrafficFacts deployment={deployment} />
            <Tabs label="Sections of the deployment" tabs={tabs} />
            {open === "overview" ? <Overview deployment={deployment} project={project} /> : null}
            {open === "predictions" ? <Predictions project={project} name={name} /> : null}
            {open === "lineage" ? <Neighbourhood project={project} node={{ kind: "deployment", id: name }} /> : null}
            {open === "history" ? <Served deployment={deployment} project={project} /> : null}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function TrafficFacts({ deployment }: { deployment: DeploymentReply }) {
  const { traffic } = deployment;
  const undeclared = deployment.consumers.filter((one) => one.state === "undeclared").length;
  return (
    <Facts>
      <Fact label="Requests" note={`${many(traffic.rows, "row")} from ${stamp(traffic.from)}`}>
        {count(traffic.requests)}
      </Fact>
      <Fact label="Latency, p50 and p99" note="ms, until durably logged">
        {traffic.p50Ms === undefined || traffic.p99Ms === undefined ? (
          <Unknown>no request</Unknown>
        ) : (
          `${measured(traffic.p50Ms)} and ${measured(traffic.p99Ms)}`
        )}
      </Fact>
      <Fact
        label="Errors"
        note={traffic.requests === 0 ? undefined : `${percent(traffic.errors / traffic.requests)} of requests`}
      >
        {count(traffic.errors)}
      </Fact>
      <Fact
        label="Contract violations"
        note={
          deployment.contract === undefined
            ? "no contract to violate"
            : `${many(deployment.contract.columns.length, "column")} promised`
        }
      >
        {deployment.contract === undefined ? <Unknown>not checked</Unknown> : count(traffic.violations)}
      </Fact>
      <Fact label="Consumers" note={undeclared > 0 ? `${count(undeclared)} undeclared` : "all declared"}>
        {count(deployment.consumers.length)}
      </Fact>
    </Facts>
  );
}

function Overview({ deployment, project }: { deployment: DeploymentReply; project: string }) {
  const { traffic } = deployment;
  const requests = useMemo(() => {
    const byTime = Map.groupBy(traffic.points, (point) => point.at);
    const x = [...byTime.keys()].sort((a, b) => a - b);
    const sum = (key: "requests" | "errors" | "violations") =>
      x.map((at) => (byTime.get(at) ?? []).reduce((total, point) => total + point[key], 0));
    const seconds = x.map((at) => at / 1000);
    return [
      { id: "requests", name: "requests", x: seconds, y: sum("requests") },
      { id: "errors", name: "errors", x: seconds, y: sum("errors") },
      { id: "violations", name: "violations", x: seconds, y: sum("violations") },
    ];
  }, [traffic.points]);
  const latency = useMemo(() => {
    const x = traffic.latency.map((point) => point.at / 1000);
    return [
      { id: "p50", name: "p50", x, y: traffic.latency.map((point) => point.p50Ms) },
      { id: "p99", name: "p99", x, y: traffic.latency.map((point) => point.p99Ms) },
    ];
  }, [traffic.latency]);
  return (
    <>
      {traffic.points.length === 0 ? (
        <Empty
          title="No request in this window"
          command={`curl -s ${globalThis.location.origin}/v2/models/${deployment.name}`}
        >
          Any Open Inference Protocol client can call it; each prediction is logged with its inputs.
        </Empty>
      ) : (
        <div className={css.charts}>
          <Lines title={`requests a ${traffic.window}`} xLabel="time" time series={requests} />
          <Lines title="latency, ms" xLabel="time" time series={latency} />
        </div>
      )}
      <Split aside={<Facts2 deployment={deployment} />}>
        <Consumers deployment={deployment} project={project} />
      </Split>
    </>
  );
}

function Consumers({ deployment, project }: { deployment: DeploymentReply; project: string }) {
  const declare = useAction(declareConsumer, ["serving", "lineage"]);
  const columns: Column<DeploymentReply["consumers"][number]>[] = [
    { id: "consumer", header: "consumer", width: 180, head: true, cell: (row) => row.consumer },
    {
      id: "state",
      header: "declared",
      width: 130,
      cell: (row) =>
        row.state === "declared" ? (
          <Mark tone="good" icon={Check}>
            declared
          </Mark>
        ) : (
          <Mark tone="warn" icon={CircleDashed}>
            undeclared
          </Mark>
        ),
    },
    { id: "requests", header: "requests", width: 100, align: "right", cell: (row) => count(row.requests) },
    { id: "errors", header: "errors", width: 80, align: "right", cell: (row) => count(row.errors) },
    { id: "violations", header: "violations", width: 90, align: "right", cell: (row) => count(row.violations) },
    { id: "first", header: "first seen", width: 110, cell: (row) => <When at={row.firstSeen} /> },
    { id: "last", header: "last seen", width: 110, cell: (row) => <When at={row.lastSeen} /> },
    { id: "team", header: "team", width: 110, cell: (row) => row.team ?? <Unknown>nobody</Unknown> },
    {
      id: "act",
      header: "",
      hint: "Declare",
      width: 100,
      cell: (row) =>
        row.state === "declared" ? null : (
          <Button onClick={() => declare.mutate({ project, name: deployment.name, consumer: row.consumer })}>
            Declare
          </Button>
        ),
    },
  ];
  return (
    <Section title="Consumers" note="declared, or seen in traffic without having said so">
      {deployment.consumers.length === 0 ? (
        <p className={css.quiet}>Nobody has called it, and nobody has declared to.</p>
      ) : (
        <Table label="Consumers" rows={deployment.consumers} columns={columns} rowKey={(row) => row.consumer} />
      )}
      {declare.error === null ? null : <p role="alert">{tell(declare.error).message}</p>}
    </Section>
  );
}

function Facts2({ deployment }: { deployment: DeploymentReply }) {
  return (
    <>
      <Section title="Endpoint">
        <Pairs
          of={[
            ["model", bytes(deployment.modelBytes)],
            ["batching", deployment.batching ? "on" : "off"],
            [
              "inputs",
              deployment.inputs.map((one) => `${one.name} ${one.datatype}[${one.shape.join(",")}]`).join("; "),
            ],
            [
              "outputs",
              deployment.outputs.map((one) => `${one.name} ${one.datatype}[${one.shape.join(",")}]`).join("; "),
            ],
            ["logs kept", deployment.retentionDays === undefined ? "for ever" : `${deployment.retentionDays} d`],
          ]}
        />
      </Section>
      <Section title="Contract">
        {deployment.contract === undefined ? (
          <Unknown remedy="paydown deployments update --contract">nothing is promised</Unknown>
        ) : (
          <Pairs
            of={deployment.contract.columns.map(
              (column) =>
                [
                  column.column,
                  `${column.min ?? "any"} to ${column.max ?? "any"}${column.missing === false ? ", never missing" : ""}`,
                ] as const,
            )}
          />
        )}
      </Section>
    </>
  );
}

function Predictions({ project, name }: { project: string; name: string }) {
  const pages = usePages(listPredictions, { project, name, limit: 100 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const columns: Column<(typeof rows)[number]>[] = [
    {
      id: "request",
      header: "request",
      width: 150,
      head: true,
      cell: (row) => <Go to={paths.prediction(project, row.requestId, 0)}>{row.requestId.slice(0, 12)}</Go>,
    },
    { id: "at", header: "at", width: 120, cell: (row) => <When at={row.at} /> },
    {
      id: "version",
      header: "version",
      width: 140,
      cell: (row) => <Go to={paths.modelVersion(project, row.model, row.version)}>{`${row.model} v${row.version}`}</Go>,
    },
    { id: "consumer", header: "consumer", width: 140, cell: (row) => row.consumer },
    { id: "rows", header: "rows", width: 70, align: "right", cell: (row) => count(row.rows) },
    {
      id: "score",
      header: "score",
      width: 90,
      align: "right",
      cell: (row) => (row.score === undefined ? "" : measured(row.score)),
    },
    { id: "violations", header: "violations", width: 90, align: "right", cell: (row) => count(row.violations) },
    { id: "ms", header: "latency", unit: "ms", width: 90, align: "right", cell: (row) => measured(row.latencyMs) },
  ];
  return (
    <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The predictions">
      {() =>
        rows.length === 0 ? (
          <Empty title="No prediction is logged">Each request is logged before it is answered.</Empty>
        ) : (
          <Table
            label="Predictions"
            rows={rows}
            columns={columns}
            rowKey={(row) => row.requestId}
            rowPath={(row) => paths.prediction(project, row.requestId, 0)}
            more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
            loading={pages.isFetchingNextPage}
          />
        )
      }
    </Loaded>
  );
}

function Served({ deployment, project }: { deployment: DeploymentReply; project: string }) {
  return (
    <ol className={css.blocks}>
      {deployment.history.map((span) => (
        <li key={span.from}>
          <Go to={paths.modelVersion(project, span.model, span.version)}>v{span.version}</Go>
          <span>
            {stamp(span.from)} to {span.to === undefined ? "now" : stamp(span.to)}
            {span.reason === "" ? "" : `: ${span.reason}`}
          </span>
          <span className={css.quiet}>{span.by}</span>
        </li>
      ))}
    </ol>
  );
}
