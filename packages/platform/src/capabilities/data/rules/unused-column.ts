import { defineRule, type EvidenceFinding, type EvidenceRule, type UnseenEvidence } from "#base/rule.js";
import type { ColumnUse, DataNeeds } from "../needs.js";
import { schemaOf } from "../views/catalogue.js";
import { nothingKnown, type SweptDataset, sweepDatasets } from "../views/sweep.js";

export function unusedColumn(needs: DataNeeds): EvidenceRule {
  return defineRule({
    code: "DAT003",
    slug: "unused-column",
    family: "data",
    severity: "SEV3",
    principal: "schema",
    summary: "A column is carried in a dataset and no run that trained on it used it.",
    why: "It is read, stored, checked and explained for nothing; it can leak what should not be known, and the day somebody picks it up nobody has looked after it.",
    remedy: "Drop it from the dataset, or keep it in a dataset of its own; an ablation run shows that nothing is lost.",
    origin: "Sculley et al. 2015, underutilized data dependencies",
    async check(ctx, project) {
      const datasets = (await sweepDatasets(ctx, project)).filter(({ latest }) => latest?.format !== "files");
      const findings: EvidenceFinding[] = [];
      const unseen: UnseenEvidence[] = nothingKnown("dataset", datasets.length);
      for (const dataset of datasets) {
        if (dataset.latest === undefined) continue;
        const use = await needs.columnsUsed?.(ctx, project, dataset.row.name);
        if (use === undefined || use.runs === 0) unseen.push(notSaid(dataset));
        else findings.push(...unused(dataset, use));
      }
      return { findings, unseen };
    },
  });
}

function unused({ row, latest }: SweptDataset, use: ColumnUse): EvidenceFinding[] {
  if (latest === undefined) return [];
  const columns = schemaOf(latest);
  return columns
    .filter((column) => (use.columns[column.name] ?? 0) === 0)
    .map((column) => ({
      asset: { kind: "dataset", id: row.name },
      key: column.name,
      message: `Column ${column.name} of ${row.name} was used by none of ${use.runs} ${use.runs === 1 ? "run" : "runs"} that trained on it.`,
      evidence: {
        column: column.name,
        type: column.type,
        runs: use.runs,
        version: latest.version,
        rows: latest.rows,
        datasetBytes: latest.bytes,
        columns: columns.length,
      },
      size: 1,
      events: [],
    }));
}

function notSaid({ row }: SweptDataset): UnseenEvidence {
  return {
    what: `No run says which columns of ${row.name} it used`,
    remedy:
      "Log the dataset as an input with its schema, and the model with a signature: `mlflow.log_input` and `infer_signature`.",
  };
}
