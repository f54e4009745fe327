const day = 86_400_000;

/** What shows that a test is done: a record of the platform or an address. */
export interface EvidenceRef {
  readonly kind: string;
  readonly id: string;
  readonly note?: string;
}

type Facts<T> = { readonly [K in keyof T]?: T[K] } & { readonly refs?: readonly EvidenceRef[] };

/**
 * Everything the 28 tests ask. A fact that nobody looked for is absent, and absent is unknown: never `false`.
 * `false`, `null` and 0 say that somebody looked and it is not there.
 */
export interface TestEvidence {
  /** D1: last time a schema was enforced in CI or a pipeline run (ms); a schema or profile exists at all. */
  readonly schema?: Facts<{ enforcedAt: number | null; declared: boolean }>;
  /** D2: last scheduled ablation or importance run of the live version (ms); one stored report. */
  readonly featureBenefit?: Facts<{ scheduledAt: number | null; report: boolean }>;
  /** D3: cost of features is in a monitored report; was measured once. */
  readonly featureCost?: Facts<{ monitored: boolean; once: boolean }>;
  /** D4: banned features and rights are checked in the gate; a policy document exists. */
  readonly requirements?: Facts<{ inGate: boolean; document: boolean }>;
  /** D5: personal-data scan and access test run in the pipeline; a signed review exists. */
  readonly privacy?: Facts<{ inPipeline: boolean; review: boolean }>;
  /** D6: median lead time of the last feature changes and its objective (days); a declared one. */
  readonly featureLeadTime?: Facts<{ medianDays: number | null; objectiveDays: number; declared: boolean }>;
  /** D7: transform files, of them covered by tests; tests run in CI. */
  readonly featureTests?: Facts<{ files: number; covered: number; inCi: boolean }>;
  /** M1: live models, of them resolved to a merged, reviewed commit. */
  readonly modelReview?: Facts<{ live: number; reviewed: number }>;
  /** M2: offline and online metrics are computed in pairs; a report exists. */
  readonly offlineOnline?: Facts<{ paired: boolean; report: boolean }>;
  /** M3: a tracked sweep stands behind the live version; a note exists. */
  readonly tuning?: Facts<{ sweep: boolean; note: boolean }>;
  /** M4: live models, of them with a decay-curve job; one study exists. */
  readonly staleness?: Facts<{ live: number; withCurve: number; study: boolean }>;
  /** M5: a baseline runs in the pipeline on the same split; it ran once. */
  readonly baseline?: Facts<{ inPipeline: boolean; once: boolean }>;
  /** M6: thresholds by slice are in the gate; a report exists. */
  readonly slices?: Facts<{ inGate: boolean; report: boolean }>;
  /** M7: a fairness check is in the gate; a report exists. */
  readonly inclusion?: Facts<{ inGate: boolean; report: boolean }>;
  /** I1: last scheduled rebuild within tolerance (ms); one rebuild succeeded. */
  readonly reproducible?: Facts<{ scheduledAt: number | null; once: boolean }>;
  /** I2: tests of model code run in CI; they exist. */
  readonly modelTests?: Facts<{ inCi: boolean; local: boolean }>;
  /** I3: end to end on sample data in CI; a log of a manual run. */
  readonly integration?: Facts<{ inCi: boolean; manual: boolean }>;
  /** I4: live versions, of them promoted through a gate; somebody signed. */
  readonly qualityGate?: Facts<{ live: number; gated: number; signed: boolean }>;
  /** I5: replay or trace works on a stored request; steps are documented. */
  readonly debugging?: Facts<{ replay: boolean; documented: boolean }>;
  /** I6: live versions, of them with a canary or shadow record; done ad hoc. */
  readonly canary?: Facts<{ live: number; recorded: number; adHoc: boolean }>;
  /** I7: last rehearsed rollback (ms); documented. */
  readonly rollback?: Facts<{ rehearsedAt: number | null; documented: boolean }>;
  /** O1: change notices were delivered to subscribers; a mailing list exists. */
  readonly dependencyNotice?: Facts<{ delivered: boolean; list: boolean }>;
  /** O2: serving validates inputs; it did so occasionally. */
  readonly servingInvariants?: Facts<{ active: boolean; occasional: boolean }>;
  /** O3: a skew job with both sides logged; one comparison. */
  readonly skew?: Facts<{ job: boolean; once: boolean }>;
  /** O4: an age alert is set from a measured decay curve; somebody looks by hand. */
  readonly staleAlert?: Facts<{ alert: boolean; manual: boolean }>;
  /** O5: NaN, infinity and weight checks alert. */
  readonly numericStability?: Facts<{ alerting: boolean }>;
  /** O6: latency, throughput and memory regressions alert; a dashboard exists. */
  readonly computePerformance?: Facts<{ alerting: boolean; dashboard: boolean }>;
  /** O7: quality on fresh labels alerts; it is evaluated periodically; labels arrive at all. */
  readonly predictionQuality?: Facts<{ alerting: boolean; periodic: boolean; labels: boolean }>;
}

