import type { InputHTMLAttributes, ReactNode, SelectHTMLAttributes, TextareaHTMLAttributes } from "react";
import css from "./controls.module.css";

interface Labelled {
  readonly label: string;
  readonly hint?: string;
  /** The label is said, not shown. */
  readonly bare?: boolean;
}

export function TextField({ label, hint, bare, ...rest }: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  if (bare === true) return <input {...rest} aria-label={label} className={css.input} />;
  return (
    <label className={css.field}>
      <span>{label}</span>
      <input {...rest} className={css.input} />
      {hint === undefined ? null : <small>{hint}</small>}
    </label>
  );
}

export function TextArea({
  label,
  hint,
  ...rest
}: Omit<Labelled, "bare"> & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <label className={css.field}>
      <span>{label}</span>
      <textarea {...rest} className={css.input} />
      {hint === undefined ? null : <small>{hint}</small>}
    </label>
  );
}

export function Select({
  label,
  bare,
  children,
  ...rest
}: Labelled & SelectHTMLAttributes<HTMLSelectElement> & { readonly children: ReactNode }) {
  const field = (
    <select {...rest} aria-label={bare === true ? label : undefined} className={`${css.input} ${css.select}`}>
      {children}
    </select>
  );
  if (bare === true) return field;
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the select made above
    <label className={css.field}>
      <span>{label}</span>
      {field}
    </label>
  );
}
