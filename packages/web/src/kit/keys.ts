import { useEffect, useRef } from "react";

const SWITCH = "paydown.keys";

/** Single letters can be switched off (WCAG 2.1.4); Ctrl-K stays. */
export function keysAreOn(): boolean {
  return globalThis.localStorage?.getItem(SWITCH) !== "off";
}

export function switchKeys(on: boolean): void {
  if (on) globalThis.localStorage.removeItem(SWITCH);
  else globalThis.localStorage.setItem(SWITCH, "off");
}

/** True where a letter is text: fields, editors, open menus. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) ||
    target.closest('[role="dialog"],[role="menu"],[role="listbox"]') !== null
  );
}

export type KeyMap = Record<string, (event: KeyboardEvent) => void>;

/** Listens to single keys while the component is on the page. A handler that acts prevents the default. */
export function useKeys(map: KeyMap, on = true): void {
  const current = useRef(map);
  current.current = map;
  useEffect(() => {
    if (!on) return;
    function listen(event: KeyboardEvent) {
      if (
        event.defaultPrevented ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey ||
        isTyping(event.target) ||
        !keysAreOn()
      )
        return;
      const handler = current.current[event.key];
      if (handler === undefined) return;
      if (
        (event.key === " " || event.key === "Enter") &&
        event.target instanceof HTMLElement &&
        event.target.closest("a,button,summary,[role=button]") !== null
      )
        return;
      event.preventDefault();
      handler(event);
    }
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [on]);
}
