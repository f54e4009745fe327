import type { Reply } from "@paydown/api/operation";
import type { explainRerun as operation } from "@paydown/api/tracking-insight";
import { digestStrength, evidenceTags } from "../model.js";
import { commitOf, seedName, seedOf } from "./reproducibility.js";

type Answer = Reply<typeof operation>;
type Ingredient = Answer["ingredients"][number];
type Difference = Ingredient["differences"][number];

/** A run as far as its repetition is judged. */
export interface RerunFacts {
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
  readonly inputs: readonly { name: string; digest: string; source_type: string }[];
  /** NaN for NaN. */
  readonly metrics: ReadonlyMap<string, number>;
  /** Versions it was made with; the client is left out. */
  readonly versions: ReadonlyMap<string, string>;
}

const mostDifferences = 100;
const timing =
  /(^|[._\-/ ])(time|times|duration|seconds|secs|latency|elapsed|runtime|throughput|timestamp)($|[._\-/ ])|^system\//i;
const hardware =
  /(^|[._\-/ ])(gpu|gpus|cpu|cpus|device|devices|cuda|cudnn|hardware|accelerator|instance_type|node_type|hostname|host|num_workers|world_size)($|[._\-/ ])/i;

/** Compares a run with the one it repeats and names what made the results differ, as far as the records go. */
export function explainRerun(run: RerunFacts, base: RerunFacts): Answer {
  const ingredients = [
    code(run, base),
    data(run, base),
    params(run, base),
    config(run, base),
    environment(run, base),
    seed(run, base),
    machine(run, base),
  ];
  const metrics = metricRows(run, base);
  const judged = metrics.filter((row) => !row.timing && row.values.every((value) => value !== null));
  const equal = judged.length > 0 && judged.every((row) => row.same);
  const differing = ingredients.filter((one) => one.state === "differs");
  // Where a run came to stand is rarely recorded and rarely the cause: it is said, but keeps nobody from a verdict.
  const unknown = ingredients.filter((one) => one.state === "unknown" && one.name !== "hardware");
  const verdict: Answer["verdict"] = equal
    ? "reproduced"
    : judged.length === 0
      ? "cannot-tell"
      : differing.length > 0
        ? "ingredients-differ"
        : unknown.length > 0
          ? "cannot-tell"
          : "same-ingredients-other-result";
  const rank = { differs: 0, unknown: 1, same: 2 };
  return {
    verdict,
    summary: summaryOf(verdict, judged, differing, unknown, ingredients),
    ingredients: ingredients.toSorted((a, b) => rank[a.state] - rank[b.state]),
    metrics: metrics.toSorted((a, b) => Number(a.same) - Number(b.same) || (a.key < b.key ? -1 : 1)),
    unseen: unknown.map((one) => toLog[one.name]),
  };
}

const toLog: Record<Ingredient["name"], string> = {
  code: "Code: commit before training and set the tag paydown.source.dirty to false.",
  data: "Data: freeze the dataset and log it as input with its version as digest.",
  params: "Parameters: log them.",
  config: "Configuration: set the tag paydown.config.hash.",
  environment: "Environment: set the tag paydown.environment.hash, or log the model with its requirements.",
  seed: "Seed: fix it and log it as the parameter `seed`.",
  hardware: "Hardware: log the device as a tag, e.g. `device`.",
};

function summaryOf(
  verdict: Answer["verdict"],
  judged: Answer["metrics"],
  differing: readonly Ingredient[],
  unknown: readonly Ingredient[],
  all: readonly Ingredient[],
): string {
  const names = (some: readonly Ingredient[]) => some.map((one) => one.name).join(", ");
  const off = judged.filter((row) => !row.same).length;
  const results = `${off} of ${judged.length} metrics differ`;
  switch (verdict) {
    case "reproduced":
      return `All ${judged.length} metrics both runs logged are equal to the last bit${differing.length === 0 ? "" : `, although ${names(differing)} differ`}.`;
    case "ingredients-differ":
      return `${results}, and so ${differing.length === 1 ? "does" : "do"} ${names(differing)}: make these equal before looking for chance.${unknown.length === 0 ? "" : ` Not known: ${names(unknown)}.`}`;
    case "same-ingredients-other-result": {
      const bare = all.find((one) => one.name === "hardware")?.state === "unknown";
      return `${results}, and everything recorded is equal: the run itself is not deterministic (thread order, GPU kernels, unordered reads)${bare ? ", or the hardware, which was not recorded, differs" : ""}.`;
    }
    case "cannot-tell":
      return judged.length === 0
        ? "The runs share no metric that could be compared."
        : `${results}; nothing recorded differs, but ${names(unknown)} ${unknown.length === 1 ? "is" : "are"} not known for both runs.`;
  }
}

