import { whoAmI } from "@paydown/api/accounts";
import type { Reply } from "@paydown/api/operation";
import {
  getRetention,
  listPurges,
  type Purge,
  type PurgeCounts,
  purgeExperiments,
  purgeLoggedModels,
  purgeRuns,
  setRetention,
  viewStorage,
} from "@paydown/api/tracking-upkeep";
import { Database } from "lucide-react";
import { type FormEvent, useState } from "react";
import { Button } from "#kit/controls/button.jsx";
import { Select, TextField } from "#kit/controls/field.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { useAction, useOperation, usePages } from "#kit/data/use-operation.js";
import { When } from "#kit/numbers/figures.jsx";
import { bytes, count, many } from "#kit/numbers/format.js";
import { Fact, Facts, Page, Section } from "#kit/page/page.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { useProject } from "#routes/use-place.js";
import css from "./storage.module.css";

type Storage = Reply<typeof viewStorage>;
type ExperimentRow = Storage["experiments"][number];

/** Where the bytes of runs are, what deleted records still hold, and the way to let them go. */
export function Screen() {
  const project = useProject();
  const question = useOperation(viewStorage, { project, top: 20 });
  const storage = question.data;
  return (
    <Page title="Storage" icon={Database} lede={storage === undefined ? undefined : sentence(storage)}>
      <Loaded question={question} what="What is stored" lines={8}>
        {(data) => (
          <div className={css.stack}>
            <Facts>
              <Fact
                label="artifacts on disk"
                note={`${bytes(data.artifacts.bytes)} as named, ${many(data.artifacts.files, "file")}`}
              >
                {bytes(data.artifacts.stored)}
              </Fact>
              <Fact label="metric points" note={bytes(data.points.bytes)}>
                {count(data.points.rows)}
              </Fact>
              <Fact label="parameters and tags" note={bytes(data.params.bytes + data.tags.bytes)}>
                {count(data.params.rows + data.tags.rows)}
              </Fact>
              <Fact label="traces" note={`${many(data.traces.spans, "span")}, ${bytes(data.traces.bytes)}`}>
                {count(data.traces.traces)}
              </Fact>
              <Fact label="held by deleted records" note={held(data.deleted.now)}>
                {bytes(data.deleted.now.freed)}
              </Fact>
            </Facts>
            <Retention project={project} />
            <LetGo project={project} />
            <Section
              title="Experiments"
              note={
                data.experiments.length < data.experimentsTotal
                  ? `largest ${count(data.experiments.length)} of ${count(data.experimentsTotal)}`
                  : undefined
              }
            >
              <Table
                label="Experiments by size"
                rows={data.experiments}
                columns={experimentColumns(project)}
                rowKey={(row) => row.experimentId}
                rowPath={(row) => paths.experiment(project, row.experimentId)}
              />
            </Section>
            <Purges project={project} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function sentence({ artifacts, deleted, traces, waiting, retention }: Storage): string {
  const kept =
    retention.deletedDays === null
      ? "Deleted records are kept for ever"
      : `Deleted records are purged after ${many(retention.deletedDays, "day")}`;
  const saved = artifacts.bytes - artifacts.stored;
  return [
    saved > 0 ? `Equal files are stored once, which saves ${bytes(saved)}.` : "",
    `${kept}; purging all of them now would free ${bytes(deleted.now.freed)}.`,
    traces.due === undefined
      ? ""
      : `Traces are kept for ${many(traces.keptDays ?? 0, "day")}; ${many(traces.due.traces, "older one")} with ${bytes(traces.due.bytes)} go within a day.`,
    waiting.objects > 0 ? `${bytes(waiting.bytes)} leave the disk within a day.` : "",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function held(of: PurgeCounts): string {
  return `${many(of.runs, "run")}, ${many(of.experiments, "experiment")}, ${many(of.models, "logged model")}`;
}

function experimentColumns(project: string): Column<ExperimentRow>[] {
  return [
    {
      id: "name",
      header: "experiment",
      width: 340,
      head: true,
      cell: (row) => (
        <span className={css.name}>
          <Go to={paths.experiment(project, row.experimentId)}>{row.name}</Go>
          {row.deleted ? <Tag>deleted</Tag> : null}
        </span>
      ),
    },
    { id: "bytes", header: "artifacts", width: 110, align: "right", cell: (row) => bytes(row.bytes) },
    { id: "files", header: "files", width: 100, align: "right", cell: (row) => count(row.files) },
    { id: "points", header: "metric points", width: 130, align: "right", cell: (row) => count(row.points) },
    { id: "runs", header: "runs", width: 90, align: "right", cell: (row) => count(row.runs) },
  ];
}

const origins = {
  default: "nobody set it",
  config: "set by the server's configuration",
  project: "set for this project",
} as const;

function Retention({ project }: { project: string }) {
  const question = useOperation(getRetention, { project });
  const save = useAction(setRetention);
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const days = String(form.get("days")).trim();
    save.mutate({
      project,
      deletedDays: days === "forever" || days === "default" ? days : Number(days),
      reason: String(form.get("reason")),
    });
  }
  return (
    <Section title="Retention" note="how long a deleted record can still be restored">
      <Loaded question={question} what="The retention" lines={2}>
        {(now) => (
          <>
            <p>
              {now.deletedDays === null ? "Kept for ever" : `Purged after ${many(now.deletedDays, "day")}`};{" "}
              {origins[now.from]}
              {now.by === undefined ? "" : ` by ${now.by}`}
              {now.reason === undefined ? "" : `: ${now.reason}`}.
            </p>
            <form className={css.form} onSubmit={submit}>
              <TextField
                label="Days, forever or default"
                name="days"
                required
                pattern="[0-9]{1,5}|forever|default"
                defaultValue={now.deletedDays === null ? "forever" : String(now.deletedDays)}
              />
              <TextField label="Reason, kept" name="reason" required maxLength={1000} />
              <Button type="submit" disabled={save.isPending}>
                Set retention
              </Button>
              <span role="status">
                {save.error === null
                  ? save.isSuccess
                    ? "Set."
                    : ""
                  : `${tell(save.error).message} ${tell(save.error).next}`}
              </span>
            </form>
          </>
        )}
      </Loaded>
    </Section>
  );
}

const kinds = {
  runs: purgeRuns,
  experiments: purgeExperiments,
  models: purgeLoggedModels,
} as const;
type Kind = keyof typeof kinds;

/** Looks first, removes only what was looked at, and only with a reason. */
function LetGo({ project }: { project: string }) {
  const [kind, setKind] = useState<Kind>("runs");
  const me = useOperation(whoAmI, {});
  const look = useAction(kinds[kind], []);
  const go = useAction(kinds[kind]);
  const seen = look.data;
  const admin = me.data?.roles.some((one) => (one.project === project || one.project === "*") && one.role === "admin");
  function forget() {
    look.reset();
    go.reset();
  }
  function preview(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    go.reset();
    look.mutate({ project, olderThanDays: Number(new FormData(event.currentTarget).get("days")) });
  }
  function remove(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (seen === undefined) return;
    go.mutate(
      {
        project,
        olderThanDays: look.variables?.olderThanDays ?? 0,
        confirm: true,
        reason: String(new FormData(event.currentTarget).get("reason")),
      },
      { onSuccess: () => look.reset() },
    );
  }
  const failure = look.error ?? go.error;
  return (
    <Section title="Remove deleted records for good" note="nothing is touched until you confirm">
      {admin === false ? (
        <p className={css.quiet}>Only an admin of the project may do this.</p>
      ) : (
        <>
          <form className={css.form} onSubmit={preview}>
            <Select
              label="What"
              value={kind}
              onChange={(event) => {
                forget();
                setKind(
                  event.target.value === "experiments" || event.target.value === "models" ? event.target.value : "runs",
                );
              }}
            >
              <option value="runs">deleted runs</option>
              <option value="experiments">deleted experiments</option>
              <option value="models">deleted logged models</option>
            </Select>
            <TextField
              label="Deleted at least so many days ago"
              name="days"
              type="number"
              min="0"
              max="36500"
              defaultValue="0"
              onChange={forget}
            />
            <Button type="submit" disabled={look.isPending}>
              See what would go
            </Button>
          </form>
          <div role="status" className={css.answer}>
            {seen === undefined ? null : <PurgeAnswer of={seen} />}
            {go.data === undefined ? null : <PurgeAnswer of={go.data} />}
          </div>
          {seen === undefined || nothing(seen.counts) ? null : (
            <form className={css.form} onSubmit={remove}>
              <TextField label="Reason, kept for good" name="reason" required maxLength={1000} />
              <Button type="submit" kind="danger" disabled={go.isPending}>
                Remove for good
              </Button>
            </form>
          )}
          {failure === null ? null : (
            <p role="alert">
              {tell(failure).message} {tell(failure).next}
            </p>
          )}
        </>
      )}
    </Section>
  );
}

const nothing = (of: PurgeCounts) => of.runs + of.experiments + of.models === 0;

function PurgeAnswer({ of }: { of: Purge }) {
  const { counts } = of;
  const verb = of.state === "preview" ? "would go" : of.state === "running" ? "are going" : "went";
  return (
    <>
      <p>
        {nothing(counts)
          ? "Nothing that is deleted so long is left."
          : `${held(counts)} ${verb}, with ${many(counts.points, "metric point")}, ${many(counts.texts, "parameter or tag", "parameters and tags")} and ${many(counts.files, "file")} (${bytes(counts.bytes)}); ${bytes(counts.freed)} of disk ${of.state === "preview" ? "would be" : "are"} free a day later.`}
      </p>
      {of.refusedTotal === 0 ? null : (
        <>
          <p>{many(of.refusedTotal, "stays", "stay")}, because something needs them:</p>
          <ul>
            {of.refused.slice(0, 20).map((one) => (
              <li key={`${one.kind}:${one.id}`}>
                {one.kind} {one.name}: {one.why}
              </li>
            ))}
          </ul>
          {of.refusedTotal > 20 ? <p className={css.quiet}>first 20 of {count(of.refusedTotal)}</p> : null}
        </>
      )}
    </>
  );
}

const purgeColumns: Column<Purge>[] = [
  { id: "at", header: "when", width: 120, head: true, cell: (row) => <When at={row.at} /> },
  { id: "kind", header: "what", width: 110, cell: (row) => row.kind },
  { id: "state", header: "state", width: 90, cell: (row) => row.state },
  { id: "counts", header: "went", width: 320, cell: (row) => <span title={held(row.counts)}>{held(row.counts)}</span> },
  { id: "bytes", header: "freed", width: 100, align: "right", cell: (row) => bytes(row.counts.freed) },
  { id: "stayed", header: "stayed", width: 80, align: "right", cell: (row) => count(row.refusedTotal) },
  { id: "by", header: "by", width: 120, cell: (row) => `${row.by}, ${row.door}` },
  { id: "reason", header: "why", width: 260, cell: (row) => <span title={row.reason}>{row.reason}</span> },
];

function Purges({ project }: { project: string }) {
  const pages = usePages(listPurges, { project, limit: 100 });
  const rows = pages.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Section title="What was removed for good" note="this list is never purged">
      <Loaded question={{ ...pages, data: pages.data?.pages[0] }} what="The purges" lines={2}>
        {() =>
          rows.length === 0 ? (
            <p className={css.quiet}>Nothing so far.</p>
          ) : (
            <Table
              label="Purges"
              rows={rows}
              columns={purgeColumns}
              rowKey={(row) => row.id ?? String(row.at)}
              more={pages.hasNextPage ? () => void pages.fetchNextPage() : undefined}
              loading={pages.isFetchingNextPage}
            />
          )
        }
      </Loaded>
    </Section>
  );
}
