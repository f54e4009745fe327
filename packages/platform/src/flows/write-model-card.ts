import type { Reply } from "@paydown/api/operation";
import { attachCard, getVersion } from "@paydown/api/registry";
import { listConsumers, listDeployments } from "@paydown/api/serving";
import { getRun } from "@paydown/api/tracking";
import type { Ctx } from "#base/context.js";
import { allPages } from "#base/pages.js";
import type { Perform } from "#base/perform.js";

/**
 * Writes a model card from records and attaches it to the version. Headings follow the model card template of Hugging Face;
 * what no record says stands there as unknown with the way to make it known, never as an empty section.
 */
export async function writeModelCard(
  ctx: Ctx,
  deps: { readonly perform: Perform },
  input: { readonly project: string; readonly model: string; readonly version: number },
): Promise<{ readonly hash: string; readonly unknown: number }> {
  const { project, model, version } = input;
  const record = await deps.perform(ctx, getVersion, input);
  const run =
    record.runId === undefined ? undefined : await deps.perform(ctx, getRun, { project, runId: record.runId });
  const deployments = (await allPages((at) => deps.perform(ctx, listDeployments, { project, model, ...at }))).filter(
    (one) => one.version === version,
  );
  const consumers = await Promise.all(
    deployments.map((one) =>
      allPages((at) => deps.perform(ctx, listConsumers, { project, deployment: one.name, ...at })),
    ),
  );
  const text = toMarkdown({ record, run, deployments, consumers: consumers.flat() });
  const { hash } = await deps.perform(ctx, attachCard, { project, model, version, text });
  return { hash, unknown: text.split(unknownMark).length - 1 };
}

interface CardFacts {
  readonly record: Reply<typeof getVersion>;
  readonly run: Reply<typeof getRun> | undefined;
  readonly deployments: Reply<typeof listDeployments>["items"];
  readonly consumers: Reply<typeof listConsumers>["items"];
}

const unknownMark = "*Unknown.*";

/** Pure: the same records give the same card. */
function toMarkdown({ record, run, deployments, consumers }: CardFacts): string {
  const unknown = (remedy: string): string => `${unknownMark} ${remedy}`;
  const list = (lines: readonly string[], remedy: string): string =>
    lines.length === 0 ? unknown(remedy) : lines.map((line) => `- ${line}`).join("\n");
  const evidence = Object.entries(run?.reproducibility ?? {}).map(
    ([name, one]) => `${name}: ${one.state} (${one.evidence})`,
  );
  return `# ${record.model}, version ${record.version}

Generated from records; every statement can be traced in the lineage graph.

## Model details

- registered by ${record.createdBy} from run ${record.runId ?? "(none)"}
- flavours: ${record.flavors.join(", ") || "none recorded"}
- files: ${record.files.map((file) => `\`${file.path}\` (sha256 ${file.hash.slice(0, 12)})`).join(", ") || "none stored"}

${record.description === "" ? unknown("Say what it is for in the version's description.") : record.description}

## Uses

${list(
  consumers.map((one) => `${one.consumer} (${one.state})${one.purpose === undefined ? "" : `: ${one.purpose}`}`),
  "Nobody has called or declared itself: `paydown consumers declare`.",
)}

Out of scope: ${unknown("State what it must not be used for in the version's description.")}

## Training data

${list(
  (run?.inputs ?? []).map(
    (one) => `${one.name} @ ${one.digest}${one.context === undefined ? "" : ` (${one.context})`}`,
  ),
  "Log the dataset and its version with the run: `mlflow.log_input`.",
)}

## Training procedure

${list(
  Object.entries(run?.params ?? {}).map(([key, value]) => `${key} = ${value}`),
  "Log parameters with the run.",
)}

Can it be repeated?

${list(evidence, "The version names no run.")}

## Evaluation

${list(
  record.evaluations.map((one) => {
    const metrics = one.metrics
      .map((metric) => {
        const interval =
          metric.low === undefined || metric.high === undefined
            ? ""
            : ` (${digits(metric.low)} to ${digits(metric.high)})`;
        return `${metric.name} ${typeof metric.value === "number" ? digits(metric.value) : metric.value}${interval}`;
      })
      .join(", ");
    return `${one.slice ?? one.datasetVersion ?? "all rows"}: ${metrics}${one.verdict === "none" ? "" : `; ${one.verdict}`}`;
  }),
  "Record one with `paydown models evaluate`.",
)}

${list(
  (run?.metrics ?? []).map(
    (one) => `${one.key} = ${typeof one.value === "number" ? digits(one.value) : one.value} (logged by the run)`,
  ),
  "The run logged no metric.",
)}

## Bias, risks and limitations

${unknown("No fairness or slice evaluation is on record.")}

## Deployments

${list(
  deployments.map(
    (one) => `${one.name}: ${one.requests} requests, ${one.consumers} consumers (${one.undeclared} undeclared)`,
  ),
  "It is not deployed.",
)}
`;
}

function digits(value: number): string {
  return String(Number(value.toPrecision(4)));
}
