import type { RunRow } from "@paydown/api/tracking";
import { ButtonLink } from "#kit/controls/button.jsx";
import { CopyId } from "#kit/controls/copy.jsx";
import { RunState } from "#kit/controls/mark.jsx";
import { When } from "#kit/numbers/figures.jsx";
import { duration, shortId } from "#kit/numbers/format.js";
import { Pairs } from "#kit/page/page.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { writeMetric } from "./metric-value.js";

/** A run beside the table. */
export function RunPreview({ run, project }: { readonly run: RunRow; readonly project: string }) {
  return (
    <>
      {run.error === undefined ? null : <pre>{run.error}</pre>}
      <Pairs
        of={[
          ["status", <RunState key="s" of={run.status} />],
          ["started", <When key="t" at={run.startedAt} />],
          ...(run.endedAt === undefined ? [] : [["took", duration(run.endedAt - run.startedAt)] as const]),
          [
            "code",
            run.code === undefined ? (
              <Unknown key="c" remedy="log mlflow.source.git.commit" />
            ) : (
              <code key="c">
                {shortId(run.code.commit)}
                {run.code.dirty === "yes" ? " with uncommitted changes" : ""}
              </code>
            ),
          ],
          ...run.datasets
            .map(
              (one) =>
                [
                  "data",
                  <Go
                    key={one.digest}
                    to={paths.dataset(project, one.name, one.digest)}
                  >{`${one.name}@${shortId(one.digest)}`}</Go>,
                ] as const,
            )
            .slice(0, 1),
          ...Object.entries(run.metrics).map(([name, value]) => [name, writeMetric(value)] as const),
          ...Object.entries(run.params).map(([name, value]) => [name, value] as const),
          ["id", <CopyId key="id" id={run.runId} label="run" />],
        ]}
      />
      <div>
        <ButtonLink kind="primary" to={paths.run(project, run.runId)}>
          Open run
        </ButtonLink>
      </div>
    </>
  );
}
