import { type Static, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { InProject, Instant, NodeRef, Paging, page, Range } from "./values.js";

/** What a monitor watches in one series. */
export const SignalKind = Type.Union(
  [
    Type.Literal("drift"),
    Type.Literal("missing"),
    Type.Literal("prediction"),
    Type.Literal("volume"),
    Type.Literal("quality"),
    Type.Literal("bias"),
    Type.Literal("association"),
  ],
  {
    description:
      "drift: distribution of an input; missing: share of empty values of an input; prediction: distribution of scores; volume: rows a window; quality: metric on rows whose label has arrived; bias: mean score minus mean outcome; association: correlation of an input with the outcome.",
  },
);
export type SignalKind = Static<typeof SignalKind>;

export const Window = Type.Union([Type.Literal("hour"), Type.Literal("day")], {
  description: "Length of a window; windows begin on full UTC hours or days.",
});
export type Window = Static<typeof Window>;

export const Verdict = Type.Union(
  [Type.Literal("alarm"), Type.Literal("unknown"), Type.Literal("learning"), Type.Literal("quiet")],
  {
    description:
      "alarm: an incident is open; unknown: evidence is missing (no rows, no labels); learning: too few reference windows to keep the promise, only the sampling error is accounted for; quiet: watched and within the promise.",
  },
);
export type Verdict = Static<typeof Verdict>;

/** Fixed bins of one feature with exact counts: all a monitor needs to know about a reference. */
export const BinnedFeature = Type.Object({
  feature: Type.String({ minLength: 1, maxLength: 256, description: "Name of the input." }),
  kind: Type.Union([Type.Literal("numeric"), Type.Literal("categorical")], {
    description: "How values are put in bins.",
  }),
  edges: Type.Optional(
    Type.Array(Type.Number(), {
      minItems: 1,
      maxItems: 10_000,
      description:
        "Numeric only: strictly increasing inner edges e1..ek of k+1 bins (-inf,e1), [e1,e2), ..., [ek,inf). A value on an edge belongs to the bin above it.",
    }),
  ),
  categories: Type.Optional(
    Type.Array(Type.String({ maxLength: 1024 }), {
      maxItems: 10_000,
      description: "Categorical only: known values; one more bin at the end takes values never seen.",
    }),
  ),
  counts: Type.Array(Type.Integer({ minimum: 0 }), {
    minItems: 1,
    description: "Rows in each bin: edges.length + 1 of them, or categories.length + 1 (the last is 'other').",
  }),
  missing: Type.Integer({ minimum: 0, description: "Rows where the value is absent, null or NaN." }),
});
export type BinnedFeature = Static<typeof BinnedFeature>;

export const Reference = Type.Union(
  [
    Type.Object({
      kind: Type.Literal("dataset-version", { description: "A profiled version." }),
      dataset: Type.String({ description: "Name of the dataset." }),
      version: Type.String({ description: "Id of the dataset version; its profile gives bins and counts." }),
    }),
    Type.Object({
      kind: Type.Literal("counts", { description: "Counts of the caller's own." }),
      features: Type.Array(BinnedFeature, { description: "Bins and counts of each input, given by the caller." }),
    }),
  ],
  { description: "What windows are compared with." },
);
export type Reference = Static<typeof Reference>;

export const QualityMetric = Type.Union(
  [
    Type.Literal("auc"),
    Type.Literal("log-loss"),
    Type.Literal("brier"),
    Type.Literal("accuracy"),
    Type.Literal("precision"),
    Type.Literal("recall"),
    Type.Literal("calibration-error"),
  ],
  { description: "Quality on rows whose outcome (0 or 1) has arrived; scores are probabilities of outcome 1." },
);
export type QualityMetric = Static<typeof QualityMetric>;

export const NaiveRule = Type.Union(
  [
    Type.Literal("evidently"),
    Type.Literal("nannyml"),
    Type.Literal("tfdv"),
    Type.Literal("ks-005"),
    Type.Literal("psi-01"),
    Type.Literal("three-sigma"),
  ],
  {
    description:
      "Rules of thumb shown beside the calibrated rule. evidently: W1/std >= 0.1 (numeric), JS distance in nats >= 0.1 (categorical); nannyml: JS distance in bits above mean + 3 std of reference windows; tfdv: JS divergence in bits or L-infinity >= 0.3; ks-005: KS p < 0.05 (chi-square for categories); psi-01: PSI >= 0.1; three-sigma: mean +- 3 std of reference windows.",
  },
);
export type NaiveRule = Static<typeof NaiveRule>;

/** What the team was promised; thresholds follow from it. */
export const MonitoringPromise = Type.Object(
  {
    falsePagesPerWeek: Type.Number({
      exclusiveMinimum: 0,
      maximum: 100,
      description: "Most false pages a week, over all signals of the monitor together, while nothing changes.",
    }),
    shiftInSigmas: Type.Number({
      exclusiveMinimum: 0,
      maximum: 10,
      description:
        "Size of the lasting shift, in standard deviations of a window's own noise, the rule is tuned to find soonest.",
    }),
  },
  { description: "The promise the calibrated thresholds are derived from." },
);
export type MonitoringPromise = Static<typeof MonitoringPromise>;

export const QualityPlan = Type.Object(
  {
    metric: QualityMetric,
    threshold: Type.Optional(
      Type.Number({ description: "Decision threshold for accuracy, precision and recall; 0.5 when absent." }),
    ),
    labelDelayHours: Type.Optional(
      Type.Number({
        minimum: 0,
        description:
          "After how many hours labels are expected; older rows without one count as never labelled. 168 when absent.",
      }),
    ),
  },
  { description: "Which quality is measured on rows whose outcome has arrived." },
);
export type QualityPlan = Static<typeof QualityPlan>;

const MonitorName = Type.String({
  pattern: "^[a-z0-9][a-z0-9._-]{0,127}$",
  description: "Name of the monitor, unique in its project: lower-case letters, digits, `.`, `_`, `-`.",
});
const Deployment = Type.String({ minLength: 1, maxLength: 256, description: "Name of the deployment watched." });
const SignalId = Type.String({
  description: "`<kind>:<subject>`, e.g. `drift:age`, `missing:age`, `prediction:score`, `volume:rows`, `quality:auc`.",
});

export const Monitor = Type.Object(
  {
    name: MonitorName,
    deployment: Deployment,
    window: Window,
    features: Type.Array(Type.String(), { description: "Inputs watched." }),
    watchesPrediction: Type.Boolean({ description: "Whether the distribution of scores is watched." }),
    quality: Type.Optional(QualityPlan),
    reference: Type.Object(
      {
        kind: Type.Union([Type.Literal("dataset-version"), Type.Literal("counts")], {
          description: "Where bins come from.",
        }),
        dataset: Type.Optional(Type.String({ description: "Dataset, when the reference is one." })),
        version: Type.Optional(Type.String({ description: "Dataset version, when the reference is one." })),
        rows: Type.Integer({ description: "Most rows any feature's reference counts." }),
      },
      { description: "What windows are compared with." },
    ),
    calibration: Type.Object(
      {
        from: Instant,
        to: Instant,
        windowsWanted: Type.Integer({ description: "Windows between from and to." }),
        windowsSeen: Type.Integer({ description: "Of these, evaluated with rows." }),
        complete: Type.Boolean({ description: "Whether thresholds rest on the reference windows' own variation." }),
      },
      { description: "The period ordinary variation is learned from." },
    ),
    promise: MonitoringPromise,
    naiveRules: Type.Array(NaiveRule, { description: "Rules of thumb computed beside the calibrated one." }),
    owner: Type.Optional(Type.String({ description: "Who is paged." })),
    createdAt: Instant,
    createdBy: Type.String({ description: "Principal who made it." }),
    evaluatedTo: Type.Optional(Instant),
    retiredAt: Type.Optional(Instant),
  },
  { description: "A monitor and its settings." },
);
export type Monitor = Static<typeof Monitor>;

const CauseNode = Type.Object(NodeRef.properties, { description: "Where in the lineage graph the cause lies." });

export const NaiveOutcome = Type.Object({
  rule: NaiveRule,
  statistic: Type.Number({ description: "The rule's own statistic." }),
  threshold: Type.Number({ description: "The rule's own threshold; for p-values an alarm is below it." }),
  alarm: Type.Boolean({ description: "Whether that rule would have raised an alarm." }),
});
export type NaiveOutcome = Static<typeof NaiveOutcome>;

export const SeriesPoint = Type.Object({
  at: Instant,
  rows: Type.Integer({ description: "Rows of the window that count for this signal." }),
  labels: Type.Integer({ description: "Rows whose outcome had arrived when it was last evaluated." }),
  statistic: Type.Union([Type.Number(), Type.Null()], {
    description:
      "drift, prediction: PSI against the same season's reference; missing: share; volume: rows; quality, bias: the metric. Null when it cannot be computed.",
  }),
  low: Type.Optional(Type.Number({ description: "quality, bias: lower end of the 95 % interval of the metric." })),
  high: Type.Optional(Type.Number({ description: "quality, bias: upper end of the 95 % interval of the metric." })),
  effect: Type.Union([Type.Number(), Type.Null()], {
    description:
      "Signed size, for people and for the heat map: numeric inputs and scores W1 in reference standard deviations with the sign of the shift; categories JS distance in bits; missing: difference of shares; volume: log2 of the ratio; quality: difference from the reference.",
  }),
  expected: Type.Union([Type.Number(), Type.Null()], {
    description: "Median of the statistic in the same season's reference windows.",
  }),
  threshold: Type.Union([Type.Number(), Type.Null()], {
    description:
      "Value of the statistic at which this one window, without evidence from those before it, would raise the alarm. Null while learning makes none possible.",
  }),
  lowerThreshold: Type.Optional(Type.Number({ description: "For two-sided signals: the same below." })),
  p: Type.Union([Type.Number(), Type.Null()], { description: "Calibrated p-value of this window alone." }),
  evidence: Type.Number({ description: "Evidence accumulated over windows (CUSUM of normal scores)." }),
  evidenceLimit: Type.Number({ description: "Evidence at which a single signal raises an alarm." }),
  calibrated: Type.Boolean({ description: "Whether the calibrated rule alarms in this window." }),
  naive: Type.Array(NaiveOutcome, { description: "What rules of thumb would have said." }),
  reason: Type.Optional(Type.String({ description: "Why there is no value, in words." })),
});
export type SeriesPoint = Static<typeof SeriesPoint>;

export const Series = Type.Object({
  signal: SignalId,
  kind: SignalKind,
  subject: Type.String({ description: "Input, `score`, `rows` or the metric's name." }),
  season: Type.Union(
    [Type.Literal("hour-of-week"), Type.Literal("day-of-week"), Type.Literal("hour-of-day"), Type.Literal("none")],
    { description: "Which reference windows are compared with which; chosen by how much history there is." },
  ),
  betweenWindows: Type.Union([Type.Number(), Type.Null()], {
    description: "How far reference windows differ beyond chance, as a PSI; null while learning.",
  }),
  points: Type.Array(SeriesPoint, { description: "Windows, oldest first." }),
});
export type Series = Static<typeof Series>;

export const AlarmCount = Type.Object(
  {
    windows: Type.Integer({ description: "Windows counted." }),
    calibrated: Type.Integer({ description: "Windows in which the calibrated rule alarmed." }),
    naive: Type.Array(
      Type.Object({
        rule: NaiveRule,
        windows: Type.Integer({ description: "Windows in which that rule alarmed on any signal." }),
      }),
      { description: "The same for each rule of thumb." },
    ),
    incidents: Type.Integer({ description: "Incidents opened." }),
    real: Type.Integer({ description: "Of these, confirmed by a person as real." }),
    promised: MonitoringPromise,
    sentence: Type.String({ description: "The count in words, for the chart." }),
  },
  { description: "Alarms of the period, by rule." },
);
export type AlarmCount = Static<typeof AlarmCount>;

export const MonitorSummary = Type.Object({
  name: MonitorName,
  deployment: Deployment,
  verdict: Verdict,
  reason: Type.String({ description: "The verdict in one sentence." }),
  window: Window,
  signals: Type.Integer({ description: "Series watched." }),
  worstSignal: Type.Optional(SignalId),
  worstEffect: Type.Optional(Type.Number({ description: "Effect of the worst signal in the latest window." })),
  sparkline: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
    description: "Effect of the worst signal over the last 30 windows, oldest first.",
  }),
  openIncidents: Type.Integer({ description: "Incidents open now." }),
  evaluatedTo: Type.Optional(Instant),
});
export type MonitorSummary = Static<typeof MonitorSummary>;

