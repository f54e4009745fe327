import { defineRule } from "#base/rule.js";
import { nothingKnown, sweepDatasets } from "../views/sweep.js";

export const unownedDataset = defineRule({
  code: "DAT001",
  slug: "unowned-dataset",
  family: "data",
  severity: "SEV2",
  principal: "document",
  summary: "A dataset has no owner.",
  why: "When it arrives late, changes shape or turns out wrong, nobody is asked to mend it and nobody can say what it means.",
  remedy: "Name the team that answers for it: `paydown datasets update <dataset> --owner <team>`.",
  origin: "Sculley et al. 2015, unstable data dependencies",
  async check(ctx, project) {
    const datasets = await sweepDatasets(ctx, project);
    const findings = datasets
      .filter(({ row }) => row.owner === null)
      .map(({ row, versions }) => ({
        asset: { kind: "dataset", id: row.name },
        key: "",
        message: `Dataset ${row.name} has ${versions} ${versions === 1 ? "version" : "versions"} and no owner.`,
        evidence: { versions, createdAt: row.created_at, createdBy: row.created_by },
        size: 1,
        events: [],
      }));
    return { findings, unseen: nothingKnown("dataset", datasets.length) };
  },
});
