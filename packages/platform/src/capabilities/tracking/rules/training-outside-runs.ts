import { defineRule, type EvidenceFinding, type EvidenceRule, type UnseenEvidence } from "#base/rule.js";
import type { TrackingNeeds } from "../needs.js";
import { hasRuns, looseFolders, modelsWithoutRun } from "../store/rule-evidence.js";

const windowDays = 90;
const day = 86_400_000;
const shown = 20;

/** Results of a training that no run tells of: versions, logged models and files without one. */
export function trainingOutsideRunsRule(needs: TrackingNeeds): EvidenceRule {
  return defineRule({
    code: "TRK006",
    slug: "training-outside-runs",
    family: "tracking",
    severity: "SEV2",
    principal: "config",
    summary: "A model version, a logged model or files came from a training that no run records.",
    why: "Nobody can say with which code, data and parameters it was made, so it can be neither explained nor repeated; the day it misbehaves the search starts from nothing.",
    remedy:
      "Train inside `mlflow.start_run()` and register from that run; for what is there already, register a version again from a tracked training.",
    origin: "Sculley 2015, reproducibility debt; ML Test Score I1",
    async check(ctx, project) {
      const since = ctx.clock.now() - windowDays * day;
      return ctx.db.read(async (r) => {
        const versions = await needs.versions(r, project);
        const findings: EvidenceFinding[] = versions
          .filter((one) => !one.runId && one.createdAt >= since)
          .map((one) => ({
            asset: { kind: "model-version", id: `${one.model}/${one.version}` },
            key: "version",
            message: `Version ${one.version} of model ${one.model} names no run: how it was trained is not recorded.`,
            evidence: { model: one.model, version: one.version, source: one.source, createdAt: one.createdAt },
            size: 1,
            events: [],
          }));
        for (const [experimentId, models] of Map.groupBy(
          await modelsWithoutRun(r, project, since),
          (one) => one.experiment_id,
        )) {
          findings.push({
            asset: { kind: "experiment", id: String(experimentId) },
            key: "logged-model",
            message: `${models.length} logged ${models.length === 1 ? "model of the last" : "models of the last"} ${windowDays} days in experiment ${experimentId} name no run.`,
            evidence: { models: models.slice(0, shown).map((one) => one.model_id), total: models.length },
            size: 1,
            events: [],
          });
        }
        const folders = await looseFolders(r, project, shown + 1);
        if (folders.length > 0) {
          findings.push({
            asset: { kind: "project", id: project },
            key: "files",
            message: `${folders.length > shown ? `More than ${shown}` : folders.length} ${folders.length === 1 ? "folder" : "folders"} of artifacts lie outside every run and logged model, first ${folders[0]}.`,
            evidence: { folders: folders.slice(0, shown) },
            size: 1,
            events: [],
          });
        }
        const unseen: UnseenEvidence[] = [];
        if (versions.length === 0 && findings.length === 0 && !(await hasRuns(r, project))) {
          unseen.push({
            what: "Whether anything was trained: there is no run, no model version and no artifact.",
            remedy: "Log training runs: set MLFLOW_TRACKING_URI to this server.",
          });
        }
        return { findings, unseen };
      });
    },
  });
}