export const IncidentState = Type.Union([Type.Literal("open"), Type.Literal("acknowledged"), Type.Literal("closed")], {
  description: "open: nobody has taken it; acknowledged: somebody has; closed: over.",
});
export type IncidentState = Static<typeof IncidentState>;

export const IncidentMember = Type.Object({
  signal: SignalId,
  kind: SignalKind,
  subject: Type.String({ description: "Input, `score`, `rows` or metric." }),
  firstEffectAt: Instant,
  firstAlarmAt: Instant,
  lastAlarmAt: Instant,
  windows: Type.Integer({ description: "Windows in which it alarmed." }),
  worstEffect: Type.Number({ description: "Effect farthest from 0." }),
});
export type IncidentMember = Static<typeof IncidentMember>;

export const Incident = Type.Object(
  {
    id: Type.String({ description: "Id of the incident." }),
    monitor: MonitorName,
    deployment: Deployment,
    state: IncidentState,
    title: Type.String({ description: "What happened, in one sentence." }),
    openedAt: Instant,
    firstEffectAt: Instant,
    lastAlarmAt: Instant,
    acknowledgedAt: Type.Optional(Instant),
    acknowledgedBy: Type.Optional(Type.String({ description: "Who took it." })),
    snoozedUntil: Type.Optional(Instant),
    closedAt: Type.Optional(Instant),
    closedBy: Type.Optional(
      Type.String({ description: "Who closed it; the platform itself when the signals went quiet." }),
    ),
    outcome: Type.Optional(
      Type.Union(
        [
          Type.Literal("real"),
          Type.Literal("false-alarm"),
          Type.Literal("expected-change"),
          Type.Literal("went-quiet"),
        ],
        {
          description: "What it turned out to be.",
        },
      ),
    ),
    cause: Type.Optional(Type.String({ description: "Cause in words, given on closing." })),
    causeNode: Type.Optional(CauseNode),
    signals: Type.Integer({ description: "Signals grouped in it." }),
    worstSignal: SignalId,
    worstEffect: Type.Number({ description: "Effect farthest from 0." }),
    detectionLagHours: Type.Number({ description: "From the first window of the effect to the alarm." }),
    hours: Type.Optional(Range),
  },
  { description: "Alarms grouped into one page." },
);
export type Incident = Static<typeof Incident>;

