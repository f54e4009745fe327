import type { Statement } from "@paydown/api/debt";
import { Derivation, type DerivationLine } from "#kit/derivation/derivation.jsx";
import { many, measured } from "#kit/numbers/format.js";
import { RangeText } from "#kit/ranges/range-cell.jsx";
import { paths } from "#routes/paths.js";
import { useField } from "#routes/use-place.js";

/** How the headline numbers of a statement came about; each line leads on to its items and their events. */
export function StatementWhy({ statement, project }: { readonly statement: Statement; readonly project: string }) {
  const [why] = useField("why");
  const items = (pick: (line: Statement["dearest"][number]) => DerivationLine["value"]) =>
    statement.dearest.map((line) => ({
      id: line.id,
      label: line.message,
      value: pick(line),
      to: `${paths.item(project, line.id)}?tab=evidence`,
    }));
  const hidden = statement.notSeen.map((source) => ({ id: source.source, label: source.what, note: source.remedy }));
  if (why === "interest" && statement.interest !== null) {
    return (
      <Derivation
        id="interest"
        title="Interest of the month"
        answer={
          <>
            <RangeText of={statement.interest} unit="h a week" /> from {many(statement.events, "event")}.
          </>
        }
        formula="For every channel and asset: hours that really happened, times the share charged to open items. The shares of one asset never exceed what was measured on it."
        inputs={statement.channels.map((channel) => ({
          id: channel.channel,
          label: channel.channel.replaceAll("-", " "),
          value: <RangeText of={channel.attributed} unit="h/wk" />,
          note: `${many(channel.events, "event")}; measured ${measured(channel.measured.p50)} h/wk, the rest is not attributed`,
          to: paths.ledger(project, `channel:${channel.channel}`),
          share:
            channel.attributed.p50 /
            Math.max(
              1e-9,
              statement.channels.reduce((sum, one) => sum + one.attributed.p50, 0),
            ),
        }))}
        eventsTitle="dearest items; each opens on its events"
        events={items((line) => (line.interest === null ? "unknown" : <RangeText of={line.interest} />))}
        excluded={hidden}
      />
    );
  }
  if (why === "dsr" && statement.dsr !== null) {
    return (
      <Derivation
        id="dsr"
        title="Debt service"
        answer={
          <>
            Interest charged to items, divided by{" "}
            {statement.capacity === null ? "capacity" : `${statement.capacity} working hours a week`}.
          </>
        }
        formula="DSR = interest / capacity. Benchmark lines count all time lost, so they are compared with measured rework, not with this."
        inputs={[
          ...(statement.interest === null
            ? []
            : [{ id: "interest", label: "interest, h a week", value: <RangeText of={statement.interest} /> }]),
          ...(statement.measured === null
            ? []
            : [{ id: "measured", label: "measured rework, h a week", value: <RangeText of={statement.measured} /> }]),
        ]}
        events={items((line) => (line.interest === null ? "unknown" : <RangeText of={line.interest} />))}
        eventsTitle="dearest items"
        excluded={hidden}
      />
    );
  }
  if (why === "risk") {
    return (
      <Derivation
        id="risk"
        title="Risk interest"
        answer={
          <>
            <RangeText of={statement.riskInterest} unit="h a week" />, for debt that may cost without having cost yet.
          </>
        }
        formula="Chance a week, from a declared base rate and the quiet weeks since, times the loss if it happens. It is never added to measured interest."
        excluded={hidden}
      />
    );
  }
  if (why === "principal") {
    return (
      <Derivation
        id="principal"
        title="Principal"
        answer={
          <>
            <RangeText of={statement.principalHours} unit="h" /> to repay {many(statement.openItems, "open item")}.
          </>
        }
        formula="The hours each repayment is expected to take: a prior of its rule, moved by the size and complexity of the asset and by repayments observed so far; summed with their uncertainty."
        events={items((line) => <RangeText of={line.principal} unit="h" />)}
        eventsTitle="dearest items"
      />
    );
  }
  return null;
}
