import type { Input, Reply } from "@paydown/api/operation";
import type * as api from "@paydown/api/scans";
import type { Ctx } from "#base/context.js";
import type { Reader } from "#base/db/db.js";
import { placeholders } from "#base/db/rows.js";
import { errors } from "./errors.js";
import * as store from "./store.js";
import type { FindingRow, ScanRow } from "./tables.js";

const defaultLimit = 100;

export function toScan(row: ScanRow): api.Scan {
  return {
    id: row.id,
    repository: row.repository,
    scannedAt: Number(row.scanned_at),
    ingestedAt: Number(row.ingested_at),
    ...(row.commit_id === null ? {} : { commit: row.commit_id }),
    ...(row.branch === null ? {} : { branch: row.branch }),
    toolVersion: row.tool_version,
    profile: row.profile,
    findings: row.findings,
    added: row.added,
    gone: row.gone,
    hidden: row.hidden,
    suppressed: row.suppressed,
    unseen: row.unseen,
    report: row.report,
    byRule: JSON.parse(row.by_rule),
  };
}

function toFinding(row: FindingRow): api.StoredFinding {
  return {
    fingerprint: row.fingerprint,
    repository: row.repository,
    rule: row.rule,
    slug: row.slug,
    path: row.path,
    line: row.line,
    ...(row.cell === null ? {} : { cell: row.cell }),
    confidence: row.confidence as api.StoredFinding["confidence"],
    message: row.message,
    evidence: JSON.parse(row.evidence),
    principal: JSON.parse(row.principal),
    interest: row.interest === null ? null : JSON.parse(row.interest),
    ...(row.interest_unknown === null ? {} : { interestUnknown: row.interest_unknown }),
    scope: row.scope,
    firstSeenAt: Number(row.first_seen_at),
    lastSeenAt: Number(row.last_seen_at),
    ...(row.gone_at === null ? {} : { goneAt: Number(row.gone_at) }),
    isNew: row.is_new === 1,
  };
}

/** Scans, newest first. */
export async function viewScans(ctx: Ctx, input: Input<typeof api.listScans>): Promise<Reply<typeof api.listScans>> {
  const limit = input.limit ?? defaultLimit;
  const after = input.cursor === undefined ? undefined : readCursor(input.cursor, ["number", "string"]);
  const filter = `project = ?${input.repository === undefined ? "" : " and repository = ?"}`;
  const parameters = [input.project, ...(input.repository === undefined ? [] : [input.repository])];
  return ctx.db.read(async (r) => {
    const rows = await r.all<ScanRow>({
      sql: `select * from scans_scans where ${filter}${after === undefined ? "" : " and (scanned_at < ? or (scanned_at = ? and id < ?))"}
        order by scanned_at desc, id desc limit ${limit + 1}`,
      parameters: [...parameters, ...(after === undefined ? [] : [after[0], after[0], after[1]])],
    });
    const total = await r.get<{ n: number }>({
      sql: `select count(*) as n from scans_scans where ${filter}`,
      parameters,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(toScan),
      ...(rows.length > limit && last !== undefined ? { cursor: writeCursor([Number(last.scanned_at), last.id]) } : {}),
      total: Number(total?.n ?? 0),
    };
  });
}

/** One scan with inventory, history and what it could not look at. */
export async function viewScan(ctx: Ctx, input: Input<typeof api.getScan>): Promise<Reply<typeof api.getScan>> {
  const row = await ctx.db.read((r) =>
    input.scan === "latest" ? store.newestScan(r, input.project) : store.findScan(r, input.project, input.scan),
  );
  if (row === undefined) throw errors.SCANS_SCAN_NOT_FOUND({ project: input.project, scan: input.scan });
  return { scan: toScan(row), ...JSON.parse(row.facts) };
}

/** Findings across scans; those on the files that cost most for the least work first. */
export async function viewFindings(
  ctx: Ctx,
  input: Input<typeof api.listFindings>,
): Promise<Reply<typeof api.listFindings>> {
  const limit = input.limit ?? defaultLimit;
  const conditions = ["project = ?"];
  const parameters: unknown[] = [input.project];
  const add = (sql: string, ...values: unknown[]) => {
    conditions.push(sql);
    parameters.push(...values);
  };
  const state = input.state ?? "present";
  if (state === "present") add("gone_at is null");
  if (state === "gone") add("gone_at is not null");
  if (input.repository !== undefined) add("repository = ?", input.repository);
  if (input.rule !== undefined) add("(rule = ? or slug = ?)", input.rule.toUpperCase(), input.rule);
  if (input.scan !== undefined) add("first_scan = ?", input.scan);
  if (input.path !== undefined) {
    if (input.path.endsWith("/"))
      add("path like ? escape '\\'", `${input.path.replace(/[\\%_]/g, (one) => `\\${one}`)}%`);
    else add("path = ?", input.path);
  }
  const rate = "coalesce(measured, 0) / case when principal_p50 > 0.001 then principal_p50 else 0.001 end";
  const after = input.cursor === undefined ? undefined : readCursor(input.cursor, ["number", "string", "string"]);
  return ctx.db.read(async (r) => {
    const filter = conditions.join(" and ");
    const rows = await r.all<FindingRow & { rate: number }>({
      sql: `select *, ${rate} as rate from scans_findings where ${filter}${
        after === undefined
          ? ""
          : ` and (${rate} < ? or (${rate} = ? and (repository > ? or (repository = ? and fingerprint > ?))))`
      } order by ${rate} desc, repository, fingerprint limit ${limit + 1}`,
      parameters: [...parameters, ...(after === undefined ? [] : [after[0], after[0], after[1], after[1], after[2]])],
    });
    const total = await r.get<{ n: number }>({
      sql: `select count(*) as n from scans_findings where ${filter}`,
      parameters,
    });
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items: items.map(toFinding),
      ...(rows.length > limit && last !== undefined
        ? { cursor: writeCursor([last.rate, last.repository, last.fingerprint]) }
        : {}),
      total: Number(total?.n ?? 0),
    };
  });
}