export const TimelineEntry = Type.Object({
  at: Instant,
  until: Type.Optional(Instant),
  what: Type.Union(
    [
      Type.Literal("first-effect"),
      Type.Literal("detection"),
      Type.Literal("acknowledged"),
      Type.Literal("snoozed"),
      Type.Literal("last-alarm"),
      Type.Literal("closed"),
    ],
    { description: "Step of the incident." },
  ),
  note: Type.String({ description: "In words, with who and what." }),
});

export const createMonitor = defineOperation({
  name: "monitoring.createMonitor",
  method: "POST",
  path: "/projects/:project/monitors",
  permission: "write",
  doc: "Starts watching a deployment's inputs, scores and quality against a reference.",
  cli: { command: "monitors create", positional: ["name"] },
  input: Type.Object({
    ...InProject,
    name: MonitorName,
    deployment: Deployment,
    window: Type.Optional(Window),
    reference: Reference,
    features: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description:
          "Inputs to watch. When absent: all of the reference's that the deployment takes, as far as its schema says.",
      }),
    ),
    prediction: Type.Optional(
      Type.Object(
        {
          edges: Type.Optional(
            Type.Array(Type.Number(), {
              minItems: 1,
              description: "Inner edges of the score's bins; tenths of 0..1 when absent.",
            }),
          ),
          counts: Type.Optional(
            Type.Array(Type.Integer({ minimum: 0 }), {
              description: "Reference counts; learned from the calibration windows when absent.",
            }),
          ),
        },
        { description: "Watch the distribution of scores." },
      ),
    ),
    quality: Type.Optional(QualityPlan),
    calibration: Type.Optional(
      Type.Object(
        { from: Instant, to: Instant },
        {
          description:
            "Traffic known to be in order; its windows teach season and between-window variation. The next 28 days (day) or 28 days of hours when absent.",
        },
      ),
    ),
    promise: Type.Optional(MonitoringPromise),
    naiveRules: Type.Optional(
      Type.Array(NaiveRule, {
        description: "Rules of thumb to show beside; evidently, nannyml, ks-005 and psi-01 when absent.",
      }),
    ),
    owner: Type.Optional(Type.String({ maxLength: 256, description: "Who is paged." })),
  }),
  reply: Monitor,
});

