import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useProject } from "#routes/use-place.js";
import css from "./page.module.css";

interface PageProps {
  /** The page's one h1, and the start of the window's title. */
  readonly title: string;
  /** Shown as h1 where it differs from the window's title. */
  readonly heading?: ReactNode;
  readonly icon?: LucideIcon;
  /** State, owner, id: beside and under the heading. */
  readonly meta?: ReactNode;
  /** One sentence: the answer the reader came for. */
  readonly lede?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** Every page: an answer first, then controls, then rows. */
export function Page({ title, heading, icon: Icon, meta, lede, actions, children }: PageProps) {
  const project = useProject();
  return (
    <div className={css.page}>
      <title>{`${title} - ${project === "" ? "" : `${project} - `}Paydown`}</title>
      <header className={css.head}>
        <div className={css.line}>
          {Icon === undefined ? null : (
            <span className={css.kind}>
              <Icon size={18} aria-hidden />
            </span>
          )}
          <h1>{heading ?? title}</h1>
          {actions === undefined ? null : <div className={css.actions}>{actions}</div>}
        </div>
        {meta === undefined ? null : <div className={css.meta}>{meta}</div>}
        {lede === undefined ? null : <div className={css.lede}>{lede}</div>}
      </header>
      {children}
    </div>
  );
}

interface SectionProps {
  readonly title: string;
  readonly note?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  readonly id?: string;
}

export function Section({ title, note, actions, children, id }: SectionProps) {
  return (
    <section className={css.section} id={id}>
      <header>
        <h2>{title}</h2>
        {note === undefined ? null : <p>{note}</p>}
        {actions}
      </header>
      {children}
    </section>
  );
}

/** Three to five headline numbers. */
export function Facts({ children }: { readonly children: ReactNode }) {
  return <dl className={css.facts}>{children}</dl>;
}

export function Fact({
  label,
  children,
  note,
}: {
  readonly label: string;
  readonly children: ReactNode;
  readonly note?: ReactNode;
}) {
  return (
    <div className={css.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
      {note === undefined ? null : <dd>{note}</dd>}
    </div>
  );
}

/** Main column and a narrow one for neighbours, debt and notices. */
export function Split({ children, aside }: { readonly children: ReactNode; readonly aside: ReactNode }) {
  return (
    <div className={css.split}>
      <div className={css.column}>{children}</div>
      <div className={css.column}>{aside}</div>
    </div>
  );
}

export function Columns({ children }: { readonly children: ReactNode }) {
  return <div className={css.columns}>{children}</div>;
}

export function Pairs({ of }: { readonly of: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={css.pairs}>
      {of.map(([name, value]) => (
        <Pair key={name} name={name} value={value} />
      ))}
    </dl>
  );
}

function Pair({ name, value }: { name: string; value: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

/** Particulars that stay folded until asked for. */
export function Fold({
  title,
  children,
  open,
}: {
  readonly title: string;
  readonly children: ReactNode;
  readonly open?: boolean;
}) {
  return (
    <details className={css.fold} open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
