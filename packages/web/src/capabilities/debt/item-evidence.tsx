import { delta, many, measured, span } from "#kit/numbers/format.js";
import { day, stamp } from "#kit/numbers/time.js";
import { Fold, Pairs, Section } from "#kit/page/page.jsx";
import { paydown } from "#kit/states/command.js";
import { CopyText } from "#kit/states/copy-text.jsx";
import { Go } from "#routes/link.jsx";
import { nodePath } from "#routes/paths.js";
import css from "./debt.module.css";
import type { ItemReply } from "./item-reply.js";

/** What was observed, when, by what; each event with the share this item is charged. */
export function Events({ events }: { readonly events: ItemReply["events"] }) {
  if (events.length === 0)
    return <p className={css.quiet}>No event is charged to this item: what it costs is a prior.</p>;
  return (
    <ol className={css.events}>
      {events.map((event) => (
        <li key={event.id} id={event.id}>
          <time dateTime={new Date(event.at).toISOString()} title={stamp(event.at)}>
            {day(event.at)}
          </time>
          <span>{event.what}</span>
          <span>{span(event.hours.low, event.hours.high)} h</span>
          <small title={event.explained ? "The rule explains this event" : "Shared by the avoidable share"}>
            {event.channel.replaceAll("-", " ")}, share {event.phi.toFixed(2)}
            {event.sharedWith > 0 ? `, with ${many(event.sharedWith, "other")}` : ""}
          </small>
        </li>
      ))}
    </ol>
  );
}

export function Evidence({ reply, project }: { readonly reply: ItemReply; readonly project: string }) {
  const json = JSON.stringify(reply.evidence, null, 2);
  const facts = Object.entries(reply.evidence).filter(([, value]) => typeof value !== "object");
  const command = paydown(`item show ${reply.item.id} --json`, project);
  return (
    <div className={css.stack}>
      <Section title="Found" note={`${reply.item.source}, last seen ${day(reply.item.lastSeenAt)}`}>
        <Pairs
          of={[
            [
              "asset",
              <Go
                key="asset"
                to={nodePath(project, reply.item.asset)}
              >{`${reply.item.asset.kind}:${reply.item.asset.id}`}</Go>,
            ],
            ...(reply.item.place === undefined
              ? []
              : [["place", <code key="place">{reply.item.place}</code>] as const]),
            ...facts.map(([name, value]) => [name, String(value)] as const),
          ]}
        />
      </Section>
      <Section title="Events" note={`${reply.events.length} of ${many(reply.eventsTotal, "event")}, dearest first`}>
        <Events events={reply.events} />
      </Section>
      <Fold title="Raw evidence">
        <pre>{json}</pre>
      </Fold>
      <p className={css.quiet}>
        <CopyText text={json} label="Copy as JSON" /> as JSON <CopyText text={command} label="Copy as command" /> as
        command <code>{command}</code>
      </p>
    </div>
  );
}

export function History({ reply }: { readonly reply: ItemReply }) {
  return (
    <Section title="History" note="disputes and revaluations stay visible">
      <ol className={css.events}>
        {reply.history.map((entry) => (
          <li key={`${entry.at} ${entry.kind} ${entry.note}`}>
            <time dateTime={new Date(entry.at).toISOString()} title={stamp(entry.at)}>
              {day(entry.at)}
            </time>
            <span>
              <b>{entry.kind}</b> {entry.note}
            </span>
            <span>{entry.minutes === 0 ? "" : `${delta(entry.minutes / 60)} h`}</span>
            <small>
              principal {measured(entry.principal / 60)} h, by {entry.by}
            </small>
          </li>
        ))}
      </ol>
    </Section>
  );
}