export const listMonitors = defineOperation({
  name: "monitoring.listMonitors",
  method: "GET",
  path: "/projects/:project/monitors",
  permission: "read",
  doc: "Lists monitors, alarming ones first, those that cannot see apart.",
  cli: { command: "monitors list" },
  input: Type.Object({
    ...InProject,
    ...Paging,
    deployment: Type.Optional(Deployment),
    verdict: Type.Optional(Verdict),
  }),
  reply: page(MonitorSummary),
});

export const getMonitor = defineOperation({
  name: "monitoring.getMonitor",
  method: "GET",
  path: "/projects/:project/monitors/:name",
  permission: "read",
  doc: "Shows a monitor with its verdict, its promise and how it was kept.",
  cli: { command: "monitors show", positional: ["name"] },
  input: Type.Object({ ...InProject, name: MonitorName, from: Type.Optional(Instant), to: Type.Optional(Instant) }),
  reply: Type.Object({
    monitor: Monitor,
    verdict: Verdict,
    reason: Type.String({ description: "The verdict in one sentence." }),
    signals: Type.Array(
      Type.Object({
        signal: SignalId,
        kind: SignalKind,
        subject: Type.String({ description: "Input, `score`, `rows` or metric." }),
        verdict: Verdict,
        effect: Type.Union([Type.Number(), Type.Null()], { description: "Effect in the latest window." }),
        p: Type.Union([Type.Number(), Type.Null()], { description: "p in the latest window." }),
        evidence: Type.Number({ description: "Accumulated evidence." }),
        evidenceLimit: Type.Number({ description: "Where it alarms." }),
        sparkline: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
          description: "Effect over the last 30 windows.",
        }),
      }),
      { description: "Latest state of each series, worst first." },
    ),
    alarms: AlarmCount,
  }),
});