type Verdict = "auto" | "manual" | "none" | "unknown";
type Section = "data" | "model" | "infrastructure" | "monitoring";

interface ScoreTest<K extends keyof TestEvidence = keyof TestEvidence> {
  readonly code: string;
  readonly section: Section;
  readonly test: string;
  readonly asks: K;
  /** Pure: the facts and the instant give the verdict and the reason. */
  readonly judge: (facts: NonNullable<TestEvidence[K]>, now: number) => readonly [Verdict, string];
  /** The cheapest evidence that would settle it. */
  readonly settle: string;
  readonly minutes: number;
}

/** Evidence that has to be repeated counts as automatic for this long. */
const freshDays = 30;
const rehearsalDays = 180;

/** Automatic when `auto` was seen, manual when only `manual` was, none when both were looked for in vain. */
function judge(
  auto: boolean | undefined,
  manual: boolean | undefined,
  automatic: string,
  byHand: string,
): [Verdict, string] {
  if (auto === true) return ["auto", automatic];
  if (manual === true) return ["manual", byHand];
  if (auto === false && manual === false) return ["none", `Looked for and not found: ${automatic.toLowerCase()}`];
  return ["unknown", "No evidence channel covers it."];
}

function fresh(at: number | null | undefined, now: number, days: number): boolean | undefined {
  if (at === undefined) return undefined;
  return at !== null && now - at <= days * day;
}

/** All of the live ones, some of them, none of them; unknown without any live one. */
function share(live: number | undefined, done: number | undefined, what: string): [Verdict, string] {
  if (live === undefined || done === undefined || live === 0) return ["unknown", "No live model is known."];
  if (done >= live) return ["auto", `${what} for all ${live} live models.`];
  if (done > 0) return ["manual", `${what} for ${done} of ${live} live models.`];
  return ["none", `${what} for none of ${live} live models.`];
}

function define<K extends keyof TestEvidence>(test: ScoreTest<K>): ScoreTest {
  return test as unknown as ScoreTest;
}

