import { getPrediction } from "@paydown/api/serving";
import { Target } from "lucide-react";
import { CopyId } from "#kit/controls/copy.jsx";
import { Tag } from "#kit/controls/mark.jsx";
import { useOperation } from "#kit/data/use-operation.js";
import { PathLine } from "#kit/graph/path-line.jsx";
import { many, measured } from "#kit/numbers/format.js";
import { stamp } from "#kit/numbers/time.js";
import { Columns, Fact, Facts, Page, Pairs, Section } from "#kit/page/page.jsx";
import { Loaded } from "#kit/states/loaded.jsx";
import { Unknown } from "#kit/states/unknown.jsx";
import { Go } from "#routes/link.jsx";
import { paths } from "#routes/paths.js";
import { usePathPart, useProject } from "#routes/use-place.js";
import css from "./serving.module.css";

/** One prediction: what went in, what came out, what happened, and the way back to the data it was trained on. */
export function Screen() {
  const project = useProject();
  const requestId = usePathPart("request");
  const row = Number(usePathPart("row"));
  const question = useOperation(getPrediction, { project, requestId, row });
  const prediction = question.data;
  return (
    <Page
      title={`Prediction ${requestId.slice(0, 8)}`}
      icon={Target}
      meta={
        prediction === undefined ? undefined : (
          <>
            <Go to={paths.deployment(project, prediction.deployment)}>{prediction.deployment}</Go>
            <Go
              to={paths.modelVersion(project, prediction.model, prediction.version)}
            >{`${prediction.model} v${prediction.version}`}</Go>
            <span>{stamp(prediction.at)}</span>
            <span>for {prediction.consumer}</span>
            <span>
              row {row} of {prediction.rows}
            </span>
            <CopyId id={requestId} label="request" />
          </>
        )
      }
    >
      <PathLine project={project} node={{ kind: "prediction", id: `${requestId}/${row}` }} />
      <Loaded question={question} what="The prediction" lines={8}>
        {(data) => (
          <div className={css.stack}>
            <Facts>
              <Fact label="Score">
                {data.score === undefined ? <Unknown>no score column</Unknown> : measured(data.score)}
              </Fact>
              <Fact
                label="Outcome"
                note={data.outcome === undefined ? "no label has arrived" : `happened ${stamp(data.outcome.at)}`}
              >
                {data.outcome === undefined ? <Unknown /> : measured(data.outcome.value)}
              </Fact>
              <Fact label="Contract">
                {data.violated.length === 0 ? "kept" : many(data.violated.length, "violation")}
              </Fact>
              <Fact label="Latency" note="ms">
                {measured(data.latencyMs)}
              </Fact>
            </Facts>
            <Columns>
              <Section title="Inputs">
                <Pairs
                  of={Object.entries(data.inputs).map(
                    ([name, value]) =>
                      [
                        name,
                        <span key={name}>
                          {String(value)} {data.violated.includes(name) ? <Tag>outside the contract</Tag> : null}
                        </span>,
                      ] as const,
                  )}
                />
              </Section>
              <Section title="Outputs">
                <Pairs of={Object.entries(data.outputs).map(([name, value]) => [name, String(value)] as const)} />
              </Section>
            </Columns>
          </div>
        )}
      </Loaded>
    </Page>
  );
}
