import type { ExternalModel, Inspection, Provenance } from "@paydown/api/registry";
import type { Evidence } from "@paydown/api/tracking";
import type { RunHashes } from "../needs.js";

export interface ProvenanceFacts {
  readonly runId: string | undefined;
  readonly external: ExternalModel | undefined;
  /** Undefined when the run is not in the project's records. */
  readonly run:
    | {
        readonly reproducibility: Readonly<Record<"code" | "data" | "config" | "environment", Evidence>>;
        readonly hashes: RunHashes;
      }
    | undefined;
  readonly environment: Inspection["environment"];
  /** How a run comes to be named, where none is. */
  readonly toNameRun: string;
}

/** The remedies of a version and of a logged model that name no run. */
export const toNameRun = {
  version: "Register from a run: `paydown models register <model> runs:/<run>/<path>`.",
  loggedModel: "Log it inside a run: `with mlflow.start_run(): mlflow.<flavour>.log_model(...)`.",
} as const;

type Resolved = Provenance["code"];

const remedies = {
  code: "Start the training inside a git work tree with GitPython installed, or set the tag `mlflow.source.git.commit` on the run.",
  data: "Log the training data as the run's input with its Paydown version as digest: `mlflow.log_input`.",
  config: "Set the tag `paydown.config.hash` on the run to the SHA-256 of the resolved configuration.",
  environment:
    "Log the model with its requirements (`log_model` does by itself), or set the tag `paydown.environment.hash` on the run.",
} as const;

/** Which commit, data, environment and configuration a version or logged model comes from, or what is unknown and the cheapest way to know. */
export function provenanceOf(facts: ProvenanceFacts): Provenance {
  const { external, run, runId } = facts;
  if (external !== undefined) return externalProvenance(external);
  if (run === undefined) {
    const evidence = runId === undefined ? "No run is named." : `Run ${runId} is not in this project's records.`;
    const remedy =
      runId === undefined ? facts.toNameRun : "Import that run: `paydown import mlflow` takes it with its id.";
    const nothing: Resolved = { state: runId === undefined ? "no" : "unknown", values: [], evidence, remedy };
    return { code: nothing, data: nothing, config: nothing, environment: fromFiles(facts) ?? nothing };
  }
  const { reproducibility, hashes } = run;
  const resolved = (of: keyof typeof remedies, values: readonly string[]): Resolved => {
    const { state, evidence } = reproducibility[of];
    return { state, values: [...values], evidence, ...(state === "yes" ? {} : { remedy: remedies[of] }) };
  };
  return {
    code: resolved("code", hashes.commit === undefined ? [] : [hashes.commit]),
    data: resolved(
      "data",
      hashes.datasets.map(({ name, digest }) => `${name}@${digest}`),
    ),
    config: resolved("config", hashes.config === undefined ? [] : [hashes.config]),
    environment:
      hashes.environment === undefined
        ? (fromFiles(facts) ?? resolved("environment", []))
        : resolved("environment", [hashes.environment]),
  };
}

/** The hash of what the model's own files ask for stands in when the run names none. It is exact only when all is pinned. */
function fromFiles({ environment }: ProvenanceFacts): Resolved | undefined {
  if (environment === undefined) return undefined;
  const { hash, files, unpinned, pinned } = environment;
  const exact = unpinned.length === 0 && pinned > 0;
  return {
    state: exact ? "yes" : "unknown",
    values: [hash],
    evidence: `Computed from ${files.join(", ")}: ${pinned} pinned, ${unpinned.length} not.`,
    ...(exact
      ? {}
      : {
          remedy: `Pin ${unpinned.slice(0, 3).join(", ") || "the packages"} to exact versions, or set the tag \`paydown.environment.hash\` on the run.`,
        }),
  };
}

function externalProvenance({ provider, name, pin, promptVersion }: ExternalModel): Provenance {
  const theirs = (what: string): Resolved => ({
    state: "unknown",
    values: [],
    evidence: `${what} of ${name} is ${provider}'s and not published here.`,
    remedy: "Pin the model version, so that what is unknown at least does not change.",
  });
  return {
    code:
      pin === undefined
        ? theirs("The code")
        : { state: "yes", values: [pin], evidence: `Pinned to ${pin} of ${name}.` },
    data: theirs("The training data"),
    environment: theirs("The environment"),
    config:
      promptVersion === undefined
        ? {
            state: "no",
            values: [],
            evidence: "The version of its prompt is not recorded.",
            remedy: "Register it again with `--promptVersion`.",
          }
        : { state: "yes", values: [promptVersion], evidence: `Prompt ${promptVersion}.` },
  };
}
