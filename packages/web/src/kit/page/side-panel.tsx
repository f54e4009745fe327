import { X } from "lucide-react";
import { createContext, type ReactNode, useContext, useEffect, useRef } from "react";
import { createPortal } from "react-dom";
import { IconButton } from "#kit/controls/button.jsx";
import { useSetSearch } from "#routes/use-place.js";
import css from "./page.module.css";

/** The place beside the main column. The shell gives it; at most one panel is open. */
export const SideSlot = createContext<HTMLElement | null>(null);

/** A preview or a derivation beside the page. It is open because the URL says so; closing it is a step Back can undo. */
export function SidePanel({
  title,
  field,
  children,
}: {
  readonly title: string;
  readonly field: string;
  readonly children: ReactNode;
}) {
  const slot = useContext(SideSlot);
  const set = useSetSearch();
  const panel = useRef<HTMLElement>(null);
  const close = () => set({ [field]: undefined });
  useEffect(() => {
    if (slot === null) return;
    panel.current?.focus({ preventScroll: globalThis.innerWidth >= 900 });
    function closeOnEscape(event: KeyboardEvent) {
      if (event.key === "Escape" && !event.defaultPrevented) set({ [field]: undefined });
    }
    document.addEventListener("keydown", closeOnEscape);
    return () => document.removeEventListener("keydown", closeOnEscape);
  }, [slot, set, field]);
  if (slot === null) return null;
  return createPortal(
    <aside className={css.side} aria-label={title} tabIndex={-1} ref={panel}>
      <header>
        <h2>{title}</h2>
        <IconButton label="Close (Esc)" onClick={close}>
          <X size={16} aria-hidden />
        </IconButton>
      </header>
      {children}
    </aside>,
    slot,
  );
}
