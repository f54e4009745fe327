import { defineRule } from "#base/rule.js";
import { viewCoverage } from "../views/loops.js";

export const untracedLiveModel = defineRule({
  code: "LIN003",
  slug: "untraced-live-model",
  family: "lineage",
  severity: "SEV1",
  principal: "document",
  summary: "A model answers requests and the way from its data to its endpoint is not known.",
  why: "When its data turn out faulty or must be erased, nobody can say whether this model is concerned; when it errs, nobody can walk back to the rows.",
  remedy:
    "Report what is missing: the run when registering, the dataset version when training, the source on the dataset.",
  origin: "own",
  async check(ctx, project) {
    const { items, live } = await viewCoverage(ctx, { project });
    const findings = items
      .filter((one) => one.gaps.length > 0)
      .map((one) => {
        const missing = one.gaps.map((gap) => gap.missing);
        return {
          asset: { kind: one.model.kind, id: one.model.id },
          key: "",
          message: `${one.model.name} serves ${one.deployments.join(", ")} and its ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} unknown.`,
          evidence: { deployments: one.deployments, known: one.known, missing },
          size: missing.length,
          events: [],
        };
      });
    const unseen =
      live === 0
        ? [
            {
              what: "Which models are live: no deployment is known",
              remedy: "Deploy through Paydown or report links to deployments.",
            },
          ]
        : [];
    return { findings, unseen };
  },
});
