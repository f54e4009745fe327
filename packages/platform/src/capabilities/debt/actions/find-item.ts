import type { Reader } from "#base/db/db.js";
import { errors } from "../errors.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";

/** The item of an id or of a prefix that names one; throws DEBT_ITEM_NOT_FOUND or DEBT_ITEM_AMBIGUOUS. */
export async function getItemRow(r: Reader, project: string, item: string): Promise<ItemRow> {
  const exact = await store.findItem(r, project, item);
  if (exact !== undefined) return exact;
  const rows = await store.findByPrefix(r, project, item, 10);
  if (rows.length > 1)
    throw errors.DEBT_ITEM_AMBIGUOUS({ item, project, count: rows.length === 10 ? "at least 10" : rows.length });
  const row = rows[0];
  if (row === undefined) throw errors.DEBT_ITEM_NOT_FOUND({ item, project });
  return row;
}
