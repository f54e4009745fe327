import { defineRule, type EvidenceFinding, type EvidenceRule, type UnseenEvidence } from "#base/rule.js";
import type { TrackingNeeds } from "../needs.js";
import { newestRuns } from "../store/run-versions.js";
import { findRuns } from "../store/runs.js";
import { environmentsOf, liveDrift } from "../views/environments.js";

const mostRuns = 200;

/** A live model whose libraries its team no longer trains with. */
export function liveModelLeftByEnvironmentRule(needs: TrackingNeeds): EvidenceRule {
  return defineRule({
    code: "TRK007",
    slug: "live-model-left-by-environment",
    family: "tracking",
    severity: "SEV2",
    principal: "pin",
    summary:
      "The experiment of a live model trains with other versions of Python or of a library than the model in use.",
    why: "A fix or a retraining of the live model starts with rebuilding an environment nobody uses any more, and the model that comes out may differ for reasons that are no improvement.",
    remedy:
      "Pin the training environment to the one behind the live version, or retrain and promote on the new one while both are known.",
    origin: "Sculley 2015, dependency debt; own",
    async check(ctx, project) {
      const findings: EvidenceFinding[] = [];
      const unseen: UnseenEvidence[] = [];
      const live = await needs.liveVersions(ctx, project);
      const origins = await ctx.db.read((r) => needs.versions(r, project));
      for (const one of live) {
        const id = `${one.model}/${one.version}`;
        const runId = origins.find((v) => v.model === one.model && v.version === one.version)?.runId;
        const [run] = runId === undefined ? [] : await ctx.db.read((r) => findRuns(r, project, [runId]));
        if (run === undefined) {
          unseen.push({
            what: `With what ${id}, served by ${one.deployment}, was trained: it names no run of this project.`,
            remedy: "Register the version from its run.",
          });
          continue;
        }
        const environments = await ctx.db.read(async (r) =>
          environmentsOf(r, await newestRuns(r, run.experiment_id, mostRuns)),
        );
        const drift = (
          await liveDrift(ctx, { ...needs, liveVersions: async () => [one] }, project, run.experiment_id, environments)
        )[0];
        const [own] = await ctx.db.read((r) => environmentsOf(r, [run]));
        if (own === undefined || [...own.versions.keys()].every((what) => what === "client")) {
          unseen.push({
            what: `With which versions ${id}, served by ${one.deployment}, was trained.`,
            remedy: "Log the model with its MLmodel and requirements, or set the tag paydown.environment.hash.",
          });
          continue;
        }
        if (drift === undefined || drift.differs.length === 0) continue;
        const list = drift.differs
          .slice(0, 5)
          .map(({ what, live: was, newest }) => `${what} ${was.slice(0, 20)} -> ${newest.slice(0, 20)}`);
        findings.push({
          asset: { kind: "model-version", id },
          key: one.deployment,
          message: `${id}, served by ${one.deployment}, was made with other versions than the newest runs of its experiment: ${list.join(", ")}${drift.differs.length > 5 ? ` and ${drift.differs.length - 5} more` : ""}.`,
          evidence: { deployment: one.deployment, run: run.run_id, differs: drift.differs, unknown: drift.unknown },
          size: drift.differs.length,
          events: [],
        });
      }
      if (live.length === 0) {
        unseen.push({
          what: "Whether a live model and its training environment fit: no deployment serves a version.",
          remedy: "Deploy a version with `paydown deployments create`.",
        });
      }
      return { findings, unseen };
    },
  });
}
