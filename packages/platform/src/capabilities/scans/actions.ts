import * as api from "@paydown/api/scans";
import type { Ctx } from "#base/context.js";
import { errors } from "./errors.js";
import { compare, countByRule, repositoryOf } from "./model.js";
import * as store from "./store.js";
import type { FindingRow, ScanRow } from "./tables.js";
import { toScan } from "./views.js";

interface IngestInput {
  readonly project: string;
  readonly report: api.ScanReport;
  readonly repository?: string | undefined;
  readonly commit?: string | undefined;
  readonly branch?: string | undefined;
}

const day = 86_400_000;
const unseenShown = 1_000;

/**
 * Takes a report in: the whole of it as a stored object, its findings by fingerprint. Sending the same report again
 * answers the scan it made; an older one than is known is refused. Throws SCANS_REPORT_OLD, SCANS_REPORT_AHEAD.
 */
export async function ingestScan(ctx: Ctx, input: IngestInput): Promise<api.Scan> {
  const { project, report } = input;
  const now = ctx.clock.now();
  const repository = input.repository ?? repositoryOf(report.root);
  const scannedAt = Date.parse(report.scannedAt);
  if (!Number.isFinite(scannedAt) || scannedAt > now + day)
    throw errors.SCANS_REPORT_AHEAD({ scannedAt: report.scannedAt });
  const blob = await ctx.blobs.put(Buffer.from(JSON.stringify(report)));
  return ctx.db.write(async (tx) => {
    const newest = await store.newestScan(tx, project, repository);
    if (newest !== undefined && newest.report === blob.hash) return toScan(newest);
    if (newest !== undefined && newest.scanned_at > scannedAt) {
      throw errors.SCANS_REPORT_OLD({
        repository,
        newest: new Date(newest.scanned_at).toISOString(),
        scannedAt: report.scannedAt,
      });
    }
    const known = await store.knownFindings(tx, project, repository);
    const comparison = compare(
      report,
      known.map((one) => ({ ...one, present: one.gone_at === null })),
    );
    const id = ctx.ids.ulid();
    for (const finding of comparison.present.values()) {
      await store.upsertFinding(
        tx,
        toRow(finding, { project, repository, scan: id, at: scannedAt, isNew: newest !== undefined }),
      );
    }
    for (const fingerprint of comparison.gone)
      await store.markFinding(tx, project, repository, fingerprint, { gone_at: scannedAt, hidden: 0 });
    for (const fingerprint of comparison.hidden)
      await store.markFinding(tx, project, repository, fingerprint, { gone_at: null, hidden: 1 });
    const row: ScanRow = {
      project,
      id,
      repository,
      scanned_at: scannedAt,
      ingested_at: now,
      commit_id: input.commit ?? null,
      branch: input.branch ?? null,
      tool_version: report.tool.version,
      profile: report.profile,
      findings: comparison.present.size,
      added: comparison.added.length,
      gone: comparison.gone.length,
      hidden: comparison.hidden.length,
      suppressed: report.suppressed.length,
      unseen: report.unseen.length,
      report: blob.hash,
      by_rule: JSON.stringify(countByRule(comparison.present.values())),
      facts: JSON.stringify({
        inventory: report.inventory,
        history: report.history,
        counted: report.counted,
        unseen: report.unseen.slice(0, unseenShown),
      }),
      latest: 1,
    };
    await store.insertScan(tx, row);
    await tx.emit(api.ScanIngested, project, {
      scan: id,
      repository,
      ...(input.commit === undefined ? {} : { commit: input.commit }),
      scannedAt,
      findings: row.findings,
      added: row.added,
      gone: row.gone,
    });
    return toScan(row);
  });
}

function toRow(
  finding: api.ScanFinding,
  seen: { project: string; repository: string; scan: string; at: number; isNew: boolean },
): FindingRow {
  return {
    project: seen.project,
    repository: seen.repository,
    fingerprint: finding.fingerprint,
    rule: finding.rule,
    slug: finding.slug,
    path: finding.path,
    line: finding.line,
    cell: finding.cell ?? null,
    confidence: finding.confidence,
    message: finding.message,
    evidence: JSON.stringify(finding.evidence),
    scope: finding.scope,
    principal: JSON.stringify(finding.principal),
    principal_p50: finding.principal.p50,
    interest: finding.interest === null ? null : JSON.stringify(finding.interest),
    interest_unknown: finding.interestUnknown ?? null,
    measured: finding.interest?.measured ?? null,
    first_seen_at: seen.at,
    last_seen_at: seen.at,
    first_scan: seen.scan,
    last_scan: seen.scan,
    gone_at: null,
    hidden: 0,
    is_new: seen.isNew ? 1 : 0,
  };
}