function answer(
  name: Ingredient["name"],
  state: Ingredient["state"],
  evidence: string,
  differences: Difference[] = [],
): Ingredient {
  return { name, state, evidence, differences: differences.slice(0, mostDifferences) };
}

function code(run: RerunFacts, base: RerunFacts): Ingredient {
  const [a, b] = [commitOf(run.tags), commitOf(base.tags)];
  if (a === undefined || b === undefined) return answer("code", "unknown", "One of the runs names no commit.");
  const entries = differencesOf(
    new Map([["entry point", run.tags.get("mlflow.source.name") ?? ""]]),
    new Map([["entry point", base.tags.get("mlflow.source.name") ?? ""]]),
  );
  if (a.commit !== b.commit) {
    return answer("code", "differs", `Commit ${a.commit.slice(0, 7)} against ${b.commit.slice(0, 7)}.`, [
      { name: "commit", values: [a.commit, b.commit] },
      ...entries,
    ]);
  }
  if (entries.length > 0) return answer("code", "differs", "The same commit, another entry point.", entries);
  const short = a.commit.slice(0, 7);
  if (a.dirty === "no" && b.dirty === "no") return answer("code", "same", `Commit ${short}, working trees clean.`);
  if (a.dirty === "yes" || b.dirty === "yes") {
    return answer("code", "unknown", `Commit ${short}, with uncommitted changes that nobody recorded.`);
  }
  return answer("code", "unknown", `Commit ${short}; whether the working trees were clean was not recorded.`);
}

function data(run: RerunFacts, base: RerunFacts): Ingredient {
  const byName = (facts: RerunFacts) => {
    const names = Map.groupBy(facts.inputs, (input) => input.name);
    return new Map(
      [...names].map(([name, inputs]) => [
        name,
        inputs
          .map((one) => one.digest)
          .sort()
          .join(", "),
      ]),
    );
  };
  const [a, b] = [byName(run), byName(base)];
  if (a.size === 0 || b.size === 0) return answer("data", "unknown", "One of the runs logged no dataset.");
  const differences = differencesOf(a, b);
  if (differences.length > 0)
    return answer("data", "differs", `${differences.map((one) => one.name).join(", ")} differ by digest.`, differences);
  const weak = run.inputs.find((input) => digestStrength(input.digest, input.source_type) !== "content");
  if (weak !== undefined) {
    return answer(
      "data",
      "unknown",
      `Digests are equal, but ${weak.digest} of ${weak.name} covers at most 10,000 rows.`,
    );
  }
  return answer("data", "same", `${[...a.keys()].join(", ")} by content hash.`);
}

function withoutSeed(params: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...params].filter(([name]) => !seedName.test(name)));
}

function params(run: RerunFacts, base: RerunFacts): Ingredient {
  const [a, b] = [withoutSeed(run.params), withoutSeed(base.params)];
  if (a.size === 0 && b.size === 0) return answer("params", "unknown", "Neither run logged a parameter.");
  const differences = differencesOf(a, b);
  if (differences.length === 0) return answer("params", "same", `All ${a.size} parameters are equal.`);
  const { length } = differences;
  return answer(
    "params",
    "differs",
    `${length} ${length === 1 ? "parameter differs" : "parameters differ"}.`,
    differences,
  );
}

