import type { ReactNode } from "react";
import { SidePanel } from "#kit/page/side-panel.jsx";
import { Go } from "#routes/link.jsx";
import { useField } from "#routes/use-place.js";
import css from "./derivation.module.css";

/** One line of a derivation: an input, an event, or something left out. */
export interface DerivationLine {
  readonly id: string;
  readonly label: ReactNode;
  readonly value?: ReactNode;
  readonly note?: ReactNode;
  /** Where the evidence is. */
  readonly to?: string | undefined;
  /** 0 to 1: how much of the figure this line carries. */
  readonly share?: number | undefined;
}

export interface DerivationProps {
  /** The `?why=` value that opens it. */
  readonly id: string;
  readonly title: string;
  readonly answer: ReactNode;
  /** The formula, in words. */
  readonly formula: ReactNode;
  readonly inputs?: readonly DerivationLine[];
  readonly events?: readonly DerivationLine[];
  readonly eventsTitle?: string;
  readonly excluded?: readonly DerivationLine[];
  readonly children?: ReactNode;
}

/** How a number came about: one component for prices, scores and alarms. */
export function Derivation(props: DerivationProps) {
  return (
    <SidePanel title={props.title} field="why">
      <p>{props.answer}</p>
      <p className={css.formula}>{props.formula}</p>
      <Lines title="from" lines={props.inputs} />
      <Lines title={props.eventsTitle ?? "events, by their share"} lines={props.events} />
      <Lines title="left out" lines={props.excluded} />
      {props.children}
    </SidePanel>
  );
}

function Lines({ title, lines }: { title: string; lines: readonly DerivationLine[] | undefined }) {
  if (lines === undefined || lines.length === 0) return null;
  return (
    <section className={css.block}>
      <h3>{title}</h3>
      <ul className={css.list}>
        {lines.map((line) => (
          <li key={line.id}>
            <span>{line.to === undefined ? line.label : <Go to={line.to}>{line.label}</Go>}</span>
            <span>{line.value}</span>
            {line.note === undefined ? null : <small>{line.note}</small>}
            {line.share === undefined ? null : (
              <i className={css.share} style={{ width: `${Math.max(1, line.share * 100)}%` }} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A number that opens its derivation. */
export function Why({ of, children }: { readonly of: string; readonly children: ReactNode }) {
  const [open, setOpen] = useField("why");
  return (
    <button
      type="button"
      className={css.why}
      aria-expanded={open === of}
      title="How this number came about"
      onClick={() => setOpen(open === of ? undefined : of)}
    >
      {children}
    </button>
  );
}
