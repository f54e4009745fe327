import type { RunView } from "@paydown/api/tracking";
import type { RunViewRow } from "../tables.js";

export function toRunView(row: RunViewRow): RunView {
  return {
    viewId: row.view_id,
    name: row.name,
    state: JSON.parse(row.state) as Record<string, string>,
    isDefault: row.is_default === 1,
    savedAt: row.saved_at,
    savedBy: row.saved_by,
  };
}