/** What the last scan of every repository says; the ledger's source. */
export async function viewEvidence(ctx: Ctx, project: string) {
  return ctx.db.read(async (r) => {
    const scans = await store.latestScans(r, project);
    const all = [];
    for (const scan of scans) {
      const rows = await store.presentFindings(r, project, scan.repository);
      const facts = JSON.parse(scan.facts) as {
        unseen: { code: string; path?: string; message: string; next: string }[];
      };
      all.push({
        repository: scan.repository,
        scannedAt: Number(scan.scanned_at),
        findings: rows
          .filter((row) => row.hidden === 0)
          .map((row) => {
            const { interest, ...finding } = toFinding(row);
            return {
              ...finding,
              principalHours: row.principal_p50,
              interest:
                interest === null
                  ? null
                  : { measured: interest.measured, forecast: interest.forecast, events: interest.events },
            };
          }),
        hidden: rows.filter((row) => row.hidden === 1).map((row) => row.fingerprint),
        unseen: facts.unseen.map((one) => ({
          what: one.path === undefined ? one.message : `${one.path}: ${one.message}`,
          remedy: one.next,
        })),
      });
    }
    return all;
  });
}

function writeCursor(parts: readonly (number | string)[]): string {
  return Buffer.from(JSON.stringify(parts)).toString("base64url");
}

function readCursor(text: string, types: readonly ("number" | "string")[]): (number | string)[] {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, "base64url").toString());
  } catch (cause) {
    throw errors.SCANS_CURSOR_INVALID({ cursor: text }, { cause });
  }
  const fits =
    Array.isArray(parts) && parts.length === types.length && parts.every((part, i) => typeof part === types[i]);
  if (!fits) throw errors.SCANS_CURSOR_INVALID({ cursor: text });
  return parts as (number | string)[];
}

/** Which of these objects are reports of scans, in any project. */
export async function objectsNamedByScans(r: Reader, hashes: readonly string[]): Promise<string[]> {
  if (hashes.length === 0) return [];
  const list = placeholders(hashes);
  const rows = await r.all<{ report: string }>({
    sql: `select distinct report from scans_scans where report in (${list.sql})`,
    parameters: list.parameters,
  });
  return rows.map((row) => row.report);
}
