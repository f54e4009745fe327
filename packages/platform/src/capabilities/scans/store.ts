import type { Reader, Statement, Tx } from "#base/db/db.js";
import { queries } from "#base/db/queries.js";
import type { FindingRow, ScanRow, ScansTables } from "./tables.js";

const q = queries<ScansTables>();

export async function insertScan(tx: Tx, row: ScanRow): Promise<void> {
  await tx.run({
    sql: "update scans_scans set latest = 0 where project = ? and repository = ? and latest = 1",
    parameters: [row.project, row.repository],
  });
  await tx.run(q.insertInto("scans_scans").values(row));
}

export function findScan(r: Reader, project: string, id: string): Promise<ScanRow | undefined> {
  return r.get<ScanRow>(q.selectFrom("scans_scans").selectAll().where("project", "=", project).where("id", "=", id));
}

/** The newest scan of a repository, or of any when none is named. */
export function newestScan(r: Reader, project: string, repository?: string): Promise<ScanRow | undefined> {
  let query = q.selectFrom("scans_scans").selectAll().where("project", "=", project);
  if (repository !== undefined) query = query.where("repository", "=", repository);
  return r.get<ScanRow>(query.orderBy("scanned_at", "desc").orderBy("id", "desc").limit(1));
}

/** The newest scan of every repository. */
export function latestScans(r: Reader, project: string): Promise<ScanRow[]> {
  return r.all<ScanRow>(
    q
      .selectFrom("scans_scans")
      .selectAll()
      .where("project", "=", project)
      .where("latest", "=", 1)
      .orderBy("repository"),
  );
}

export function knownFindings(
  r: Reader,
  project: string,
  repository: string,
): Promise<Pick<FindingRow, "fingerprint" | "path" | "rule" | "gone_at">[]> {
  return r.all(
    q
      .selectFrom("scans_findings")
      .select(["fingerprint", "path", "rule", "gone_at"])
      .where("project", "=", project)
      .where("repository", "=", repository),
  );
}

export function presentFindings(r: Reader, project: string, repository: string): Promise<FindingRow[]> {
  return r.all<FindingRow>(
    q
      .selectFrom("scans_findings")
      .selectAll()
      .where("project", "=", project)
      .where("repository", "=", repository)
      .where("gone_at", "is", null),
  );
}

const upsert = `insert into scans_findings (project, repository, fingerprint, rule, slug, path, line, cell, confidence, message,
  evidence, scope, principal, principal_p50, interest, interest_unknown, measured, first_seen_at, last_seen_at, first_scan,
  last_scan, gone_at, hidden, is_new) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (project, repository, fingerprint) do update set rule = excluded.rule, slug = excluded.slug,
  path = excluded.path, line = excluded.line, cell = excluded.cell, confidence = excluded.confidence,
  message = excluded.message, evidence = excluded.evidence, scope = excluded.scope, principal = excluded.principal,
  principal_p50 = excluded.principal_p50, interest = excluded.interest, interest_unknown = excluded.interest_unknown,
  measured = excluded.measured, last_seen_at = excluded.last_seen_at, last_scan = excluded.last_scan, gone_at = null, hidden = 0`;

/** A finding seen again keeps its first sight. */
export function upsertFinding(tx: Tx, row: FindingRow): Promise<number> {
  const statement: Statement = {
    sql: upsert,
    parameters: [
      row.project,
      row.repository,
      row.fingerprint,
      row.rule,
      row.slug,
      row.path,
      row.line,
      row.cell,
      row.confidence,
      row.message,
      row.evidence,
      row.scope,
      row.principal,
      row.principal_p50,
      row.interest,
      row.interest_unknown,
      row.measured,
      row.first_seen_at,
      row.last_seen_at,
      row.first_scan,
      row.last_scan,
      row.gone_at,
      row.hidden,
      row.is_new,
    ],
  };
  return tx.run(statement);
}

export function markFinding(
  tx: Tx,
  project: string,
  repository: string,
  fingerprint: string,
  change: { readonly gone_at: number | null; readonly hidden: number },
): Promise<number> {
  return tx.run({
    sql: "update scans_findings set gone_at = ?, hidden = ? where project = ? and repository = ? and fingerprint = ?",
    parameters: [change.gone_at, change.hidden, project, repository, fingerprint],
  });
}