export const getSeries = defineOperation({
  name: "monitoring.getSeries",
  method: "GET",
  path: "/projects/:project/monitors/:name/series",
  permission: "read",
  doc: "Answers the windows of some or all signals between two instants, with thresholds, alarms and rules of thumb.",
  cli: { command: "monitors series", positional: ["name"] },
  input: Type.Object({
    ...InProject,
    name: MonitorName,
    signal: Type.Optional(SignalId),
    kind: Type.Optional(SignalKind),
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description:
          "Most points over all signals; 20,000 when absent. Above it the newest windows are answered and `truncated` says so.",
      }),
    ),
  }),
  reply: Type.Object({
    monitor: MonitorName,
    window: Window,
    from: Instant,
    to: Instant,
    truncated: Type.Boolean({ description: "Whether older windows were left out." }),
    series: Type.Array(Series, { description: "One a signal." }),
    incidents: Type.Array(Incident, { description: "Incidents that overlap the window." }),
    alarms: AlarmCount,
  }),
});

export const evaluateMonitor = defineOperation({
  name: "monitoring.evaluateMonitor",
  method: "POST",
  path: "/projects/:project/monitors/:name/evaluate",
  permission: "write",
  doc: "Evaluates windows that are complete and not evaluated yet, and quality where labels arrived late.",
  cli: { command: "monitors evaluate", positional: ["name"] },
  input: Type.Object({
    ...InProject,
    name: MonitorName,
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
  }),
  reply: Type.Object({
    windows: Type.Integer({ description: "Windows evaluated now." }),
    relabelled: Type.Integer({ description: "Windows whose quality was evaluated again because labels arrived." }),
    rows: Type.Integer({ description: "Rows read." }),
    alarms: Type.Integer({ description: "Signals that newly alarmed." }),
    opened: Type.Array(Type.String(), { description: "Incidents opened." }),
    closed: Type.Array(Type.String(), { description: "Incidents closed because their signals went quiet." }),
    evaluatedTo: Type.Optional(Instant),
  }),
});