/** The 28 tests of the ML Test Score (Breck et al. 2017), decided from evidence (debt model, section 3.7). */
export const scoreTests: readonly ScoreTest[] = [
  define({
    code: "D1",
    section: "data",
    test: "Feature expectations are captured in a schema",
    asks: "schema",
    judge: (f, now) =>
      judge(
        fresh(f.enforcedAt, now, freshDays),
        f.declared === true || (f.enforcedAt !== undefined && f.enforcedAt !== null) ? true : f.declared,
        "A schema was enforced within 30 days.",
        "A schema or profile exists but was not enforced within 30 days.",
      ),
    settle: "Declare a contract for the training dataset and let the next pipeline run check it",
    minutes: 30,
  }),
  define({
    code: "D2",
    section: "data",
    test: "Every feature is beneficial",
    asks: "featureBenefit",
    judge: (f, now) =>
      judge(
        fresh(f.scheduledAt, now, 90),
        f.report,
        "A scheduled ablation or importance run covers the live version.",
        "One report is stored.",
      ),
    settle: "Store an importance report with the live version's run",
    minutes: 20,
  }),
  define({
    code: "D3",
    section: "data",
    test: "No feature costs too much",
    asks: "featureCost",
    judge: (f) =>
      judge(f.monitored, f.once, "Feature cost is in a monitored report.", "Feature cost was measured once."),
    settle: "Turn on read metering of the online store for a day",
    minutes: 15,
  }),
  define({
    code: "D4",
    section: "data",
    test: "Features follow meta-level requirements",
    asks: "requirements",
    judge: (f) =>
      judge(f.inGate, f.document, "The promotion gate checks banned features and rights.", "A policy document exists."),
    settle: "Add the rights gate to the production alias",
    minutes: 10,
  }),
  define({
    code: "D5",
    section: "data",
    test: "The pipeline has privacy controls",
    asks: "privacy",
    judge: (f) =>
      judge(
        f.inPipeline,
        f.review,
        "Personal-data scan and access test run in the pipeline.",
        "A signed review exists.",
      ),
    settle: "Run the personal-data scan on the training dataset",
    minutes: 10,
  }),
  define({
    code: "D6",
    section: "data",
    test: "New features can be added quickly",
    asks: "featureLeadTime",
    judge: (f) =>
      judge(
        f.medianDays === undefined || f.objectiveDays === undefined
          ? undefined
          : f.medianDays !== null && f.medianDays <= f.objectiveDays,
        f.declared,
        "Measured lead time of feature changes meets its objective.",
        "A lead time is declared.",
      ),
    settle: "Set an objective for the lead time of feature changes",
    minutes: 5,
  }),
  define({
    code: "D7",
    section: "data",
    test: "Feature code is tested",
    asks: "featureTests",
    judge: (f) => {
      if (f.files === undefined || f.covered === undefined || f.files === 0)
        return ["unknown", "No transform files are known."];
      if (f.covered === 0) return ["none", `None of ${f.files} transform files is covered by a test.`];
      if (f.covered < f.files || f.inCi !== true) {
        return [
          "manual",
          `${f.covered} of ${f.files} transform files are covered; tests ${f.inCi === true ? "run" : "are not seen to run"} in CI.`,
        ];
      }
      return ["auto", `All ${f.files} transform files are covered by tests that run in CI.`];
    },
    settle: "Scan the repository with `paydown scan`",
    minutes: 2,
  }),
  define({
    code: "M1",
    section: "model",
    test: "Model specifications are reviewed and in the repository",
    asks: "modelReview",
    judge: (f) => share(f.live, f.reviewed, "A merged, reviewed commit is known"),
    settle: "Log the git commit with each training run",
    minutes: 10,
  }),
  define({
    code: "M2",
    section: "model",
    test: "Offline and online metrics correlate",
    asks: "offlineOnline",
    judge: (f) => judge(f.paired, f.report, "Offline and online metrics are computed in pairs.", "A report exists."),
    settle: "Send outcomes for logged predictions, so that an online metric exists",
    minutes: 60,
  }),
  define({
    code: "M3",
    section: "model",
    test: "All hyperparameters are tuned",
    asks: "tuning",
    judge: (f) => judge(f.sweep, f.note, "A tracked sweep stands behind the live version.", "A note exists."),
    settle: "Link the sweep's runs to the live version's run as their parent",
    minutes: 10,
  }),
  define({
    code: "M4",
    section: "model",
    test: "The impact of model staleness is known",
    asks: "staleness",
    judge: (f) => {
      const [verdict, why] = share(f.live, f.withCurve, "A decay curve is measured");
      return verdict === "none" && f.study === true ? ["manual", "One study exists."] : [verdict, why];
    },
    settle: "Replay older versions on today's labelled predictions",
    minutes: 30,
  }),
  define({
    code: "M5",
    section: "model",
    test: "A simpler model is not better",
    asks: "baseline",
    judge: (f) =>
      judge(f.inPipeline, f.once, "A baseline runs in the pipeline on the same split.", "A baseline ran once."),
    settle: "Log a linear baseline on the same dataset version",
    minutes: 30,
  }),
  define({
    code: "M6",
    section: "model",
    test: "Model quality is sufficient on important slices",
    asks: "slices",
    judge: (f) => judge(f.inGate, f.report, "Slice thresholds are in the gate.", "A slice report exists."),
    settle: "Add a slice threshold to the promotion gate",
    minutes: 20,
  }),
  define({
    code: "M7",
    section: "model",
    test: "The model is tested for inclusion",
    asks: "inclusion",
    judge: (f) => judge(f.inGate, f.report, "A fairness check is in the gate.", "A fairness report exists."),
    settle: "Evaluate the live version by protected groups",
    minutes: 45,
  }),
  define({
    code: "I1",
    section: "infrastructure",
    test: "Training is reproducible",
    asks: "reproducible",
    judge: (f, now) =>
      judge(
        fresh(f.scheduledAt, now, rehearsalDays),
        f.once,
        "A scheduled rebuild was within tolerance.",
        "One rebuild was within tolerance.",
      ),
    settle: "Rebuild the live version from its recorded code, data and configuration",
    minutes: 30,
  }),
  define({
    code: "I2",
    section: "infrastructure",
    test: "Model specification code is unit tested",
    asks: "modelTests",
    judge: (f) => judge(f.inCi, f.local, "Tests of model code run in CI.", "Tests of model code exist."),
    settle: "Scan the repository with `paydown scan`",
    minutes: 2,
  }),
  define({
    code: "I3",
    section: "infrastructure",
    test: "The full pipeline is integration tested",
    asks: "integration",
    judge: (f) =>
      judge(f.inCi, f.manual, "The pipeline runs end to end on sample data in CI.", "The log of a manual run exists."),
    settle: "Run the pipeline on sample data in CI",
    minutes: 60,
  }),
  define({
    code: "I4",
    section: "infrastructure",
    test: "Model quality is validated before serving",
    asks: "qualityGate",
    judge: (f) => {
      const [verdict, why] = share(f.live, f.gated, "A promotion-gate event is recorded");
      return verdict === "none" && f.signed === true ? ["manual", "Somebody signed off."] : [verdict, why];
    },
    settle: "Promote the next version through the gate",
    minutes: 10,
  }),
  define({
    code: "I5",
    section: "infrastructure",
    test: "The model can be debugged on a single example",
    asks: "debugging",
    judge: (f) => judge(f.replay, f.documented, "Replay works on a stored request.", "The steps are documented."),
    settle: "Replay one stored prediction",
    minutes: 5,
  }),
  define({
    code: "I6",
    section: "infrastructure",
    test: "Models are canaried before serving",
    asks: "canary",
    judge: (f) => {
      const [verdict, why] = share(f.live, f.recorded, "A canary or shadow record exists");
      return verdict === "none" && f.adHoc === true ? ["manual", "Done ad hoc."] : [verdict, why];
    },
    settle: "Roll the next version out in steps",
    minutes: 20,
  }),
  define({
    code: "I7",
    section: "infrastructure",
    test: "Serving models can be rolled back",
    asks: "rollback",
    judge: (f, now) =>
      judge(
        fresh(f.rehearsedAt, now, rehearsalDays),
        f.documented === true || (f.rehearsedAt !== undefined && f.rehearsedAt !== null) ? true : f.documented,
        "A rollback was rehearsed within 180 days.",
        "A rollback is documented, or was rehearsed longer ago.",
      ),
    settle: "Rehearse a rollback of one deployment",
    minutes: 30,
  }),
  define({
    code: "O1",
    section: "monitoring",
    test: "Dependency changes notify",
    asks: "dependencyNotice",
    judge: (f) => judge(f.delivered, f.list, "Change notices were delivered to subscribers.", "A mailing list exists."),
    settle: "Subscribe a team to its upstream datasets",
    minutes: 10,
  }),
  define({
    code: "O2",
    section: "monitoring",
    test: "Data invariants hold in serving inputs",
    asks: "servingInvariants",
    judge: (f) => judge(f.active, f.occasional, "Serving validates its inputs.", "Inputs were validated occasionally."),
    settle: "Give the deployment a contract",
    minutes: 15,
  }),
  define({
    code: "O3",
    section: "monitoring",
    test: "Training and serving are not skewed",
    asks: "skew",
    judge: (f) => judge(f.job, f.once, "A skew job compares both logged sides.", "They were compared once."),
    settle: "Monitor the deployment against its training dataset version",
    minutes: 10,
  }),
  define({
    code: "O4",
    section: "monitoring",
    test: "Models are not too stale",
    asks: "staleAlert",
    judge: (f) => judge(f.alert, f.manual, "An age alert is set from the decay curve.", "Somebody looks by hand."),
    settle: "Set an age alert on the live model",
    minutes: 5,
  }),
  define({
    code: "O5",
    section: "monitoring",
    test: "The model is numerically stable",
    asks: "numericStability",
    judge: (f) => judge(f.alerting, false, "NaN, infinity and weight checks alert.", ""),
    settle: "Turn on the NaN and infinity check of the deployment",
    minutes: 5,
  }),
  define({
    code: "O6",
    section: "monitoring",
    test: "Computing performance has not regressed",
    asks: "computePerformance",
    judge: (f) =>
      judge(f.alerting, f.dashboard, "Latency, throughput and memory regressions alert.", "A dashboard exists."),
    settle: "Set a latency objective on the deployment",
    minutes: 5,
  }),
  define({
    code: "O7",
    section: "monitoring",
    test: "Prediction quality has not regressed",
    asks: "predictionQuality",
    judge: (f) =>
      f.labels === false
        ? ["unknown", "No labels arrive, so quality in production cannot be known."]
        : judge(f.alerting, f.periodic, "Quality on fresh labels alerts.", "Quality is evaluated periodically."),
    settle: "Send outcomes for logged predictions",
    minutes: 60,
  }),
];

