import type { Evidence, Reproducibility } from "@paydown/api/tracking";
import { digestStrength, dirtyOf, errorTags, evidenceTags } from "../model.js";

/** What a run left behind, as far as it says whether the run could be repeated. */
export interface RunFacts {
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly inputs: readonly { name: string; digest: string; source_type: string }[];
  /** Paths of its artifacts and its models' that pin packages, e.g. `requirements.txt`. */
  readonly environmentFiles: readonly string[];
}

/** Names of parameters that hold a seed. */
export const seedName = /(^|[._\-/ ])(seed|random_state|random_seed)$/i;

export function commitOf(
  tags: ReadonlyMap<string, string>,
): { commit: string; dirty: "yes" | "no" | "unknown" } | undefined {
  const commit = tags.get(evidenceTags.commit) ?? tags.get("mlflow.git.commit");
  if (commit === undefined || commit === "") return undefined;
  const flag = dirtyOf(tags);
  return { commit, dirty: flag === undefined ? "unknown" : flag ? "yes" : "no" };
}

export function errorOf(tags: ReadonlyMap<string, string>): string | undefined {
  return errorTags.map((key) => tags.get(key)).find((text) => text !== undefined && text !== "");
}

/** The seed as a tag or as a parameter of that name; `None` is no seed. */
export function seedOf(facts: Pick<RunFacts, "params" | "tags">): { name: string; value: string } | undefined {
  const tag = facts.tags.get(evidenceTags.seed);
  if (tag !== undefined && tag !== "") return { name: evidenceTags.seed, value: tag };
  for (const [name, value] of facts.params) {
    if (seedName.test(name) && !/^(none|null|)$/i.test(value)) return { name, value };
  }
  return undefined;
}

/** One line: code, data, configuration, environment, seed. What no record settles is unknown. */
export function reproducibilityOf(facts: RunFacts): Reproducibility {
  return {
    code: codeEvidence(facts),
    data: dataEvidence(facts),
    config: configEvidence(facts),
    environment: environmentEvidence(facts),
    seed: seedEvidence(facts),
  };
}

function codeEvidence({ tags }: RunFacts): Evidence {
  const code = commitOf(tags);
  if (code === undefined) return { state: "no", evidence: "No commit was recorded." };
  const short = code.commit.slice(0, 7);
  if (code.dirty === "yes")
    return { state: "no", evidence: `Commit ${short} with uncommitted changes, which are not recorded.` };
  if (code.dirty === "no") return { state: "yes", evidence: `Commit ${short}, working tree clean.` };
  return { state: "yes", evidence: `Commit ${short}; whether the working tree was clean was not recorded.` };
}

function dataEvidence({ inputs }: RunFacts): Evidence {
  if (inputs.length === 0) return { state: "no", evidence: "No dataset was logged as input." };
  const strengths = inputs.map((input) => ({ input, strength: digestStrength(input.digest, input.source_type) }));
  const none = strengths.find((one) => one.strength === "none");
  if (none !== undefined) {
    return { state: "no", evidence: `Dataset ${none.input.name} names no source but the code itself.` };
  }
  const weak = strengths.find((one) => one.strength === "weak");
  if (weak !== undefined) {
    return {
      state: "unknown",
      evidence: `Digest ${weak.input.digest} of ${weak.input.name} is MLflow's: 32 bits over at most 10,000 rows.`,
    };
  }
  return {
    state: "yes",
    evidence: `${inputs.map((input) => `${input.name}@${input.digest.slice(0, 16)}`).join(", ")} by content hash.`,
  };
}

function configEvidence({ tags, params }: RunFacts): Evidence {
  const hash = tags.get(evidenceTags.config);
  if (hash) return { state: "yes", evidence: `Configuration ${hash.slice(0, 12)}.` };
  if (params.size === 0) return { state: "no", evidence: "Neither a configuration hash nor a parameter was logged." };
  return {
    state: "unknown",
    evidence: `${params.size} ${params.size === 1 ? "parameter is" : "parameters are"} logged, but no hash of the whole configuration.`,
  };
}

function environmentEvidence({ tags, environmentFiles }: RunFacts): Evidence {
  const hash = tags.get(evidenceTags.environment);
  if (hash) return { state: "yes", evidence: `Environment ${hash.slice(0, 12)}.` };
  const [file] = environmentFiles;
  if (file !== undefined) {
    return {
      state: "unknown",
      evidence: `${file} names packages, but no hash of the installed environment was logged.`,
    };
  }
  return { state: "no", evidence: "No environment was recorded." };
}

function seedEvidence(facts: RunFacts): Evidence {
  const seed = seedOf(facts);
  if (seed !== undefined) return { state: "yes", evidence: `${seed.name} = ${seed.value}.` };
  return { state: "no", evidence: "No seed was logged, neither as tag nor as parameter." };
}
