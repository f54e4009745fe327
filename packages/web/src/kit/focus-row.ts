/**
 * Gives the focus to a row of a virtual list: at once where the row is drawn, so that the next key finds it, and a frame
 * later where scrolling has yet to draw it.
 */
export function focusRow(box: ParentNode | null, selector: string): void {
  const row = box?.querySelector<HTMLElement>(selector);
  if (row instanceof HTMLElement) row.focus();
  else requestAnimationFrame(() => box?.querySelector<HTMLElement>(selector)?.focus());
}
