import type { GateMode, GateName, PolicySettings, Tier } from "@paydown/api/registry";

/** Every gate there is, in the order people read them. */
export const gateNames: readonly GateName[] = [
  "data",
  "code",
  "config",
  "environment",
  "signature",
  "example",
  "card",
  "evaluation",
  "scan",
  "licence",
];

export type Direct = "allow" | "finding" | "refuse";

/** A policy with nothing left to inherit. */
export interface EffectivePolicy {
  readonly aliases: readonly string[];
  readonly stages: readonly string[];
  readonly gates: Readonly<Record<GateName, GateMode>>;
  readonly approvals: number;
  readonly fourEyes: boolean;
  readonly direct: Direct;
  readonly unversionedData: Direct;
  readonly evaluationMaxAgeDays: number;
}

export type Origin = "default" | "project" | "tier" | "model";

const none = Object.fromEntries(gateNames.map((gate) => [gate, "off"])) as Record<GateName, GateMode>;

/** A fresh server guards nothing: MLflow's clients meet what they know. */
const defaults: EffectivePolicy = {
  aliases: [],
  stages: [],
  gates: none,
  approvals: 0,
  fourEyes: true,
  direct: "allow",
  unversionedData: "allow",
  evaluationMaxAgeDays: 90,
};

const guarded = { aliases: ["champion", "production"], stages: ["Production" as const] };

/** What a tier asks for at least. */
const tiers: Readonly<Record<Tier, PolicySettings>> = {
  standard: {},
  important: {
    ...guarded,
    gates: {
      data: "finding",
      code: "finding",
      environment: "finding",
      signature: "finding",
      card: "finding",
      evaluation: "refuse",
      scan: "refuse",
    },
    approvals: 1,
    fourEyes: true,
    direct: "finding",
    unversionedData: "finding",
    evaluationMaxAgeDays: 90,
  },
  critical: {
    ...guarded,
    gates: {
      data: "refuse",
      code: "refuse",
      config: "finding",
      environment: "refuse",
      signature: "refuse",
      example: "finding",
      card: "refuse",
      evaluation: "refuse",
      scan: "refuse",
      licence: "finding",
    },
    approvals: 2,
    fourEyes: true,
    direct: "refuse",
    unversionedData: "refuse",
    evaluationMaxAgeDays: 30,
  },
};

const strictness = { off: 0, allow: 0, finding: 1, refuse: 2 } as const;

/** The stricter of two settings of one kind. */
const stricter: { readonly [K in Exclude<keyof PolicySettings, "gates">]-?: (a: never, b: never) => unknown } = {
  aliases: union,
  stages: union,
  approvals: (a: number, b: number) => Math.max(a, b),
  fourEyes: (a: boolean, b: boolean) => a || b,
  direct: firmer,
  unversionedData: firmer,
  evaluationMaxAgeDays: (a: number, b: number) => Math.min(a, b),
};

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}

function firmer<T extends keyof typeof strictness>(a: T, b: T): T {
  return strictness[b] > strictness[a] ? b : a;
}

/**
 * The policy that holds, and where each setting comes from: a model's own setting always; else the stricter of the project's
 * and the tier's; else the default, which guards nothing.
 */
export function effectivePolicy(
  project: PolicySettings,
  tier: Tier | undefined,
  own: PolicySettings,
): { effective: EffectivePolicy; origins: Record<string, Origin> } {
  const floor = tier === undefined ? {} : tiers[tier];
  const origins: Record<string, Origin> = {};
  const settle = <T>(
    name: string,
    fallback: T,
    of: (s: PolicySettings) => T | undefined,
    both: (a: T, b: T) => T,
  ): T => {
    const mine = of(own);
    if (mine !== undefined) {
      origins[name] = "model";
      return mine;
    }
    const wide = of(project);
    const least = of(floor);
    if (wide === undefined && least === undefined) {
      origins[name] = "default";
      return fallback;
    }
    if (wide === undefined || least === undefined) {
      origins[name] = wide === undefined ? "tier" : "project";
      return (wide ?? least) as T;
    }
    const settled = both(wide, least);
    origins[name] = JSON.stringify(settled) === JSON.stringify(wide) ? "project" : "tier";
    return settled;
  };
  const plain = <K extends Exclude<keyof PolicySettings, "gates">>(name: K): EffectivePolicy[K] =>
    settle(
      name,
      defaults[name] as EffectivePolicy[K],
      (settings) => settings[name] as EffectivePolicy[K] | undefined,
      stricter[name] as (a: EffectivePolicy[K], b: EffectivePolicy[K]) => EffectivePolicy[K],
    );
  const gates = Object.fromEntries(
    gateNames.map((gate) => [
      gate,
      settle<GateMode>(`gates.${gate}`, defaults.gates[gate], (settings) => settings.gates?.[gate], firmer),
    ]),
  ) as Record<GateName, GateMode>;
  return {
    effective: {
      aliases: plain("aliases"),
      stages: plain("stages"),
      gates,
      approvals: plain("approvals"),
      fourEyes: plain("fourEyes"),
      direct: plain("direct"),
      unversionedData: plain("unversionedData"),
      evaluationMaxAgeDays: plain("evaluationMaxAgeDays"),
    },
    origins,
  };
}

/** What an alias or a stage is called where both are meant. */
export interface Target {
  readonly kind: "alias" | "stage";
  readonly name: string;
}

export function isGuarded(policy: EffectivePolicy, target: Target): boolean {
  return (target.kind === "alias" ? policy.aliases : policy.stages).includes(target.name);
}

/** What is asked where nothing is guarded: gaps are still shown, and stop nothing. */
export function withoutRefusals(policy: EffectivePolicy): EffectivePolicy {
  const gates = Object.fromEntries(
    gateNames.map((gate) => [gate, policy.gates[gate] === "refuse" ? "finding" : policy.gates[gate]]),
  ) as Record<GateName, GateMode>;
  return { ...policy, gates, approvals: 0 };
}