export const scoreBands = [
  { from: 0, to: 0, name: "more of a research project than a production system" },
  { from: 0, to: 1, name: "not totally untested, serious holes possible" },
  { from: 1, to: 2, name: "first pass at basic productionisation" },
  { from: 2, to: 3, name: "reasonably tested, more automation is possible" },
  { from: 3, to: 5, name: "strong automated testing and monitoring, fit for mission-critical systems" },
  { from: 5, to: null, name: "exceptional automated testing and monitoring" },
] as const;

interface JudgedTest {
  readonly code: string;
  readonly test: string;
  readonly verdict: Verdict;
  readonly why: string;
  readonly evidence: readonly EvidenceRef[];
  readonly settle: { readonly how: string; readonly minutes: number };
}

export interface Score {
  readonly low: number;
  readonly high: number;
  readonly unknown: number;
  readonly sections: readonly {
    readonly section: Section;
    readonly low: number;
    readonly high: number;
    readonly tests: readonly JudgedTest[];
  }[];
  readonly cheapest: readonly { readonly code: string; readonly how: string; readonly minutes: number }[];
}

const points: Readonly<Record<Exclude<Verdict, "unknown">, number>> = { auto: 1, manual: 0.5, none: 0 };

/** Minimum of the four section sums, as an interval: unknown is neither 0 nor 1. */
export function scoreOf(evidence: TestEvidence, now: number): Score {
  const order: readonly Section[] = ["data", "model", "infrastructure", "monitoring"];
  const sections = order.map((section) => {
    const tests = scoreTests.filter((test) => test.section === section).map((test) => judgeTest(test, evidence, now));
    const known = tests.reduce((sum, test) => sum + (test.verdict === "unknown" ? 0 : points[test.verdict]), 0);
    return { section, low: known, high: known + tests.filter((test) => test.verdict === "unknown").length, tests };
  });
  const low = Math.min(...sections.map((section) => section.low));
  const high = Math.min(...sections.map((section) => section.high));
  // Only sections that can be the minimum move the interval: those whose low end lies below its high end.
  const cheapest = sections
    .filter((section) => section.low <= high)
    .flatMap((section) => section.tests.filter((test) => test.verdict === "unknown"))
    .map((test) => ({ code: test.code, how: test.settle.how, minutes: test.settle.minutes }))
    .sort((a, b) => a.minutes - b.minutes || (a.code < b.code ? -1 : 1))
    .slice(0, 5);
  const unknown = sections.flatMap((section) => section.tests).filter((test) => test.verdict === "unknown").length;
  return { low, high, unknown, sections, cheapest };
}

function judgeTest(test: ScoreTest, evidence: TestEvidence, now: number): JudgedTest {
  const facts = evidence[test.asks];
  const [verdict, why] =
    facts === undefined ? (["unknown", "No evidence channel covers it."] as const) : test.judge(facts, now);
  return {
    code: test.code,
    test: test.test,
    verdict,
    why,
    evidence: verdict === "unknown" ? [] : (facts?.refs ?? []),
    settle: { how: test.settle, minutes: test.minutes },
  };
}

/** `1.5 … 4.0, nine unknown; cheapest evidence to settle: O1 (10 min), I7 (30 min)`. */
export function scoreSentence(score: Score): string {
  const bounds = score.low === score.high ? score.low.toFixed(1) : `${score.low.toFixed(1)} … ${score.high.toFixed(1)}`;
  if (score.unknown === 0) return `${bounds}, nothing unknown.`;
  const next = score.cheapest.slice(0, 3).map((one) => `${one.code} (${one.minutes} min)`);
  return `${bounds}, ${score.unknown} unknown${next.length === 0 ? "" : `; cheapest evidence to settle: ${next.join(", ")}`}.`;
}
