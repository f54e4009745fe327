import { explainPrice } from "@paydown/api/debt";
import { useOperation } from "#kit/data/use-operation.js";
import { Derivation } from "#kit/derivation/derivation.jsx";
import { measured, span } from "#kit/numbers/format.js";
import { day } from "#kit/numbers/time.js";
import { SidePanel } from "#kit/page/side-panel.jsx";
import { RangeText } from "#kit/ranges/range-cell.jsx";
import type { Spread } from "#kit/ranges/scale.js";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { useField } from "#routes/use-place.js";
import css from "./debt.module.css";

const KINDS = ["principal", "interest", "risk", "rate", "delay", "reach"] as const;
type Kind = (typeof KINDS)[number];

/** The derivation of one of an item's numbers, as the server computed it. */
export function ItemWhy({ project, item }: { readonly project: string; readonly item: string }) {
  const [why] = useField("why");
  const kind = KINDS.find((one) => one === why);
  return kind === undefined ? null : <Explained project={project} item={item} why={kind} />;
}

function Explained({ project, item, why }: { project: string; item: string; why: Kind }) {
  const question = useOperation(explainPrice, { project, item, why });
  if (question.data === undefined) {
    return (
      <SidePanel title={why} field="why">
        <Loaded question={question} what="The derivation">
          {() => null}
        </Loaded>
      </SidePanel>
    );
  }
  const told = question.data;
  return (
    <Derivation
      id={why}
      title={`${why.charAt(0).toUpperCase()}${why.slice(1)}`}
      answer={told.result === null ? <Unknown /> : <RangeText of={told.result} unit={told.unit} />}
      formula={told.formula}
      inputs={told.inputs.map((input) => ({
        id: input.name,
        label: input.name,
        value: <Value of={input.value} unit={input.unit} />,
        note: input.from,
      }))}
      events={told.events.map((event) => ({
        id: event.id,
        label: event.what,
        value: `${span(event.hours.low, event.hours.high)} h`,
        note: `${day(event.at)}, ${event.channel.replaceAll("-", " ")}`,
        share: event.phi,
      }))}
      excluded={told.excluded.map((one) => ({ id: one.what, label: one.what, note: one.why }))}
    >
      <p className={css.quiet}>
        {told.draws} draws, seed {told.seed}
      </p>
    </Derivation>
  );
}

function Value({ of, unit }: { of: Spread | number | string | null; unit: string }) {
  if (of === null) return <Unknown />;
  if (typeof of === "string") return <>{of}</>;
  if (typeof of === "number") return <>{`${measured(of)} ${unit}`.trim()}</>;
  return <RangeText of={of} unit={unit} />;
}
