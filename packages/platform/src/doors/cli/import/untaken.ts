import { join } from "node:path";
import { entriesOf } from "./folder.js";
import type { Problems } from "./problems.js";
import type { Source } from "./source.js";
import { untakenTables } from "./store.sqlite.js";

/** Says what a source holds that has no place here, before anything is moved. */
export async function noteUntaken(source: Source, problems: Problems): Promise<void> {
  const untaken = source.kind === "sqlite" ? untakenTables(source.name.split("#")[0] as string) : [];
  if (source.kind === "file-store") {
    let traces = 0;
    for await (const experiment of source.experiments()) {
      const folder = join(source.name, ...(experiment.deleted ? [".trash"] : []), experiment.id, "traces");
      traces += (await entriesOf(folder, problems)).folders.length;
    }
    if (traces > 0) untaken.push({ what: "traces", rows: traces });
  }
  for (const { what, rows } of untaken) {
    problems.loss(what, `${rows} ${what} are not taken: only their own server reads them.`);
  }
  if (source.kind === "server") {
    problems.note("server", "Traces, and logged models that are deleted, are not shown by a server and are not taken.");
  }
}
