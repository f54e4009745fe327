import { acknowledgeIncident, closeIncident, getIncident, type IncidentMember } from "@paydown/api/monitoring";
import type { Reply } from "@paydown/api/operation";
import { Siren } from "lucide-react";
import type { FormEvent } from "react";
import { Button } from "#kit/controls/button.jsx";
import { CopyId } from "#kit/controls/copy.jsx";
import { Select, TextField } from "#kit/controls/field.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { useAction, useOperation } from "#kit/data/use-operation.js";
import { count, delta, duration, many, span } from "#kit/numbers/format.js";
import { stamp } from "#kit/numbers/time.js";
import { Fact, Facts, Fold, Page, Section, Split } from "#kit/page/page.jsx";
import { CopyText } from "#kit/states/copy-text.jsx";
import { tell } from "#kit/states/failure.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import type { Column } from "#kit/table/columns.js";
import { Table } from "#kit/table/table.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject } from "#routes/use-place.js";
import css from "./monitoring.module.css";

type IncidentReply = Reply<typeof getIncident>;

/** Cause, first effect, detection, page, fix; how long each took, and what it cost. */
export function Screen() {
  const project = useProject();
  const id = usePathPart("incident");
  const question = useOperation(getIncident, { project, incident: id });
  const incident = question.data?.incident;
  return (
    <Page
      title={incident?.title ?? "Incident"}
      icon={Siren}
      meta={
        incident === undefined ? undefined : (
          <>
            <span>{incident.state}</span>
            {incident.outcome === undefined ? null : <Tag>{incident.outcome.replaceAll("-", " ")}</Tag>}
            <Go to={paths.monitor(project, incident.monitor)}>monitor {incident.monitor}</Go>
            <Go to={paths.deployment(project, incident.deployment)}>deployment {incident.deployment}</Go>
            <CopyId id={incident.id} label="incident" />
          </>
        )
      }
    >
      <Loaded question={question} what="The incident" lines={10}>
        {(data) => (
          <div className={css.stack}>
            <Facts>
              <Fact label="Detection lag" note="from first effect to alarm">
                {duration(data.incident.detectionLagHours * 3_600_000)}
              </Fact>
              <Fact label="Worst effect" note={data.incident.worstSignal}>
                {delta(data.incident.worstEffect)}
              </Fact>
              <Fact label="Signals">{count(data.incident.signals)}</Fact>
              <Fact label="Cost so far" note="working hours">
                {data.incident.hours === undefined ? (
                  <Unknown remedy="say it on closing" />
                ) : (
                  span(data.incident.hours.p10, data.incident.hours.p90)
                )}
              </Fact>
            </Facts>
            <Split aside={<Acts data={data} project={project} />}>
              <Section title="What happened">
                <ol className={css.timeline}>
                  {data.timeline.map((entry) => (
                    <li key={`${entry.at} ${entry.what}`}>
                      <small>{stamp(entry.at)}</small>
                      <b>{entry.what.replaceAll("-", " ")}</b>
                      <span>{entry.note}</span>
                    </li>
                  ))}
                </ol>
              </Section>
              <Section title="Grouped alarms" note={many(data.members.length, "signal")}>
                <Table
                  label="Members"
                  rows={data.members}
                  columns={MEMBERS}
                  rowKey={(row) => row.signal}
                  rowPath={(row) =>
                    `${paths.monitor(project, data.incident.monitor)}?signal=${encodeURIComponent(row.signal)}`
                  }
                />
              </Section>
              <Section
                title="What it reaches"
                actions={<Go to={`${paths.lineage(project, data.asset)}&impact=yes`}>blast radius in the graph</Go>}
              >
                <p className={css.quiet}>
                  {data.asset.kind} {data.asset.id}
                </p>
              </Section>
              <Fold title="Post-mortem skeleton">
                <p>
                  <CopyText text={data.postMortem} />
                </p>
                <pre>{data.postMortem}</pre>
              </Fold>
            </Split>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

const MEMBERS: Column<IncidentMember>[] = [
  { id: "subject", header: "signal", width: 180, head: true, cell: (row) => row.subject },
  { id: "kind", header: "kind", width: 100, cell: (row) => row.kind },
  { id: "effect", header: "first effect", width: 180, cell: (row) => stamp(row.firstEffectAt) },
  { id: "alarm", header: "first alarm", width: 180, cell: (row) => stamp(row.firstAlarmAt) },
  { id: "windows", header: "windows", width: 80, align: "right", cell: (row) => count(row.windows) },
  { id: "worst", header: "worst", width: 90, align: "right", cell: (row) => delta(row.worstEffect) },
];

function Acts({ data, project }: { data: IncidentReply; project: string }) {
  const acknowledge = useAction(acknowledgeIncident);
  const close = useAction(closeIncident);
  const { incident } = data;
  if (incident.state === "closed") {
    return (
      <Section title="Closed">
        <p>
          {incident.outcome?.replaceAll("-", " ")}
          {incident.cause === undefined ? "" : `: ${incident.cause}`}
        </p>
        <p className={css.quiet}>
          {incident.closedAt === undefined ? "" : stamp(incident.closedAt)} {incident.closedBy}
        </p>
      </Section>
    );
  }
  function acknowledgeNow(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const until = Date.parse(String(form.get("until")));
    acknowledge.mutate({
      project,
      incident: incident.id,
      note: String(form.get("note")),
      ...(Number.isNaN(until) ? {} : { snoozeUntil: until }),
    });
  }
  function closeNow(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const outcome = String(form.get("outcome"));
    const hours = Number(form.get("hours"));
    close.mutate({
      project,
      incident: incident.id,
      outcome: outcome === "real" || outcome === "expected-change" ? outcome : "false-alarm",
      cause: String(form.get("cause")),
      ...(hours > 0 ? { hours } : {}),
    });
  }
  const error = acknowledge.error ?? close.error;
  return (
    <>
      {incident.state === "open" ? (
        <Section title="Acknowledge">
          <form className={css.form} onSubmit={acknowledgeNow}>
            <TextField label="Note" name="note" />
            <TextField label="Snooze until" name="until" type="datetime-local" hint="A snooze needs an end" />
            <div>
              <Button type="submit" kind="primary">
                Acknowledge
              </Button>
            </div>
          </form>
        </Section>
      ) : null}
      <Section title="Close">
        <form className={css.form} onSubmit={closeNow}>
          <Select label="It was" name="outcome">
            <option value="real">real</option>
            <option value="false-alarm">a false alarm</option>
            <option value="expected-change">an expected change</option>
          </Select>
          <TextField label="Cause" name="cause" />
          <TextField label="Hours it cost" name="hours" type="number" min="0" step="any" />
          <div>
            <Button type="submit">Close incident</Button>
          </div>
        </form>
      </Section>
      <p role="status">{error === null ? "" : tell(error).message}</p>
    </>
  );
}
