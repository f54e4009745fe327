import type { ProfileState } from "@paydown/api/data";
import type { Reader, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { DatasetRow, DataTables, FileRow, SourceRow, VersionRow } from "./tables.js";

const q = queries<DataTables>();

export async function upsertSource(tx: Tx, row: SourceRow): Promise<void> {
  const { project, name, created_at, created_by, ...changed } = row;
  await tx.run(
    q
      .insertInto("data_sources")
      .values(row)
      .onConflict((on) => on.columns(["project", "name"]).doUpdateSet(changed)),
  );
}

export function findSource(r: Reader, project: string, name: string): Promise<SourceRow | undefined> {
  return r.get(q.selectFrom("data_sources").selectAll().where("project", "=", project).where("name", "=", name));
}

export function listSources(r: Reader, project: string, after: string, limit: number): Promise<SourceRow[]> {
  return r.all(
    q
      .selectFrom("data_sources")
      .selectAll()
      .where("project", "=", project)
      .where("name", ">", after)
      .orderBy("name")
      .limit(limit),
  );
}

/** Names of the datasets that say they come from these sources, by source. */
export async function datasetsOfSources(
  r: Reader,
  project: string,
  sources: readonly string[],
): Promise<Map<string, string[]>> {
  const rows =
    sources.length === 0
      ? []
      : await r.all(
          q
            .selectFrom("data_datasets")
            .select(["name", "source"])
            .where("project", "=", project)
            .where("source", "in", [...sources])
            .orderBy("name"),
        );
  const found = new Map<string, string[]>(sources.map((source) => [source, []]));
  for (const { name, source } of rows) if (source !== null) found.get(source)?.push(name);
  return found;
}

/** Answers whether it was inserted; an existing dataset of the name stays as it is. */
export async function insertDataset(tx: Tx, row: DatasetRow): Promise<boolean> {
  return (
    (await tx.run(
      q
        .insertInto("data_datasets")
        .values(row)
        .onConflict((on) => on.doNothing()),
    )) === 1
  );
}

export async function updateDataset(
  tx: Tx,
  project: string,
  name: string,
  changes: Partial<Omit<DatasetRow, "project" | "name">>,
): Promise<void> {
  if (Object.keys(changes).length === 0) return;
  await tx.run(q.updateTable("data_datasets").set(changes).where("project", "=", project).where("name", "=", name));
}

export function findDataset(r: Reader, project: string, name: string): Promise<DatasetRow | undefined> {
  return r.get(q.selectFrom("data_datasets").selectAll().where("project", "=", project).where("name", "=", name));
}

export function listDatasets(
  r: Reader,
  project: string,
  page: { after: string; limit: number; source?: string | undefined; owner?: string | undefined },
): Promise<DatasetRow[]> {
  let query = q
    .selectFrom("data_datasets")
    .selectAll()
    .where("project", "=", project)
    .where("name", ">", page.after)
    .orderBy("name")
    .limit(page.limit);
  if (page.source !== undefined) query = query.where("source", "=", page.source);
  if (page.owner !== undefined) query = query.where("owner", "=", page.owner);
  return r.all(query);
}

/** The latest version of each of these datasets, with how many there are. */
export async function latestVersions(
  r: Reader,
  project: string,
  datasets: readonly string[],
): Promise<Map<string, { latest: VersionRow; versions: number }>> {
  if (datasets.length === 0) return new Map();
  const rows = await r.all<VersionRow & { versions: number }>(
    q
      .selectFrom("data_versions as v")
      .innerJoin(
        q
          .selectFrom("data_versions")
          .select([
            "dataset",
            (eb) => eb.fn.countAll<number>().as("versions"),
            (eb) => eb.fn.max("number").as("newest"),
          ])
          .where("project", "=", project)
          .where("dataset", "in", [...datasets])
          .groupBy("dataset")
          .as("l"),
        (join) => join.onRef("l.dataset", "=", "v.dataset").onRef("l.newest", "=", "v.number"),
      )
      .selectAll("v")
      .select("l.versions")
      .where("v.project", "=", project) as never,
  );
  return new Map(rows.map(({ versions, ...latest }) => [latest.dataset, { latest, versions: Number(versions) }]));
}

export async function insertVersion(tx: Tx, row: Omit<VersionRow, "number">): Promise<void> {
  const last = await tx.get(
    q
      .selectFrom("data_versions")
      .select((eb) => eb.fn.max("number").as("number"))
      .where("project", "=", row.project)
      .where("dataset", "=", row.dataset),
  );
  await tx.run(q.insertInto("data_versions").values({ ...row, number: Number(last?.number ?? 0) + 1 }));
}

const filesAtOnce = 500;

export async function insertFiles(tx: Tx, rows: readonly FileRow[]): Promise<void> {
  for (let at = 0; at < rows.length; at += filesAtOnce) {
    const some = rows.slice(at, at + filesAtOnce);
    await tx.run({
      sql: `insert into data_files (project, dataset, version, path, hash, bytes, rows) values ${some.map(() => "(?, ?, ?, ?, ?, ?, ?)").join(", ")}`,
      parameters: some.flatMap((row) => [
        row.project,
        row.dataset,
        row.version,
        row.path,
        row.hash,
        row.bytes,
        row.rows,
      ]),
    });
  }
}

export function findVersion(
  r: Reader,
  project: string,
  dataset: string,
  version: string,
): Promise<VersionRow | undefined> {
  const query = q.selectFrom("data_versions").selectAll().where("project", "=", project).where("dataset", "=", dataset);
  return r.get(version === "latest" ? query.orderBy("number", "desc").limit(1) : query.where("version", "=", version));
}

/** Newest first, those numbered below `before`. */
export function listVersions(
  r: Reader,
  project: string,
  dataset: string,
  limit: number,
  before?: number,
): Promise<VersionRow[]> {
  let query = q
    .selectFrom("data_versions")
    .selectAll()
    .where("project", "=", project)
    .where("dataset", "=", dataset)
    .orderBy("number", "desc")
    .limit(limit);
  if (before !== undefined) query = query.where("number", "<", before);
  return r.all(query);
}

export function listFiles(
  r: Reader,
  project: string,
  dataset: string,
  version: string,
  page: { after: string; limit: number },
): Promise<FileRow[]> {
  return r.all(
    q
      .selectFrom("data_files")
      .selectAll()
      .where("project", "=", project)
      .where("dataset", "=", dataset)
      .where("version", "=", version)
      .where("path", ">", page.after)
      .orderBy("path")
      .limit(page.limit),
  );
}

/** The version that lends its bins until one is named: the first with rows whose profiling has not failed. */
export async function firstReference(r: Reader, project: string, dataset: string): Promise<string | undefined> {
  const row = await r.get(
    q
      .selectFrom("data_versions")
      .select("version")
      .where("project", "=", project)
      .where("dataset", "=", dataset)
      .where("format", "!=", "files")
      .where("rows", ">", 0)
      .where("profile", "!=", "failed")
      .orderBy("number")
      .limit(1),
  );
  return row?.version;
}

/** Tabular versions whose profile is wanted or was made on another reference than this. */
export function versionsProfiledOtherwise(
  r: Reader,
  project: string,
  dataset: string,
  reference: string,
): Promise<{ version: string }[]> {
  return r.all(
    q
      .selectFrom("data_versions")
      .select("version")
      .where("project", "=", project)
      .where("dataset", "=", dataset)
      .where("profile", "in", ["done", "waiting", "failed"] satisfies ProfileState[])
      .where((eb) => eb.or([eb("profile_reference", "is", null), eb("profile_reference", "!=", reference)])),
  );
}

export async function updateProfileState(
  tx: Tx,
  project: string,
  dataset: string,
  version: string,
  state: Partial<
    Pick<VersionRow, "profile" | "profile_problem" | "profile_hash" | "profile_reference" | "profiled_at">
  >,
): Promise<void> {
  await tx.run(
    q
      .updateTable("data_versions")
      .set(state)
      .where("project", "=", project)
      .where("dataset", "=", dataset)
      .where("version", "=", version),
  );
}

/** Contents that latest versions of different datasets of the project share: how many files and bytes each pair has alike. */
export function listCopies(
  r: Reader,
  project: string,
): Promise<{ one: string; other: string; files: number; bytes: number }[]> {
  return r.all({
    sql: `select a.dataset as one, b.dataset as other, count(*) as files, sum(a.bytes) as bytes
          from (select distinct f.dataset, f.hash, f.bytes from data_files f join data_versions v
                  on v.project = f.project and v.dataset = f.dataset and v.version = f.version
                where f.project = ? and v.number = (select max(n.number) from data_versions n where n.project = v.project and n.dataset = v.dataset)) a
          join (select distinct f.dataset, f.hash from data_files f join data_versions v
                  on v.project = f.project and v.dataset = f.dataset and v.version = f.version
                where f.project = ? and v.number = (select max(n.number) from data_versions n where n.project = v.project and n.dataset = v.dataset)) b
            on a.hash = b.hash and a.dataset < b.dataset
          where a.bytes > 0
          group by a.dataset, b.dataset order by a.dataset, b.dataset`,
    parameters: [project, project],
  });
}

/** Parents named as `<dataset>@<version>` that are not there. */
export async function unknownParents(r: Reader, project: string, parents: readonly string[]): Promise<string[]> {
  const unknown: string[] = [];
  for (const parent of parents) {
    const [dataset = "", version = ""] = parent.split("@");
    const known = /^[0-9a-f]{16}$/.test(version) && (await findVersion(r, project, dataset, version)) !== undefined;
    if (!known) unknown.push(parent);
  }
  return unknown;
}
