import { dataErrors } from "../errors.js";

/** Cursors carry the last key of a page, unreadable on purpose: nobody should build one. */
function toCursor(key: string): string {
  return Buffer.from(key).toString("base64url");
}

export function fromCursor(cursor: string | undefined): string {
  return cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString("utf8");
}

export function numberFromCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const number = Number(fromCursor(cursor));
  if (!Number.isSafeInteger(number)) throw dataErrors.DATA_CURSOR_INVALID();
  return number;
}

/** Cuts a list that was asked for one item more than the page holds. */
export function toPage<T>(
  items: readonly T[],
  limit: number,
  key: (item: T) => string,
): { items: T[]; cursor?: string } {
  const last = items[limit - 1];
  const page = items.slice(0, limit);
  return items.length > limit && last !== undefined ? { items: page, cursor: toCursor(key(last)) } : { items: page };
}

export const pageSize = 100;
