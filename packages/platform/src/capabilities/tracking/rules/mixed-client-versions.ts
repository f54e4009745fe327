import { defineRule, type EvidenceFinding } from "#base/rule.js";
import { majorOf } from "../model/run-versions.js";
import { environmentsOf } from "../views/environments.js";
import { nothingSwept, sweepRuns } from "../views/sweep.js";

export const mixedClientVersions = defineRule({
  code: "TRK008",
  slug: "mixed-client-versions",
  family: "tracking",
  severity: "SEV3",
  principal: "pin",
  summary: "Runs of one experiment are logged by MLflow clients of different major versions.",
  why: "Clients of two majors log models, datasets and metrics in two ways, so that runs which should be compared lack each other's fields, and whoever reads them writes every query twice.",
  remedy: "Pin one MLflow client version for everybody who trains in this experiment.",
  origin: "Sculley 2015, dependency debt; own",
  async check(ctx, project) {
    const swept = await sweepRuns(ctx, project, ["FINISHED", "FAILED"]);
    const findings: EvidenceFinding[] = [];
    let silent = 0;
    for (const { experiment, runs } of swept) {
      const environments = await ctx.db.read((r) =>
        environmentsOf(
          r,
          runs.map((one) => one.run),
        ),
      );
      const clients = environments.flatMap((one) => {
        const version = one.versions.get("client")?.version;
        if (version === undefined) silent++;
        return version === undefined ? [] : [{ version, run: one.run }];
      });
      const byMajor = Map.groupBy(clients, (one) => majorOf(one.version) ?? -1);
      if (byMajor.size < 2) continue;
      const versions = [...new Set(clients.map((one) => one.version))].sort();
      findings.push({
        asset: { kind: "experiment", id: String(experiment.id) },
        key: "",
        message: `${experiment.name}: ${clients.length} runs were logged by clients of ${byMajor.size} major versions: ${versions.slice(0, 6).join(", ")}.`,
        evidence: {
          experiment: experiment.name,
          versions,
          runs: [...byMajor.values()].flatMap((some) => some.slice(0, 5).map((one) => one.run.run_id)),
        },
        size: 1,
        events: [],
      });
    }
    const unseen = nothingSwept(swept);
    if (silent > 0) {
      unseen.push({
        what: `Which client logged ${silent} of the runs: none was seen.`,
        remedy: "Log through the MLflow door of this server with a stock client; imported runs do not say.",
      });
    }
    return { findings, unseen };
  },
});
