import { defineRule, type EvidenceFinding } from "#base/rule.js";
import { compileSchema } from "../model/config-schema.js";
import { findConfigSchemas } from "../store/config-schemas.js";
import { experimentFinding, nothingSwept, sweepRuns } from "../views/sweep.js";

export const runOutsideConfigSchema = defineRule({
  code: "TRK009",
  slug: "run-outside-config-schema",
  family: "tracking",
  severity: "SEV2",
  principal: "schema",
  summary: "Training runs have parameters that do not fit their experiment's configuration schema.",
  why: "A mistyped name or a value out of range trains a model that nobody meant to train; it is compared with the others as if it were one of them.",
  remedy:
    "Correct the configuration and run again, or change the schema with `paydown experiments config-schema` when the value is meant.",
  origin: "Sculley 2015, configuration debt; ML Test Score I2",
  async check(ctx, project) {
    const swept = await sweepRuns(ctx, project, ["FINISHED"]);
    const schemas = new Map(
      (await ctx.db.read((r) => findConfigSchemas(r, project))).map((row) => [row.experiment_id, row]),
    );
    const findings: EvidenceFinding[] = [];
    const unchecked: string[] = [];
    for (const one of swept) {
      const row = schemas.get(one.experiment.id);
      if (row === undefined) {
        unchecked.push(one.experiment.name);
        continue;
      }
      const check = compileSchema(JSON.parse(row.schema) as Record<string, unknown>);
      const wrong = one.runs.flatMap((run) => {
        const problems = check(run.params);
        return problems.length === 0 ? [] : [{ run, problems }];
      });
      if (wrong.length === 0) continue;
      findings.push(
        experimentFinding(
          one,
          wrong.map(({ run }) => run),
          "do not fit the experiment's configuration schema",
          { evidence: { schema: row.hash, problems: wrong.slice(0, 5).map(({ problems }) => problems) } },
        ),
      );
    }
    const unseen = nothingSwept(swept);
    if (unchecked.length > 0) {
      unseen.push({
        what: `Whether the parameters of ${unchecked.length} experiments are what was meant: ${unchecked.slice(0, 5).join(", ")} have no schema.`,
        remedy: "Set one with `paydown experiments config-schema`.",
      });
    }
    return { findings, unseen };
  },
});
