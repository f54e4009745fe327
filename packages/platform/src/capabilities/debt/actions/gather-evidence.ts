import type { Ctx } from "#base/context.js";
import { fromEvidence, fromScan, merged, type Sighting } from "../model/sighting.js";
import type { DebtNeeds } from "../needs.js";

/** What one look over a project saw, and for what it looked at all. */
export interface Evidence {
  readonly sightings: ReadonlyMap<string, Sighting>;
  /** Evidence rules that saw everything they need: what they no longer report is gone. */
  readonly seenRules: ReadonlySet<string>;
  /** Repositories with a scan, and when it was taken. */
  readonly repositories: ReadonlyMap<string, number>;
  /** Items a scan could not look at this time. */
  readonly hidden: ReadonlySet<string>;
  readonly failed: readonly { readonly rule: string; readonly problem: string }[];
  readonly unseen: readonly { readonly source: string; readonly what: string; readonly remedy: string }[];
  readonly rules: number;
}

/** Runs every rule and reads the last scans. A rule that fails or cannot see is said, and never closes an item. */
export async function gatherEvidence(ctx: Ctx, needs: DebtNeeds, project: string): Promise<Evidence> {
  const sightings: Sighting[] = [];
  const seenRules = new Set<string>();
  const failed: { rule: string; problem: string }[] = [];
  const unseen: { source: string; what: string; remedy: string }[] = [];
  const rules = needs.rules();
  for (const rule of rules) {
    ctx.signal.throwIfAborted();
    try {
      const answer = await rule.check(ctx, project);
      for (const finding of answer.findings) sightings.push(fromEvidence(rule, finding));
      for (const one of answer.unseen) unseen.push({ source: rule.code, what: one.what, remedy: one.remedy });
      if (answer.unseen.length === 0) seenRules.add(rule.code);
    } catch (cause) {
      const problem = cause instanceof Error ? cause.message : String(cause);
      ctx.log.error({ err: cause, rule: rule.code, project }, "A debt rule failed");
      failed.push({ rule: rule.code, problem });
      unseen.push({
        source: rule.code,
        what: `The rule failed: ${problem}`,
        remedy: "Report it with the server's log.",
      });
    }
  }
  const repositories = new Map<string, number>();
  const hidden = new Set<string>();
  const scans = (await needs.scanFindings?.(ctx, project)) ?? [];
  for (const scan of scans) {
    repositories.set(scan.repository, scan.scannedAt);
    for (const finding of scan.findings) sightings.push(fromScan(finding));
    for (const fingerprint of scan.hidden) hidden.add(`${scan.repository} ${fingerprint}`);
    for (const one of scan.unseen)
      unseen.push({ source: `scan of ${scan.repository}`, what: one.what, remedy: one.remedy });
  }
  if (scans.length === 0) {
    unseen.push({
      source: "scans",
      what: "No repository of this project was scanned.",
      remedy: "Run `paydown scan .` in it.",
    });
  }
  return { sightings: merged(sightings), seenRules, repositories, hidden, failed, unseen, rules: rules.length };
}