export const replayMonitor = defineOperation({
  name: "monitoring.replayMonitor",
  method: "POST",
  path: "/projects/:project/monitors/:name/replay",
  permission: "read",
  doc: "Counts the alarms another promise would have raised over the windows already seen; changes nothing.",
  cli: { command: "monitors replay", positional: ["name"] },
  input: Type.Object({
    ...InProject,
    name: MonitorName,
    promise: MonitoringPromise,
    from: Type.Optional(Instant),
    to: Type.Optional(Instant),
  }),
  reply: Type.Object({
    windows: Type.Integer({ description: "Windows replayed." }),
    alarms: Type.Array(
      Type.Object({
        signal: SignalId,
        at: Instant,
        effect: Type.Union([Type.Number(), Type.Null()], { description: "Effect in that window." }),
      }),
      {
        description: "Signals and windows that would have alarmed.",
      },
    ),
    pages: Type.Integer({ description: "Incidents that would have been opened." }),
    pagesNow: Type.Integer({ description: "Incidents the present promise opens over the same windows." }),
  }),
});

export const retireMonitor = defineOperation({
  name: "monitoring.retireMonitor",
  method: "DELETE",
  path: "/projects/:project/monitors/:name",
  permission: "write",
  doc: "Stops a monitor; its windows and incidents are kept.",
  cli: { command: "monitors retire", positional: ["name"] },
  input: Type.Object({ ...InProject, name: MonitorName }),
  reply: Monitor,
});

export const listIncidents = defineOperation({
  name: "monitoring.listIncidents",
  method: "GET",
  path: "/projects/:project/incidents",
  permission: "read",
  doc: "Lists incidents, open ones first, newest first.",
  cli: { command: "incidents list" },
  input: Type.Object({
    ...InProject,
    ...Paging,
    state: Type.Optional(IncidentState),
    monitor: Type.Optional(MonitorName),
    deployment: Type.Optional(Deployment),
  }),
  reply: page(Incident),
});

export const getIncident = defineOperation({
  name: "monitoring.getIncident",
  method: "GET",
  path: "/projects/:project/incidents/:incident",
  permission: "read",
  doc: "Shows an incident: members, timeline with lags, and what was done.",
  cli: { command: "incidents show", positional: ["incident"] },
  input: Type.Object({ ...InProject, incident: Type.String({ description: "Id of the incident." }) }),
  reply: Type.Object({
    incident: Incident,
    members: Type.Array(IncidentMember, { description: "Signals grouped in it, in order of their first alarm." }),
    timeline: Type.Array(TimelineEntry, { description: "Steps in order of time; `until` where a step lasts." }),
    asset: Type.Object(NodeRef.properties, { description: "The deployment, as a node of the lineage graph." }),
    postMortem: Type.String({ description: "Skeleton of a post-mortem in Markdown, filled with what is known." }),
  }),
});

