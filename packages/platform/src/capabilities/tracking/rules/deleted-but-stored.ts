import { defineRule, type EvidenceRule } from "#base/rule.js";
import type { TrackingNeeds } from "../needs.js";
import { hasRuns } from "../store/rule-evidence.js";
import { previewPurge, retentionOf } from "../views/purges.js";

const patienceDays = 30;
const day = 86_400_000;
/** Less than this is not worth anybody's minute. */
const worthBytes = 1024 ** 3;
const worthPoints = 10_000_000;

/** What was deleted weeks ago and still takes its space, although nobody decided to keep it. */
export function deletedButStoredRule(needs: TrackingNeeds): EvidenceRule {
  return defineRule({
    code: "TRK011",
    slug: "deleted-but-stored",
    family: "tracking",
    severity: "SEV3",
    principal: "config",
    summary: "Deleted runs and models still take a gigabyte and more, and no retention was decided.",
    why: "Deleting only hides: backups, restores and bills go on carrying what nobody will read, and data that should be gone is not.",
    remedy:
      "Decide: `paydown retention set 90 --reason ...` purges by itself; `paydown retention set forever --reason ...` keeps on purpose; `paydown runs purge` does it once.",
    origin: "Debt model 3.3, carrying cost; own",
    async check(ctx, project) {
      const { retention, any } = await ctx.db.read(async (r) => ({
        retention: await retentionOf(r, needs, project),
        any: await hasRuns(r, project),
      }));
      if (!any) {
        return {
          findings: [],
          unseen: [{ what: "What is stored: no run was ever logged.", remedy: "Log training runs to this server." }],
        };
      }
      if (retention.from !== "default") return { findings: [], unseen: [] };
      const deletedBefore = ctx.clock.now() - patienceDays * day;
      const request = { project, scope: { outside: true }, deletedBefore };
      const runs = (await previewPurge(ctx, needs, { ...request, kind: "runs" })).counts;
      const models = (await previewPurge(ctx, needs, { ...request, kind: "models" })).counts;
      const whole = (await previewPurge(ctx, needs, { ...request, kind: "experiments", scope: {} })).counts;
      const sum = (pick: (counts: typeof runs) => number) => pick(runs) + pick(models) + pick(whole);
      const bytes = sum((counts) => counts.bytes);
      const points = sum((counts) => counts.points);
      if (bytes < worthBytes && points < worthPoints) return { findings: [], unseen: [] };
      const gone = { runs: sum((c) => c.runs), experiments: whole.experiments, models: sum((c) => c.models) };
      return {
        findings: [
          {
            asset: { kind: "project", id: project },
            key: "",
            message: `${gone.runs} runs, ${gone.experiments} experiments and ${gone.models} models deleted ${patienceDays} days ago or earlier still hold ${(bytes / 1024 ** 3).toFixed(1)} GiB of artifacts and ${points} metric points; nobody decided for how long.`,
            evidence: { ...gone, bytes, points, olderThanDays: patienceDays },
            size: 1,
            events: [],
          },
        ],
        unseen: [],
      };
    },
  });
}
