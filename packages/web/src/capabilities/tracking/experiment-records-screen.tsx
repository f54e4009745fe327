import type { Reply } from "@paydown/api/operation";
import { getExperiment } from "@paydown/api/tracking";
import {
  type DatasetIdentity,
  getConfigSchema,
  listDatasetUses,
  setConfigSchema,
  viewEnvironments,
} from "@paydown/api/tracking-insight";
import { Braces } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "#kit/controls/button.jsx";
import { TextArea, TextField } from "#kit/controls/field.jsx";
import { Answer, Tag } from "#kit/controls/mark.jsx";
import { openTab, Tabs } from "#kit/controls/tabs.jsx";
import { useAction, useOperation, usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { count, many } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { Page, Pairs, Section } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject, useSearchFields } from "#routes/use-place.js";
import css from "./records.module.css";

const tabs = [
  { id: "environments", label: "Environments" },
  { id: "datasets", label: "Data" },
  { id: "config", label: "Configuration" },
];

/** What the runs of an experiment were made with and of: versions over time, data, and the schema of their parameters. */
export function Screen() {
  const project = useProject();
  const experimentId = usePathPart("experiment");
  const experiment = useOperation(getExperiment, { project, experimentId });
  const open = openTab(tabs, useSearchFields().tab);
  return (
    <Page
      title={experiment.data === undefined ? "Records" : `Records of ${experiment.data.name}`}
      icon={Braces}
      meta={<Go to={paths.experiment(project, experimentId)}>the runs</Go>}
    >
      <div className={css.stack}>
        <Tabs label="Sections of the records" tabs={tabs} />
        {open === "environments" ? <Environments project={project} experimentId={experimentId} /> : null}
        {open === "datasets" ? <Datasets project={project} experimentId={experimentId} /> : null}
        {open === "config" ? <Config project={project} experimentId={experimentId} /> : null}
      </div>
    </Page>
  );
}

interface Of {
  readonly project: string;
  readonly experimentId: string;
}

type EnvironmentItem = Reply<typeof viewEnvironments>["items"][number];

const environmentColumns: Column<EnvironmentItem>[] = [
  { id: "what", header: "what", width: 200, head: true, cell: (row) => row.what },
  {
    id: "drift",
    header: "one version?",
    width: 110,
    cell: (row) => <Answer of={row.drifting ? "no" : "yes"} word={row.drifting ? "drifts" : "yes"} />,
  },
  {
    id: "versions",
    header: "versions, newest first",
    width: 460,
    cell: (row) => {
      const text = row.versions
        .map((one) => `${short(one.value)} (${many(one.runs, "run")}, ${day(one.firstAt)} to ${day(one.lastAt)})`)
        .join("; ");
      return <span title={text}>{text}</span>;
    },
  },
  { id: "source", header: "said by", width: 140, cell: (row) => row.source },
];

const short = (value: string) => (/^[0-9a-f]{40,}$/.test(value) ? value.slice(0, 7) : value);

function Environments({ project, experimentId }: Of) {
  const question = useOperation(viewEnvironments, { project, experimentId });
  return (
    <Loaded question={question} what="The environments" lines={6}>
      {(data) => (
        <>
          <p>
            {sentence(data)}
            {data.looked < data.runs ? ` Looked at the newest ${count(data.looked)} of ${many(data.runs, "run")}.` : ""}
          </p>
          {data.items.length === 0 ? (
            <p className={css.quiet}>No run says what it was made with; MLmodel files, requirements and clients do.</p>
          ) : (
            <Table label="Versions" rows={data.items} columns={environmentColumns} rowKey={(row) => row.what} />
          )}
          <Section title="Against what is live">
            {data.live.length === 0 ? (
              <p className={css.quiet}>No model trained here is live.</p>
            ) : (
              data.live.map((one) => (
                <div key={one.deployment} className={css.stack}>
                  <p>
                    <Go to={paths.deployment(project, one.deployment)}>{one.deployment}</Go> serves{" "}
                    <Go to={paths.modelVersion(project, one.model, one.version)}>
                      {one.model} v{one.version}
                    </Go>
                    {one.differs.length === 0 ? ", made with what the newest runs use." : ", which was made with:"}
                  </p>
                  <Pairs
                    of={one.differs.map((line) => [
                      line.what,
                      `${short(line.live)}; the newest runs use ${short(line.newest)}`,
                    ])}
                  />
                  {one.unknown.length === 0 ? null : (
                    <p className={css.quiet}>Not known on one side: {one.unknown.join(", ")}.</p>
                  )}
                </div>
              ))
            )}
          </Section>
        </>
      )}
    </Loaded>
  );
}

