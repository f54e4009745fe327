import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Go } from "#routes/link.jsx";
import css from "./controls.module.css";

type Kind = "plain" | "primary" | "quiet" | "danger";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: Kind;
}

export function Button({ kind = "plain", className, ...rest }: ButtonProps) {
  return <button type="button" {...rest} className={classes(kind, className)} />;
}

/** A button without words needs a name. */
export function IconButton({
  label,
  children,
  className,
  kind = "quiet",
  ...rest
}: ButtonProps & { readonly label: string }) {
  return (
    <button
      type="button"
      title={label}
      {...rest}
      aria-label={label}
      className={`${classes(kind, className)} ${css.icon}`}
    >
      {children}
    </button>
  );
}

export function ButtonLink({
  to,
  kind = "plain",
  children,
  ...rest
}: {
  readonly to: string;
  readonly kind?: Kind;
  readonly children: ReactNode;
  readonly "aria-current"?: "true";
}) {
  return (
    <Go to={to} {...rest} className={classes(kind)}>
      {children}
    </Go>
  );
}

export function ButtonGroup({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <fieldset className={css.group} aria-label={label}>
      {children}
    </fieldset>
  );
}

function classes(kind: Kind, more?: string): string {
  return [css.button, kind === "plain" ? "" : css[kind], more].filter(Boolean).join(" ");
}