function config(run: RerunFacts, base: RerunFacts): Ingredient {
  const [a, b] = [run.tags.get(evidenceTags.config), base.tags.get(evidenceTags.config)];
  if (a && b) {
    if (a === b) return answer("config", "same", `Configuration ${a.slice(0, 12)}.`);
    return answer("config", "differs", "The configurations' hashes differ.", [
      { name: evidenceTags.config, values: [a, b] },
    ]);
  }
  const { state } = params(run, base);
  return answer(
    "config",
    state,
    "No hash of the whole configuration was logged by both; their parameters stand for it.",
  );
}

function environment(run: RerunFacts, base: RerunFacts): Ingredient {
  const [a, b] = [run.tags.get(evidenceTags.environment), base.tags.get(evidenceTags.environment)];
  const versions = [...run.versions.keys()]
    .filter((what) => base.versions.has(what) && base.versions.get(what) !== run.versions.get(what))
    .sort()
    .map((what) => ({ name: what, values: [run.versions.get(what) ?? null, base.versions.get(what) ?? null] }));
  if (a && b && a === b) return answer("environment", "same", `Environment ${a.slice(0, 12)}.`);
  if (versions.length > 0) {
    return answer(
      "environment",
      "differs",
      `${versions
        .map((one) => one.name)
        .slice(0, 5)
        .join(", ")} differ by version.`,
      versions,
    );
  }
  if (a && b) {
    return answer("environment", "differs", "The environments' hashes differ.", [
      { name: evidenceTags.environment, values: [a, b] },
    ]);
  }
  const shared = [...run.versions.keys()].filter((what) => base.versions.has(what)).length;
  return answer(
    "environment",
    "unknown",
    shared === 0
      ? "The runs do not both say what they were made with."
      : `${shared} versions both runs name are equal, but no hash of the whole environment was logged by both.`,
  );
}

function seed(run: RerunFacts, base: RerunFacts): Ingredient {
  const [a, b] = [seedOf(run), seedOf(base)];
  if (a === undefined || b === undefined) return answer("seed", "unknown", "One of the runs logged no seed.");
  if (a.value === b.value) return answer("seed", "same", `${a.name} = ${a.value}.`);
  return answer("seed", "differs", `Seed ${a.value} against ${b.value}.`, [
    { name: a.name, values: [a.value, b.value] },
  ]);
}

function machine(run: RerunFacts, base: RerunFacts): Ingredient {
  const about = (facts: RerunFacts) => new Map([...facts.tags].filter(([name]) => hardware.test(name)));
  const [a, b] = [about(run), about(base)];
  const shared = [...a.keys()].filter((name) => b.has(name));
  if (shared.length === 0) return answer("hardware", "unknown", "The runs do not both say which hardware they ran on.");
  const differences = differencesOf(
    new Map(shared.map((name) => [name, a.get(name) as string])),
    new Map(shared.map((name) => [name, b.get(name) as string])),
  );
  if (differences.length === 0) return answer("hardware", "same", `${shared.join(", ")} are equal.`);
  return answer("hardware", "differs", `${differences.map((one) => one.name).join(", ")} differ.`, differences);
}

function differencesOf(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): Difference[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((name) => a.get(name) !== b.get(name))
    .sort()
    .map((name) => ({ name, values: [a.get(name) ?? null, b.get(name) ?? null] }));
}

function metricRows(run: RerunFacts, base: RerunFacts): Answer["metrics"] {
  return [...new Set([...run.metrics.keys(), ...base.metrics.keys()])].map((key) => {
    const [a, b] = [run.metrics.get(key), base.metrics.get(key)];
    const shown = (value: number | undefined) =>
      value === undefined ? null : Number.isNaN(value) ? ("NaN" as const) : value;
    const delta = a !== undefined && b !== undefined ? a - b : Number.NaN;
    const relative = b === undefined || b === 0 ? Number.NaN : delta / Math.abs(b);
    return {
      key,
      values: [shown(a), shown(b)],
      ...(Number.isFinite(delta) ? { delta } : {}),
      ...(Number.isFinite(relative) ? { relative } : {}),
      same: a !== undefined && b !== undefined && Object.is(a, b),
      timing: timing.test(key),
    };
  });
}