export const acknowledgeIncident = defineOperation({
  name: "monitoring.acknowledgeIncident",
  method: "POST",
  path: "/projects/:project/incidents/:incident/acknowledge",
  permission: "write",
  doc: "Takes an incident, and silences it until a stated end if asked.",
  cli: { command: "incidents acknowledge", positional: ["incident"] },
  input: Type.Object({
    ...InProject,
    incident: Type.String({ description: "Id of the incident." }),
    note: Type.Optional(Type.String({ maxLength: 4096, description: "What is being done." })),
    snoozeUntil: Type.Optional(Instant),
  }),
  reply: Incident,
});

export const closeIncident = defineOperation({
  name: "monitoring.closeIncident",
  method: "POST",
  path: "/projects/:project/incidents/:incident/close",
  permission: "write",
  doc: "Closes an incident with what it was, its cause and the hours it cost.",
  cli: { command: "incidents close", positional: ["incident"] },
  input: Type.Object({
    ...InProject,
    incident: Type.String({ description: "Id of the incident." }),
    outcome: Type.Union([Type.Literal("real"), Type.Literal("false-alarm"), Type.Literal("expected-change")], {
      description: "What it turned out to be.",
    }),
    cause: Type.Optional(Type.String({ maxLength: 4096, description: "Cause in words." })),
    causeNode: Type.Optional(CauseNode),
    hours: Type.Optional(
      Type.Number({ minimum: 0, maximum: 10_000, description: "Working hours spent on it by people." }),
    ),
  }),
  reply: Incident,
});

export const WindowEvaluated = defineEvent({
  name: "monitoring.window-evaluated",
  doc: "A complete window of a monitor was evaluated, or its quality again after labels arrived.",
  payload: Type.Object({
    monitor: Type.String({ description: "Name of the monitor." }),
    deployment: Type.String({ description: "Deployment watched." }),
    from: Instant,
    to: Instant,
    rows: Type.Integer({ description: "Rows in the window." }),
    labels: Type.Integer({ description: "Rows with an outcome." }),
    alarms: Type.Integer({ description: "Signals in alarm." }),
    relabelled: Type.Boolean({ description: "True when only quality was evaluated again." }),
  }),
});

export const AlarmRaised = defineEvent({
  name: "monitoring.alarm-raised",
  doc: "The calibrated rule began to alarm on one signal.",
  payload: Type.Object({
    monitor: Type.String({ description: "Name of the monitor." }),
    deployment: Type.String({ description: "Deployment watched." }),
    signal: SignalId,
    kind: SignalKind,
    subject: Type.String({ description: "Input, `score`, `rows` or metric." }),
    at: Instant,
    effect: Type.Union([Type.Number(), Type.Null()], { description: "Signed effect size in that window." }),
    evidence: Type.Number({ description: "Accumulated evidence." }),
    incident: Type.String({ description: "Incident it is grouped in." }),
  }),
});

export const IncidentOpened = defineEvent({
  name: "monitoring.incident-opened",
  doc: "Alarms were grouped into a new incident: somebody is paged.",
  payload: Type.Object({
    incident: Type.String({ description: "Id of the incident." }),
    monitor: Type.String({ description: "Name of the monitor." }),
    deployment: Type.String({ description: "Deployment watched." }),
    title: Type.String({ description: "What happened, in one sentence." }),
    signals: Type.Array(SignalId, { description: "Signals that alarmed first." }),
    firstEffectAt: Instant,
    at: Instant,
    owner: Type.Optional(Type.String({ description: "Who is paged." })),
  }),
});

export const IncidentClosed = defineEvent({
  name: "monitoring.incident-closed",
  doc: "An incident is over: closed by a person, or its signals went quiet.",
  payload: Type.Object({
    incident: Type.String({ description: "Id of the incident." }),
    monitor: Type.String({ description: "Name of the monitor." }),
    deployment: Type.String({ description: "Deployment watched." }),
    outcome: Type.String({ description: "real, false-alarm, expected-change or went-quiet." }),
    at: Instant,
    hours: Type.Optional(Type.Number({ description: "Working hours people reported." })),
  }),
});
