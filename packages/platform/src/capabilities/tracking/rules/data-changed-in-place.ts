import { defineRule } from "#base/rule.js";
import { digestStrength } from "../model.js";
import { experimentFinding, nothingSwept, type SweptRun, sweepRuns } from "../views/sweep.js";

export const dataChangedInPlace = defineRule({
  code: "TRK010",
  slug: "data-changed-in-place",
  family: "tracking",
  severity: "SEV2",
  principal: "config",
  summary: "Runs read different content under the same dataset name from the same place.",
  why: "Somebody overwrote the data, so runs that look alike were trained on different rows; a better score may be the data's, and the older data cannot be had back.",
  remedy:
    "Freeze each state with `paydown datasets add` and log the version as digest, or write each state to a place of its own.",
  origin: "Sculley 2015, unstable data dependencies",
  async check(ctx, project) {
    const swept = await sweepRuns(ctx, project, ["FINISHED"]);
    let unplaced = 0;
    const findings = swept.flatMap((one) => {
      const places = new Map<string, { name: string; digests: Map<string, SweptRun[]> }>();
      for (const run of one.runs) {
        for (const input of run.inputs) {
          // A version id names its content for good: a new version is how data is meant to change.
          if (digestStrength(input.digest, "") === "content") continue;
          if (input.source_type === "code") {
            unplaced++;
            continue;
          }
          const key = JSON.stringify([input.name, input.source_type, input.source]);
          const place = places.get(key) ?? { name: input.name, digests: new Map<string, SweptRun[]>() };
          places.set(key, place);
          const readers = place.digests.get(input.digest);
          if (readers === undefined) place.digests.set(input.digest, [run]);
          else readers.push(run);
        }
      }
      return [...places.values()]
        .filter((place) => place.digests.size > 1)
        .map((place) =>
          experimentFinding(
            one,
            [...new Set([...place.digests.values()].flat())],
            `read ${place.digests.size} different contents of ${place.name} from one place`,
            { key: place.name, evidence: { dataset: place.name, digests: [...place.digests.keys()] } },
          ),
        );
    });
    const unseen = nothingSwept(swept);
    if (unplaced > 0) {
      unseen.push({
        what: `Where ${unplaced} datasets came from: they name the training code as their source.`,
        remedy: "Give the dataset its source: `mlflow.data.from_pandas(df, source=path)`.",
      });
    }
    return { findings, unseen };
  },
});