function sentence({ items, skew, silent }: Reply<typeof viewEnvironments>): string {
  const drifting = items.filter((item) => item.drifting);
  const parts = [
    drifting.length === 0
      ? "Every version that is known stayed the same."
      : `${many(drifting.length, "version drifts", "versions drift")}: ${drifting
          .slice(0, 5)
          .map((item) => item.what)
          .join(", ")}${drifting.length > 5 ? ", ..." : ""}.`,
    skew.majors.length > 1 ? `Clients of MLflow ${skew.majors.join(" and ")} write here side by side.` : "",
    silent > 0 ? `${many(silent, "run says", "runs say")} nothing.` : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

const strengths = {
  content: "equal content",
  digest: "equal digest of 32 bits",
  source: "same place",
  name: "same name only",
} as const;

function Datasets({ project, experimentId }: Of) {
  const [wide, setWide] = useState(false);
  const pages = usePages(listDatasetUses, { project, limit: 100, ...(wide ? {} : { experimentId }) });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  const columns: Column<DatasetIdentity>[] = [
    { id: "name", header: "dataset", width: 220, head: true, cell: (row) => row.name },
    { id: "digest", header: "digest", width: 130, cell: (row) => <code>{row.digest}</code> },
    { id: "strength", header: "how surely it is the same", width: 190, cell: (row) => strengths[row.strength] },
    { id: "runs", header: "runs", width: 70, align: "right", cell: (row) => count(row.runs) },
    {
      id: "experiments",
      header: "experiments",
      width: 220,
      cell: (row) => (
        <span title={row.experiments.map((one) => one.name).join(", ")}>
          {row.experiments.map((one) => (
            <Go key={one.experimentId} to={paths.experiment(project, one.experimentId)}>
              {one.name}{" "}
            </Go>
          ))}
        </span>
      ),
    },
    {
      id: "other",
      header: "same name, other content",
      width: 220,
      cell: (row) =>
        row.otherContent.length === 0 ? (
          ""
        ) : (
          <Tag title={row.otherContent.flatMap((one) => one.digests).join(", ")}>
            {many(row.otherContent.flatMap((one) => one.digests).length, "other digest")}
          </Tag>
        ),
    },
    { id: "last", header: "last read", width: 110, cell: (row) => <When at={row.lastAt} /> },
  ];
  return (
    <>
      <label className={css.check}>
        <input type="checkbox" checked={wide} onChange={(event) => setWide(event.target.checked)} />
        of all experiments
      </label>
      <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The datasets" lines={4}>
        {() =>
          rows.length === 0 ? (
            <p className={css.quiet}>No run named its data. `mlflow.log_input` does.</p>
          ) : (
            <Table
              label="Datasets runs read"
              rows={rows}
              columns={columns}
              rowKey={(row) => `${row.name}@${row.digest}`}
              more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
              loading={pages.isFetchingNextPage}
            />
          )
        }
      </Loaded>
    </>
  );
}

function Config({ project, experimentId }: Of) {
  const question = useOperation(getConfigSchema, { project, experimentId });
  const save = useAction(setConfigSchema);
  const [problem, setProblem] = useState("");
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = String(form.get("schema")).trim();
    let schema: Record<string, unknown> | null = null;
    try {
      schema = text === "" ? null : (JSON.parse(text) as Record<string, unknown>);
    } catch (error) {
      setProblem(`The schema is not JSON: ${(error as Error).message}`);
      return;
    }
    setProblem("");
    save.mutate({ project, experimentId, schema, reason: String(form.get("reason")) });
  }
  return (
    <Loaded question={question} what="The schema" lines={6}>
      {(data) => (
        <>
          <p>
            {data.schema === null
              ? "No schema: any parameter may have any value."
              : `${count(data.violating)} of ${many(data.looked, "run")} do not fit the schema${data.by === undefined ? "" : ` that ${data.by} set`}.`}{" "}
            {count(data.hashed.logged)} logged a hash of their configuration, for {count(data.hashed.derived)} it was
            taken from their parameters, {count(data.hashed.none)} have neither.
          </p>
          {data.violations.length === 0 ? null : (
            <ul className={css.list}>
              {data.violations.map((one) => (
                <li key={one.runId}>
                  <Go to={paths.run(project, one.runId)}>{one.name}</Go> {one.problems.join(" ")}
                </li>
              ))}
            </ul>
          )}
          <form className={css.form} onSubmit={submit}>
            <TextArea
              label="JSON Schema of the parameters, as one flat object; empty: none"
              name="schema"
              rows={10}
              spellCheck={false}
              defaultValue={data.schema === null ? "" : JSON.stringify(data.schema, null, 2)}
              placeholder='{"required": ["lr"], "properties": {"lr": {"type": "number", "maximum": 1}}}'
            />
            <TextField label="Reason, kept" name="reason" required maxLength={1000} />
            <div>
              <Button type="submit" disabled={save.isPending}>
                Set the schema
              </Button>
            </div>
            <p role="status">
              {problem !== ""
                ? problem
                : save.error === null
                  ? ""
                  : `${tell(save.error).message} ${tell(save.error).next}`}
            </p>
          </form>
        </>
      )}
    </Loaded>
  );
}
