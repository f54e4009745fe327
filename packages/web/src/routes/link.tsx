import { useRouter } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from "react";
import { useSearchFields } from "./use-place.js";

interface GoProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  readonly to: string;
  readonly children: ReactNode;
}

/** A link to a place of the interface: an ordinary anchor that does not reload the page, warmed up on hover and focus. */
export function Go({ to, onClick, children, ...rest }: GoProps) {
  const router = useRouter();
  const asOf = useSearchFields().asOf;
  const href =
    asOf === undefined || !to.startsWith("/p/") || to.includes("asOf=")
      ? to
      : `${to}${to.includes("?") ? "&" : "?"}asOf=${encodeURIComponent(asOf)}`;
  const warm = () => void router.preloadRoute({ to: to.split("?")[0] ?? to } as never).catch(() => undefined);
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event);
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    if (rest.target !== undefined && rest.target !== "_self") return;
    event.preventDefault();
    router.history.push(href);
  }
  return (
    <a {...rest} href={href} onClick={follow} onMouseEnter={warm} onFocus={warm}>
      {children}
    </a>
  );
}
