import type { ExternalModel, Gate, GateName, Inspection, Provenance, Waiver } from "@paydown/api/registry";
import type { Evidence } from "@paydown/api/tracking";
import { type EffectivePolicy, gateNames } from "./policy.js";

/** What a promotion is judged by. */
export interface GateFacts {
  readonly external: ExternalModel | undefined;
  readonly provenance: Provenance;
  readonly signature: Evidence;
  readonly card: Evidence;
  /** Undefined when no MLmodel could be read. */
  readonly inputExample: boolean | undefined;
  readonly inspection: Pick<Inspection, "state" | "verdict" | "files" | "problem" | "licence"> | undefined;
  /** Licence as a tag or an external record names it. */
  readonly licence: string | undefined;
  readonly filesStored: boolean;
  /** Newest first. */
  readonly evaluations: readonly { readonly at: number; readonly verdict: string; readonly reason: string }[];
}

const dayMs = 86_400_000;

const remedies: Readonly<Record<GateName, string>> = {
  data: "Log the training data as the run's input with its Paydown version as digest, and register from that run.",
  code: "Train from a commit with a clean work tree and register from that run.",
  config: "Set the tag `paydown.config.hash` on the run.",
  environment: "Log the model with its requirements pinned, or set the tag `paydown.environment.hash` on the run.",
  signature: "Log the model with a signature: infer_signature(inputs, predictions).",
  example: "Log the model with `input_example=`.",
  card: "Attach a card: `paydown models card`.",
  evaluation: "Evaluate it and record the verdict: `paydown models evaluate ... --verdict passed`.",
  scan: "Have the files read with `paydown models inspect`; store what is dangerous as safetensors, skops or ONNX.",
  licence: "Name the licence as the version's tag `license`.",
};

/** Every gate of a version as it stands now. */
export function gatesOf(facts: GateFacts, policy: EffectivePolicy, waivers: readonly Waiver[], now: number): Gate[] {
  return gateNames.map((gate) => {
    const mode = policy.gates[gate];
    const { state, evidence } = judge(gate, facts, policy, now);
    const waiver = waivers.find((one) => one.gate === gate);
    const waived = waiver !== undefined && waiver.dueAt > now;
    return {
      gate,
      mode,
      state,
      evidence,
      ...(state === "yes" ? {} : { remedy: remedies[gate] }),
      ...(waiver === undefined ? {} : { waiver }),
      blocks: mode === "refuse" && state !== "yes" && !waived,
    };
  });
}

export function gapsOf(gates: readonly Gate[]): string {
  return gates
    .filter((gate) => gate.blocks)
    .map(({ gate, evidence }) => `${gate}: ${evidence.replace(/\.$/, "")}`)
    .join("; ");
}

function judge(gate: GateName, facts: GateFacts, policy: EffectivePolicy, now: number): Evidence {
  const { external, provenance } = facts;
  if (external !== undefined && !["card", "evaluation", "licence", "config"].includes(gate)) return pinned(external);
  switch (gate) {
    case "data":
    case "code":
    case "config":
    case "environment":
      return { state: provenance[gate].state, evidence: provenance[gate].evidence };
    case "signature":
      return facts.signature;
    case "card":
      return facts.card;
    case "example":
      return exampleEvidence(facts);
    case "evaluation":
      return evaluationEvidence(facts.evaluations, policy.evaluationMaxAgeDays, now);
    case "scan":
      return scanEvidence(facts);
    case "licence":
      return licenceEvidence(facts);
  }
}

/** Of a model hosted elsewhere nothing can be looked at; what stands for it is the version it is pinned to. */
function pinned({ provider, name, pin }: ExternalModel): Evidence {
  return pin === undefined
    ? { state: "no", evidence: `${name} is hosted by ${provider} and not pinned to a version.` }
    : { state: "yes", evidence: `${name} is hosted by ${provider} and pinned to ${pin}.` };
}

function exampleEvidence({ inputExample, filesStored }: GateFacts): Evidence {
  if (inputExample === true) return { state: "yes", evidence: "An input example is stored." };
  if (inputExample === false) return { state: "no", evidence: "The MLmodel names no input example." };
  return filesStored
    ? { state: "no", evidence: "There is no MLmodel that names an input example." }
    : { state: "unknown", evidence: "The files are stored elsewhere and were not read." };
}

/** The newest evaluation that says something decides; one that says nothing cannot. */
function evaluationEvidence(evaluations: GateFacts["evaluations"], maxAgeDays: number, now: number): Evidence {
  const newest = evaluations.find((one) => one.verdict !== "none");
  if (newest === undefined) {
    return evaluations.length === 0
      ? { state: "no", evidence: "No evaluation was recorded." }
      : { state: "no", evidence: `${evaluations.length} recorded, none with a verdict.` };
  }
  const days = Math.floor((now - newest.at) / dayMs);
  if (newest.verdict !== "passed" && newest.verdict !== "better") {
    return { state: "no", evidence: `The newest verdict is ${newest.verdict}: ${newest.reason || "no reason given"}.` };
  }
  if (days >= maxAgeDays) {
    return {
      state: "no",
      evidence: `It ${newest.verdict === "passed" ? "passed" : "was better"} ${days} days ago; more than ${maxAgeDays} are stale.`,
    };
  }
  return { state: "yes", evidence: `${newest.verdict}, ${days} days ago.` };
}

function scanEvidence({ inspection, filesStored }: GateFacts): Evidence {
  if (!filesStored) return { state: "unknown", evidence: "The files are stored elsewhere and were not read." };
  if (inspection === undefined) return { state: "unknown", evidence: "The files were not read yet." };
  if (inspection.state === "waiting") return { state: "unknown", evidence: "The files are being read." };
  if (inspection.state === "failed") {
    return { state: "unknown", evidence: `The files could not be read: ${inspection.problem ?? "no reason kept"}.` };
  }
  const { verdict, files, problem } = inspection;
  if (problem !== undefined) return { state: "unknown", evidence: problem };
  if (verdict === "clean") return { state: "yes", evidence: `${files.length} files read, nothing in them runs.` };
  const worst = files.find((file) => file.verdict === verdict);
  const why = worst === undefined ? "" : `: ${worst.path}, ${worst.reasons[0] ?? worst.format}`;
  return { state: verdict === "unknown" ? "unknown" : "no", evidence: `Verdict ${verdict}${why}`.replace(/\.?$/, ".") };
}

function licenceEvidence({ licence, inspection, external }: GateFacts): Evidence {
  const named = external?.licence ?? licence ?? inspection?.licence;
  return named === undefined
    ? { state: "no", evidence: "No licence is named." }
    : { state: "yes", evidence: `Licence ${named}.` };
}
