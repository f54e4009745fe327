import { type Static, type TSchema, Type } from "typebox";
import { defineEvent } from "./event.js";
import { defineOperation } from "./operation.js";
import { InProject, Instant, NodeRef, Paging, page, Range } from "./values.js";

export const DebtSeverity = Type.Union(
  [Type.Literal("SEV0"), Type.Literal("SEV1"), Type.Literal("SEV2"), Type.Literal("SEV3")],
  {
    description:
      "A class with a deadline, never a weight. SEV0: illegal or unsafe, blocks. SEV1: silent wrong output on a high-stakes path, must be paid by its date. SEV2: interest was measured. SEV3: hygiene.",
  },
);
export type DebtSeverity = Static<typeof DebtSeverity>;

export const ItemState = Type.Union(
  [
    Type.Literal("open"),
    Type.Literal("planned"),
    Type.Literal("prudent"),
    Type.Literal("called"),
    Type.Literal("disputed"),
    Type.Literal("paid"),
    Type.Literal("written-off"),
    Type.Literal("vanished"),
  ],
  {
    description:
      "open; planned: in the adopted plan; prudent: taken on purpose; called: prudent debt whose due date passed or whose covenant broke; disputed: somebody rejects price or existence; paid: repaired and proved by a re-check; written-off; vanished: no longer found, and nobody showed a repair.",
  },
);
export type ItemState = Static<typeof ItemState>;

export const DebtChannel = Type.Union(
  [
    Type.Literal("fix-rework"),
    Type.Literal("change-drag"),
    Type.Literal("failed-runs"),
    Type.Literal("re-runs"),
    Type.Literal("unscheduled-retrains"),
    Type.Literal("incidents"),
    Type.Literal("manual-steps"),
    Type.Literal("waiting"),
    Type.Literal("label-rework"),
    Type.Literal("carrying"),
    Type.Literal("quality-loss"),
  ],
  { description: "Where a cost was paid." },
);
export type DebtChannel = Static<typeof DebtChannel>;

const ItemId = Type.String({
  minLength: 4,
  maxLength: 64,
  pattern: "^[0-9a-f]+$",
  description: "Fingerprint of the item, whole or a prefix of at least four characters that names one item.",
});

const Maybe = <T extends TSchema>(schema: T, description: string) => Type.Union([schema, Type.Null()], { description });

/** 50 equally likely values, ascending: one dot each in a quantile dot plot. */
const Dots = Type.Array(Type.Number(), {
  description: "50 equally likely values, ascending: the 1st, 3rd, ... 99th percentile of the 2,000 draws.",
});

/** Where debt reaches; each count is exact over the graph as it is known. */
export const Reach = Type.Object(
  {
    score: Type.Number({
      description:
        "Weighted count of downstream nodes, each along its likeliest path past contracts, tests and canaries.",
    }),
    nodes: Type.Integer({ description: "Downstream nodes." }),
    models: Type.Integer({ description: "Models among them." }),
    endpoints: Type.Integer({ description: "Deployments among them." }),
    consumers: Type.Integer({ description: "Consumers among them." }),
    teams: Type.Integer({ description: "Teams that own at least one of them." }),
  },
  { description: "Blast radius: exposure of others, never a multiplier of interest." },
);
export type Reach = Static<typeof Reach>;

export const Exposure = Type.Object(
  {
    predictionsPerWeek: Maybe(Type.Number(), "Predictions a week that pass the asset; null when no logs say."),
    highStakesPerWeek: Maybe(Type.Number(), "High-stakes decisions a week; null when unknown."),
    dataSubjects: Maybe(Type.Number(), "People whose data is concerned; null when unknown."),
  },
  { description: "What is at stake beside hours." },
);
export type Exposure = Static<typeof Exposure>;

/** Price of an item. Hours are working hours of people. Measured interest and risk interest are never added up. */
export const Price = Type.Object({
  principal: Range,
  principalDots: Dots,
  interest: Maybe(
    Range,
    "Hours a week charged to this item out of what was measured on its asset; null when nothing could be measured.",
  ),
  interestDots: Dots,
  expected: Maybe(
    Range,
    "Hours a week expected from event rates, shrunk towards the project: what plans and rates use; never billed.",
  ),
  riskInterest: Maybe(Range, "Hours a week at risk, for debt that may cost without having done so; its own column."),
  rate: Maybe(
    Range,
    "Expected interest of a year divided by principal: 1 means that a year's interest equals the debt.",
  ),
  payback: Maybe(Range, "Weeks until a repayment has earned its hours back; null when no interest is expected."),
  delay: Maybe(Range, "Hours that waiting another 26 weeks costs: interest paid and growth of the principal."),
  netValue: Maybe(Range, "Hours won within 26 weeks by paying now, minus the principal."),
  priceAt: Instant,
});
export type Price = Static<typeof Price>;

export const Covenants = Type.Object(
  {
    promotion: Type.Boolean({ description: "Promotion of an affected model to production calls the debt." }),
    rightsChange: Type.Boolean({ description: "A change of rights on the asset calls it." }),
    interestTimes: Type.Number({
      exclusiveMinimum: 1,
      description: "Interest above this multiple of the signed one calls it.",
    }),
    exposureOver: Type.Optional(Type.Number({ minimum: 0, description: "More predictions a week than this call it." })),
    consumersOver: Type.Optional(Type.Integer({ minimum: 0, description: "More consumers than this call it." })),
  },
  { description: "What calls the debt before it is due." },
);
export type Covenants = Static<typeof Covenants>;

export const PrudentRecord = Type.Object(
  {
    reason: Type.String({ description: "Why the debt was taken." }),
    skipped: Type.String({ description: "What was skipped." }),
    gain: Type.String({ description: "What was expected from it." }),
    plan: Type.String({ description: "How it will be repaid." }),
    team: Type.String({ description: "Team that owes it." }),
    signedBy: Type.String({ description: "Who signed it." }),
    signedAt: Instant,
    dueAt: Instant,
    principalAtSigning: Range,
    interestAtSigning: Maybe(Range, "Interest a week when it was signed; null when unknown."),
    covenants: Covenants,
    renewals: Type.Integer({ description: "How often it was renewed." }),
    calledAt: Type.Optional(Instant),
    calledBecause: Type.Optional(Type.String({ description: "Due date or covenant that called it." })),
  },
  { description: "Debt taken on purpose: a loan with an amount, a rate, a term and covenants." },
);
export type PrudentRecord = Static<typeof PrudentRecord>;

/** An item as lists show it. */
export const DebtItem = Type.Object({
  id: Type.String({ description: "Fingerprint: the same debt keeps it through moves, payment and return." }),
  rule: Type.String({ description: "Code of the rule that found it; `PRUDENT` for a shortcut recorded by hand." }),
  slug: Type.String({ description: "Name of the bad pattern." }),
  family: Type.String({ description: "Family of the rule." }),
  severity: DebtSeverity,
  confidence: Type.Union([Type.Literal("high"), Type.Literal("medium"), Type.Literal("low")], {
    description: "How sure the rule is of its finding.",
  }),
  source: Type.Union([Type.Literal("evidence"), Type.Literal("scan"), Type.Literal("declared")], {
    description: "Found in the platform's records, in a repository scan, or declared by a person.",
  }),
  asset: NodeRef,
  place: Type.Optional(Type.String({ description: "Where inside the asset: line, column, key." })),
  message: Type.String({ description: "One sentence with the facts." }),
  state: ItemState,
  team: Maybe(Type.String(), "Team that owns it; null when nobody does."),
  fixable: Type.Boolean({ description: "True when the platform can pay it by itself and prove it." }),
  isNew: Type.Boolean({ description: "True when it was opened after the project's baseline." }),
  channels: Type.Array(DebtChannel, { description: "Channels on which its asset was seen to cost." }),
  openedAt: Instant,
  lastSeenAt: Instant,
  closedAt: Type.Optional(Instant),
  dueAt: Type.Optional(Instant),
  daysOverdue: Type.Optional(Type.Integer({ description: "Days past the due date; absent when not overdue." })),
  deferrals: Type.Integer({ description: "How often an adopted plan left it out for want of hours." }),
  principal: Range,
  interest: Price.properties.interest,
  expected: Price.properties.expected,
  riskInterest: Price.properties.riskInterest,
  rate: Price.properties.rate,
  payback: Price.properties.payback,
  delay: Price.properties.delay,
  reach: Maybe(Reach, "Blast radius; null when the graph does not know the asset."),
  exposure: Exposure,
});
export type DebtItem = Static<typeof DebtItem>;

const FacetValue = Type.Object({
  value: Type.String({ description: "Value to filter by." }),
  count: Type.Integer({ description: "Items with it under the other conditions." }),
});

const Facets = Type.Record(Type.String(), Type.Array(FacetValue), {
  description: "Counts by state, family, rule, kind, sev, team, channel, confidence, source, fixable, new.",
});

const RuleGroup = Type.Object({
  rule: Type.String({ description: "Code of the rule." }),
  slug: Type.String({ description: "Name of the bad pattern." }),
  family: Type.String({ description: "Family of the rule." }),
  severity: DebtSeverity,
  count: Type.Integer({ description: "Items of the rule that match." }),
  principal: Range,
  interest: Maybe(Range, "Their interest together; null when none of them could be measured."),
  unknownInterest: Type.Integer({ description: "Items among them whose interest is unknown." }),
  fixable: Type.Integer({ description: "Items among them the platform can pay by itself." }),
});

const listInput = {
  ...InProject,
  ...Paging,
  q: Type.Optional(
    Type.String({
      maxLength: 2000,
      description:
        "Text grammar: `state:open family:data sev:<=1 kind:dataset team:search new:30d channel:failed-runs fixable:yes due:overdue sort:-rate words`. `-key:value` excludes, commas mean or, quotes keep spaces.",
    }),
  ),
  state: Type.Optional(ItemState),
  family: Type.Optional(Type.String({ maxLength: 100, description: "Only this family." })),
  rule: Type.Optional(Type.String({ maxLength: 100, description: "Only this rule, by code or slug." })),
  severity: Type.Optional(DebtSeverity),
  kind: Type.Optional(Type.String({ maxLength: 100, description: "Only assets of this kind." })),
  asset: Type.Optional(Type.String({ maxLength: 1100, description: "Only this asset, as `kind:id`." })),
  newSince: Type.Optional(
    Type.Integer({ minimum: 0, description: "Only items opened at or after this instant (ms, UTC)." }),
  ),
  sort: Type.Optional(
    Type.String({
      pattern: "^-?(rate|principal|interest|expected|risk|payback|delay|reach|exposure|severity|opened|due|netvalue)$",
      description: "Column to sort by, `-` for descending; `-rate` when absent. Unknown always comes last.",
    }),
  ),
};

export const listItems = defineOperation({
  name: "debt.listItems",
  method: "GET",
  path: "/projects/:project/debt/items",
  permission: "read",
  doc: "Lists debt items with their prices, filtered and sorted, with exact total and facets.",
  cli: { command: "ledger", positional: ["q"] },
  input: Type.Object({
    ...listInput,
    group: Type.Optional(Type.Literal("rule", { description: "Also sum the matching items by rule." })),
  }),
  reply: Type.Intersect([
    page(DebtItem),
    Type.Object({
      total: Type.Integer({ description: "Exact number of items that match." }),
      newTotal: Type.Integer({ description: "Of them, opened after the baseline." }),
      facets: Facets,
      groups: Type.Optional(Type.Array(RuleGroup, { description: "Matching items by rule, dearest first." })),
      unknownSort: Type.Integer({ description: "Matching items whose sort value is unknown; they come last." }),
    }),
  ]),
});

/** Something that cost hours on the item's asset, and the share the item is charged with. */
export const ChargedEvent = Type.Object({
  id: Type.String({ description: "Identity of the event, e.g. a run or incident." }),
  channel: DebtChannel,
  at: Instant,
  hours: Type.Object(
    {
      low: Type.Number({ description: "Least hours it cost." }),
      high: Type.Number({ description: "Most hours it cost." }),
    },
    { description: "What was measured or estimated for the event itself." },
  ),
  phi: Type.Number({ description: "Share of its hours charged to this item." }),
  explained: Type.Boolean({ description: "True when the rule explains the event by itself." }),
  sharedWith: Type.Integer({ description: "Other items charged with it." }),
  what: Type.String({ description: "What happened." }),
});
export type ChargedEvent = Static<typeof ChargedEvent>;

const ChannelShare = Type.Object({
  channel: DebtChannel,
  phi: Type.Number({ description: "Mean share of the channel's cost on this asset charged to the item." }),
  measured: Range,
  charged: Range,
  prior: Type.Boolean({ description: "True when no event was seen and only the prior speaks; nothing is billed." }),
  items: Type.Integer({ description: "Open items that share this channel on this asset." }),
});

const HistoryEntry = Type.Object({
  at: Instant,
  kind: Type.String({
    description: "opened, revalued, paid, written-off, vanished, reopened, or a note such as disputed.",
  }),
  minutes: Type.Integer({ description: "Signed change of the ledger's principal, minutes." }),
  principal: Type.Integer({ description: "Principal of the item after it, minutes." }),
  by: Type.String({ description: "Who did it: a person, or `paydown`." }),
  note: Type.String({ description: "Why." }),
});

const EvidenceRef = Type.Object({
  kind: Type.String({
    maxLength: 100,
    description: "commit, pull-request, run, model-version, file, document, url, ...",
  }),
  id: Type.String({ maxLength: 2000, description: "Identity or address." }),
  note: Type.Optional(Type.String({ maxLength: 2000, description: "What it shows." })),
});

export const Payment = Type.Object({
  id: Type.String({ description: "Id of the payment." }),
  item: Type.String({ description: "Fingerprint of the item." }),
  state: Type.Union(
    [Type.Literal("running"), Type.Literal("awaiting-proof"), Type.Literal("proved"), Type.Literal("failed")],
    { description: "running; awaiting-proof: done, not re-checked yet; proved: the re-check found nothing; failed." },
  ),
  how: Type.Union([Type.Literal("automatic"), Type.Literal("manual")], { description: "Who did the work." }),
  what: Type.String({ description: "What was done." }),
  evidence: Type.Array(EvidenceRef, { description: "What shows it." }),
  hours: Maybe(Type.Number(), "Hours it took; null when nobody measured."),
  startedAt: Instant,
  endedAt: Type.Optional(Instant),
  problem: Type.Optional(Type.String({ description: "Why it failed or is not proved." })),
  job: Type.Optional(Type.String({ description: "Id of the job that does it." })),
});
export type Payment = Static<typeof Payment>;

const Unseen = Type.Object({
  source: Type.String({ description: "Rule or channel that could not look." }),
  what: Type.String({ description: "What it could not see." }),
  remedy: Type.String({ description: "The cheapest way to make it visible." }),
});

export const getItem = defineOperation({
  name: "debt.getItem",
  method: "GET",
  path: "/projects/:project/debt/items/:item",
  permission: "read",
  doc: "Shows a debt item: price, the four numbers, the events behind it, conservation, history and payments.",
  cli: { command: "item show", positional: ["item"] },
  input: Type.Object({ ...InProject, item: ItemId }),
  reply: Type.Object({
    item: DebtItem,
    price: Price,
    summary: Type.String({ description: "Price and cause in one sentence, one significant figure." }),
    why: Type.String({ description: "Why this pattern costs." }),
    remedy: Type.String({ description: "How to repair it." }),
    origin: Type.String({ description: "Published origin of the rule, or `own`." }),
    evidence: Type.Record(Type.String(), Type.Unknown(), { description: "What was observed, as data." }),
    numbers: Type.Object(
      {
        impact: Maybe(Range, "Hours a week a repayment is expected to free; null when unknown."),
        severity: DebtSeverity,
        delay: Maybe(Range, "Hours that waiting 26 weeks costs; null when unknown."),
        reach: Maybe(Reach, "Blast radius; null when the graph does not know the asset."),
      },
      { description: "Impact, severity, cost of delay and reach, side by side, never multiplied." },
    ),
    channels: Type.Array(ChannelShare, { description: "Interest by channel." }),
    events: Type.Array(ChargedEvent, { description: "Events charged to it, newest first, at most 200." }),
    eventsTotal: Type.Integer({ description: "How many events there are." }),
    conservation: Type.Object(
      {
        items: Type.Integer({ description: "Items that share the asset's cost." }),
        charged: Range,
        measured: Range,
        unattributed: Range,
      },
      { description: "Hours a week charged to all items of the asset, measured on it, and charged to nobody." },
    ),
    prudent: Type.Optional(PrudentRecord),
    payments: Type.Array(Payment, { description: "Payments, newest first." }),
    history: Type.Array(HistoryEntry, { description: "The item's ledger entries, oldest first." }),
    costSoFar: Range,
    advice: Type.Optional(
      Type.String({
        description: "write-off when keeping it costs less than a quarter of repairing it; absent otherwise.",
      }),
    ),
  }),
});

export const explainPrice = defineOperation({
  name: "debt.explainPrice",
  method: "GET",
  path: "/projects/:project/debt/items/:item/explanation",
  permission: "read",
  doc: "Derives a price: the formula in words, inputs with ranges, the share of each event, what was excluded and why.",
  cli: { command: "item explain", positional: ["item", "why"] },
  input: Type.Object({
    ...InProject,
    item: ItemId,
    why: Type.Optional(
      Type.Union(
        [
          Type.Literal("principal"),
          Type.Literal("interest"),
          Type.Literal("risk"),
          Type.Literal("rate"),
          Type.Literal("delay"),
          Type.Literal("reach"),
        ],
        { description: "Which number; interest when absent." },
      ),
    ),
  }),
  reply: Type.Object({
    item: Type.String({ description: "Fingerprint of the item." }),
    why: Type.String({ description: "Which number is explained." }),
    formula: Type.String({ description: "The formula in words." }),
    result: Maybe(Range, "The number itself; null when unknown."),
    unit: Type.String({ description: "Unit of the result." }),
    inputs: Type.Array(
      Type.Object({
        name: Type.String({ description: "Name of the input." }),
        value: Type.Union([Range, Type.Number(), Type.String(), Type.Null()], {
          description: "Its value; null when unknown.",
        }),
        unit: Type.String({ description: "Unit; empty for none." }),
        from: Type.String({
          description: "Where it comes from: measured, prior, observed repayments, declared, graph.",
        }),
      }),
      { description: "Everything that went in." },
    ),
    events: Type.Array(ChargedEvent, { description: "Events with the share of each, at most 200." }),
    excluded: Type.Array(
      Type.Object({
        what: Type.String({ description: "What was left out." }),
        why: Type.String({ description: "Why." }),
      }),
      { description: "What was not counted." },
    ),
    draws: Type.Integer({ description: "Draws behind the range." }),
    seed: Type.String({ description: "Seed of the draws; the same inputs give the same numbers." }),
  }),
});

const SignedMinutes = (description: string) => Type.Integer({ description });

/** The balance law, in whole minutes so that it holds exactly. */
export const StatementPrincipal = Type.Object(
  {
    opening: SignedMinutes("Principal of all open items at the start of the month, minutes."),
    opened: SignedMinutes("Opened or reopened in the month; added."),
    paid: SignedMinutes("Paid and proved; subtracted."),
    writtenOff: SignedMinutes("Written off; subtracted."),
    revalued: SignedMinutes("Revalued, signed; added."),
    vanished: SignedMinutes("Vanished (negative) or come back (positive), signed; added."),
    closing: SignedMinutes(
      "Principal at the end of the month: opening + opened - paid - writtenOff + revalued + vanished.",
    ),
  },
  { description: "Whole minutes. opening + opened - paid - writtenOff + revalued + vanished = closing, exactly." },
);
export type StatementPrincipal = Static<typeof StatementPrincipal>;

const Month = Type.String({ pattern: "^[0-9]{4}-(0[1-9]|1[0-2])$", description: "Month, UTC, e.g. 2026-10." });

const ChannelInterest = Type.Object({
  channel: DebtChannel,
  measured: Range,
  attributed: Range,
  events: Type.Integer({ description: "Events seen in the month." }),
  group: Type.Union([Type.Literal("lead-time"), Type.Literal("operating"), Type.Literal("quality")], {
    description: "What it takes away: lead time, operating cost, or prediction quality.",
  }),
});

const ItemLine = Type.Object({
  id: Type.String({ description: "Fingerprint of the item." }),
  message: Type.String({ description: "What it is." }),
  rule: Type.String({ description: "Code of the rule." }),
  slug: Type.String({ description: "Name of the bad pattern." }),
  asset: NodeRef,
  state: ItemState,
  severity: DebtSeverity,
  principal: Range,
  interest: Price.properties.interest,
  payback: Price.properties.payback,
  growth: Maybe(Type.Number(), "Growth of its evidence a week (0.01 = 1 %); null with fewer than four points."),
  dueAt: Type.Optional(Instant),
  daysOverdue: Type.Optional(Type.Integer({ description: "Days past the due date." })),
});

const MonthPoint = Type.Object({
  month: Month,
  interest: Maybe(Range, "Hours a week charged to items in that month; null when nothing was visible."),
  measured: Maybe(Range, "Hours a week of rework measured in that month; null when nothing was visible."),
  channels: Type.Array(
    Type.Object({
      channel: DebtChannel,
      attributed: Range,
      events: Type.Integer({ description: "Events seen." }),
    }),
    { description: "By channel." },
  ),
  closing: Type.Integer({ description: "Principal at the end of that month, minutes." }),
});

const PlanProgress = Type.Object({
  adoptedAt: Instant,
  plannedHours: Type.Number({ description: "Hours the plan takes (P50)." }),
  spentHours: Maybe(Type.Number(), "Hours recorded on payments of its items; null when nobody recorded any."),
  items: Type.Integer({ description: "Items in the plan." }),
  paid: Type.Integer({ description: "Of them, paid and proved." }),
  promised: Range,
  savings: Type.Object(
    {
      freed: Maybe(
        Range,
        "Hours a week freed: change on assets of paid items minus change on matched unpaid ones; null until the interval can be formed.",
      ),
      matched: Type.Integer({ description: "Matched pairs behind it." }),
      claim: Type.String({ description: "What may be said: `saved` only when the interval excludes zero." }),
    },
    { description: "Never claimed, only compared." },
  ),
});

export const getStatement = defineOperation({
  name: "debt.getStatement",
  method: "GET",
  path: "/projects/:project/debt/statement",
  permission: "read",
  doc: "Shows the monthly statement: the balance of principal, interest by channel, risk apart, and what was not visible.",
  cli: { command: "statement", positional: ["month"] },
  input: Type.Object({
    ...InProject,
    month: Type.Optional(Month),
    capacity: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1e6,
        description: "Working hours a week the team has; overrides the project's.",
      }),
    ),
  }),
  reply: Type.Object({
    month: Month,
    from: Instant,
    to: Instant,
    asOf: Instant,
    closed: Type.Boolean({ description: "True when the month is over and the statement will not change." }),
    headline: Type.String({ description: "One sentence with the range and the number of events." }),
    plain: Type.Array(Type.String(), { description: "The same on one page in plain words, a sentence each." }),
    principal: StatementPrincipal,
    unit: Type.Literal("minutes", { description: "Unit of `principal`." }),
    principalHours: Range,
    openItems: Type.Integer({ description: "Open items at the end of the month." }),
    newItems: Type.Integer({ description: "Items opened in the month." }),
    movements: Type.Object(
      {
        opened: Type.Integer({ description: "Items opened." }),
        paid: Type.Integer({ description: "Items paid." }),
        writtenOff: Type.Integer({ description: "Items written off." }),
        revalued: Type.Integer({ description: "Items revalued." }),
        vanished: Type.Integer({ description: "Items vanished or come back." }),
      },
      { description: "How many items stand behind each step of the balance." },
    ),
    interest: Maybe(Range, "Hours a week charged to items; null when no channel was visible."),
    previousInterest: Maybe(Range, "The same for the month before."),
    measured: Maybe(Range, "Hours a week of rework measured, whether charged to an item or not."),
    events: Type.Integer({ description: "Events seen in the month." }),
    channels: Type.Array(ChannelInterest, { description: "Interest by channel, hours a week." }),
    riskInterest: Range,
    concentration: Maybe(
      Type.Object({
        assets: Type.Number({ description: "Share of costly assets counted, e.g. 0.05." }),
        share: Type.Number({ description: "Share of measured hours they carry." }),
      }),
      "How concentrated cost is; null with fewer than five costly assets.",
    ),
    dsr: Maybe(Range, "Debt-service ratio: charged interest divided by capacity; null without capacity."),
    reworkRatio: Maybe(
      Range,
      "Measured rework divided by capacity, to compare with the benchmark lines; null without capacity.",
    ),
    capacity: Maybe(Type.Number(), "Working hours a week; null when nobody said."),
    benchmarks: Type.Array(
      Type.Object({
        share: Type.Number({ description: "Share of working time." }),
        basis: Type.String({ description: "What it counts and who measured." }),
      }),
      { description: "Published lines to compare the rework ratio with." },
    ),
    dearest: Type.Array(ItemLine, { description: "Five items with most interest." }),
    growing: Type.Array(ItemLine, { description: "Five fastest growing items." }),
    bestPayback: Type.Array(ItemLine, { description: "Five best paybacks." }),
    overdue: Type.Array(ItemLine, { description: "Items past their due date." }),
    called: Type.Array(ItemLine, { description: "Prudent debt that was called." }),
    plan: Maybe(PlanProgress, "Plan against actual; null when no plan was adopted."),
    notSeen: Type.Array(Unseen, { description: "What no evidence channel covers, with the cheapest remedy." }),
    modelError: Type.Object(
      {
        forecast: Maybe(Range, "Hours a week forecast for this month a month earlier; null for the first statement."),
        outcome: Maybe(Type.Number(), "Hours a week measured; null when nothing was visible."),
        sentence: Type.String({ description: "The admission in words." }),
      },
      { description: "Last month's forecast against the outcome." },
    ),
    outlook: Type.Object(
      {
        shown: Type.Boolean({ description: "True when the forecast beats `same as last`." }),
        why: Type.String({ description: "Why it is or is not drawn." }),
        insolventMonth: Type.Optional(Month),
        next: Type.Array(Type.Object({ week: Type.Integer({ description: "Weeks from now." }), principal: Range }), {
          description: "Principal (hours) over the next 12 weeks; empty unless shown.",
        }),
      },
      { description: "When the debt would outgrow the team." },
    ),
    score: Maybe(
      Type.Object({
        low: Type.Number({ description: "ML Test Score with every unknown as 0." }),
        high: Type.Number({ description: "ML Test Score with every unknown as 1." }),
        unknown: Type.Integer({ description: "Tests nothing is known about." }),
      }),
      "ML Test Score interval.",
    ),
    series: Type.Array(MonthPoint, { description: "Twelve months up to this one, oldest first." }),
    hash: Type.String({ description: "SHA-256 of the ledger entries behind the statement." }),
  }),
});
export type Statement = Static<(typeof getStatement)["reply"]>;

const Pins = {
  pinIn: Type.Optional(Type.Array(ItemId, { maxItems: 1000, description: "Items that must be in." })),
  pinOut: Type.Optional(Type.Array(ItemId, { maxItems: 1000, description: "Items that must stay out." })),
};

const planInput = {
  ...InProject,
  ...Pins,
  budgetHours: Type.Optional(
    Type.Number({ minimum: 0, maximum: 1e6, description: "Hours to spend; or give `share`." }),
  ),
  share: Type.Optional(
    Type.Number({ minimum: 0, maximum: 1, description: "Share of capacity to spend; 0.2 when neither is given." }),
  ),
  capacity: Type.Optional(
    Type.Number({ exclusiveMinimum: 0, maximum: 1e6, description: "Working hours a week; overrides the project's." }),
  ),
  weeks: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 52, description: "Weeks the budget covers; 4 when absent." }),
  ),
  sprint: Type.Optional(
    Type.Boolean({ description: "A debt sprint: the whole capacity of those weeks (1 when weeks is absent)." }),
  ),
  teamCaps: Type.Optional(
    Type.Record(Type.String(), Type.Number({ minimum: 0 }), { description: "Most hours by team." }),
  ),
  includeRisk: Type.Optional(
    Type.Boolean({
      description: "Also count risk interest as a gain of the plan; said in the reply. False when absent.",
    }),
  ),
};

const PlanLine = Type.Object({
  order: Type.Integer({ description: "Place in the plan, from 1." }),
  id: Type.String({ description: "Fingerprint of the item." }),
  message: Type.String({ description: "What it is." }),
  rule: Type.String({ description: "Code of the rule." }),
  slug: Type.String({ description: "Name of the bad pattern." }),
  asset: NodeRef,
  team: Maybe(Type.String(), "Team that owns it."),
  severity: DebtSeverity,
  hours: Range,
  frees: Maybe(Range, "Hours a week it frees given the items before it; null when unknown."),
  payback: Price.properties.payback,
  mustPay: Type.Boolean({ description: "True when severity, due date, covenant or pin forces it." }),
  keptIn: Type.Number({ description: "Share of 200 sampled scenarios in which it is chosen." }),
  why: Type.String({ description: "Why it is in." }),
});

const PlanOut = Type.Object({
  id: Type.String({ description: "Fingerprint of the item." }),
  message: Type.String({ description: "What it is." }),
  slug: Type.String({ description: "Name of the bad pattern." }),
  reason: Type.Union(
    [
      Type.Literal("budget"),
      Type.Literal("payback"),
      Type.Literal("prerequisite"),
      Type.Literal("cap"),
      Type.Literal("unstable"),
      Type.Literal("pinned-out"),
      Type.Literal("unknown-interest"),
      Type.Literal("dominated"),
    ],
    { description: "Why it is out." },
  ),
  why: Type.String({ description: "The same in words." }),
  hours: Range,
});

export const Plan = Type.Object({
  budgetHours: Type.Number({ description: "Hours to spend." }),
  share: Maybe(Type.Number(), "Budget as a share of capacity; null without capacity."),
  weeks: Type.Integer({ description: "Weeks the budget covers." }),
  verdict: Type.Union([Type.Literal("pay"), Type.Literal("do-not-pay"), Type.Literal("short")], {
    description:
      "pay; do-not-pay: no item earns its hours back within 26 weeks; short: must-pay items exceed the budget.",
  }),
  sentence: Type.String({ description: "The plan in one sentence." }),
  items: Type.Array(PlanLine, { description: "What to pay, in order." }),
  hours: Range,
  plannedHours: Type.Number({ description: "Hours the plan takes (sum of P50, setup shared), at most the budget." }),
  mustPayHours: Type.Number({ description: "Of them, hours of must-pay items." }),
  shortBy: Type.Number({ description: "Hours by which must-pay items exceed the budget; 0 when they fit." }),
  frees: Range,
  payback: Maybe(Range, "Weeks until the plan has earned its hours back; null when it frees nothing."),
  paybackDate: Maybe(Instant, "When that is, if paid today."),
  netValue: Range,
  shadowPrice: Maybe(Range, "Hours a week freed in addition by 1 % more of capacity (or of budget, without capacity)."),
  breakEven: Maybe(
    Range,
    "Share of capacity at which principal stops growing; null without capacity or with fewer than four weeks of history.",
  ),
  gap: Type.Number({ description: "Proved distance to the best plan possible, 0.004 = 0.4 %." }),
  solver: Type.Union([Type.Literal("exact"), Type.Literal("greedy-swap")], { description: "How it was solved." }),
  scenarios: Type.Integer({ description: "Sampled scenarios." }),
  out: Type.Array(PlanOut, { description: "What stays out and why, best first, at most 200." }),
  outTotal: Type.Integer({ description: "How many items stay out." }),
  riskIncluded: Type.Boolean({ description: "True when risk interest was counted as a gain." }),
  computedMs: Type.Number({ description: "Time the solver took, ms." }),
});
export type Plan = Static<typeof Plan>;

export const makePlan = defineOperation({
  name: "debt.makePlan",
  method: "POST",
  path: "/projects/:project/debt/plan",
  permission: "read",
  doc: "Plans what to pay with a budget of hours or a share of capacity; it may answer that nothing is worth paying.",
  cli: { command: "plan" },
  input: Type.Object(planInput),
  reply: Plan,
});

export const adoptPlan = defineOperation({
  name: "debt.adoptPlan",
  method: "POST",
  path: "/projects/:project/debt/plan/adopt",
  permission: "write",
  doc: "Makes the plan and adopts it: its items become planned, and the statement compares plan with actual.",
  cli: { command: "plan adopt" },
  input: Type.Object(planInput),
  reply: Plan,
});

export const getFrontier = defineOperation({
  name: "debt.getFrontier",
  method: "GET",
  path: "/projects/:project/debt/frontier",
  permission: "read",
  doc: "Answers what every budget would free, precomputed, so that a slider needs no solver.",
  cli: { command: "plan frontier" },
  input: Type.Object({
    ...InProject,
    points: Type.Optional(
      Type.Integer({ minimum: 2, maximum: 500, description: "Points of the curve; 101 when absent." }),
    ),
  }),
  reply: Type.Object({
    capacity: Maybe(Type.Number(), "Working hours a week; null when nobody said."),
    mustPayHours: Type.Number({ description: "Hours of must-pay items." }),
    totalHours: Type.Number({ description: "Hours of all open items (P50)." }),
    worthwhileHours: Type.Number({
      description: "Hours beyond which every further item pays back later than 26 weeks.",
    }),
    points: Type.Array(
      Type.Object({
        hours: Type.Number({ description: "Budget." }),
        items: Type.Integer({ description: "Items paid with it." }),
        frees: Range,
        payback: Maybe(
          Type.Number(),
          "Weeks until the last item added has earned its hours back; null when it never does.",
        ),
        worthwhile: Type.Boolean({ description: "False where the next hour pays back later than 26 weeks." }),
      }),
      { description: "Ascending by hours." },
    ),
    computedAt: Instant,
  }),
});

const ItemReply = Type.Object({ item: DebtItem });

export const borrow = defineOperation({
  name: "debt.borrow",
  method: "POST",
  path: "/projects/:project/debt/prudent",
  permission: "write",
  doc: "Records debt taken on purpose, with reason, owing team, due date and covenants; again on the same item renews it.",
  cli: { command: "borrow", positional: ["reason"] },
  input: Type.Object({
    ...InProject,
    reason: Type.String({ minLength: 1, maxLength: 4000, description: "Why the debt is taken." }),
    team: Type.String({ minLength: 1, maxLength: 200, description: "Team that owes it." }),
    item: Type.Optional(ItemId),
    asset: Type.Optional(
      Type.String({
        pattern: "^[a-z][a-z-]*:.{1,1000}$",
        description: "Without `item`: the asset the shortcut sticks to, as `kind:id`.",
      }),
    ),
    skipped: Type.Optional(Type.String({ maxLength: 4000, description: "What was skipped." })),
    gain: Type.Optional(Type.String({ maxLength: 4000, description: "What is expected from it." })),
    plan: Type.Optional(Type.String({ maxLength: 4000, description: "How it will be repaid." })),
    hours: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 100000,
        description: "Without `item`: likely hours to repay it; 4 when absent.",
      }),
    ),
    dueAt: Type.Optional(
      Type.Integer({ minimum: 0, description: "When it is due (ms, UTC); 90 days from now when absent." }),
    ),
    covenants: Type.Optional(
      Type.Partial(Covenants, {
        description: "What calls it early; promotion, rights change and doubled interest when absent.",
      }),
    ),
  }),
  reply: Type.Object({ item: DebtItem, prudent: PrudentRecord }),
});

export const listPrudent = defineOperation({
  name: "debt.listPrudent",
  method: "GET",
  path: "/projects/:project/debt/prudent",
  permission: "read",
  doc: "Lists debt taken on purpose, called and overdue first.",
  cli: { command: "borrow list" },
  input: Type.Object({ ...InProject, ...Paging }),
  reply: page(Type.Object({ item: DebtItem, prudent: PrudentRecord })),
});

export const payItem = defineOperation({
  name: "debt.payItem",
  method: "POST",
  path: "/projects/:project/debt/items/:item/pay",
  permission: "write",
  doc: "Starts the automated payment of an item; it counts as paid only when a re-check finds nothing.",
  cli: { command: "item pay", positional: ["item"] },
  input: Type.Object({ ...InProject, item: ItemId }),
  reply: Payment,
});

export const proveItem = defineOperation({
  name: "debt.proveItem",
  method: "POST",
  path: "/projects/:project/debt/items/:item/prove",
  permission: "write",
  doc: "Says that an item was repaired by hand and has the rule re-check it; paid when it finds nothing any more.",
  cli: { command: "item prove", positional: ["item"] },
  input: Type.Object({
    ...InProject,
    item: ItemId,
    what: Type.String({ minLength: 1, maxLength: 4000, description: "What was done." }),
    hours: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 100000, description: "Hours it took; teaches the prices." }),
    ),
    evidence: Type.Optional(
      Type.Array(EvidenceRef, { maxItems: 100, description: "Commits, pull requests, runs that show it." }),
    ),
  }),
  reply: Payment,
});

export const writeOff = defineOperation({
  name: "debt.writeOff",
  method: "POST",
  path: "/projects/:project/debt/items/:item/write-off",
  permission: "approve",
  doc: "Writes an item off, e.g. because its asset is retired; it keeps its record and returns when it is found on a touched asset.",
  cli: { command: "item write-off", positional: ["item"] },
  input: Type.Object({
    ...InProject,
    item: ItemId,
    reason: Type.String({ minLength: 1, maxLength: 4000, description: "Why it will not be repaid." }),
  }),
  reply: ItemReply,
});

export const dispute = defineOperation({
  name: "debt.dispute",
  method: "POST",
  path: "/projects/:project/debt/items/:item/dispute",
  permission: "write",
  doc: "Rejects the price or the existence of an item with a reason; disputes measure the precision of rules.",
  cli: { command: "item dispute", positional: ["item"] },
  input: Type.Object({
    ...InProject,
    item: ItemId,
    about: Type.Union([Type.Literal("existence"), Type.Literal("price")], { description: "What is rejected." }),
    reason: Type.String({ minLength: 1, maxLength: 4000, description: "Why." }),
    hours: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 100000,
        description: "About the price: hours it would really take.",
      }),
    ),
  }),
  reply: ItemReply,
});

export const reopen = defineOperation({
  name: "debt.reopen",
  method: "POST",
  path: "/projects/:project/debt/items/:item/reopen",
  permission: "write",
  doc: "Opens a disputed, written-off, vanished or paid item again under the same identity.",
  cli: { command: "item reopen", positional: ["item"] },
  input: Type.Object({
    ...InProject,
    item: ItemId,
    reason: Type.String({ minLength: 1, maxLength: 4000, description: "Why." }),
  }),
  reply: ItemReply,
});

const BulkAction = Type.Union(
  [Type.Literal("dispute"), Type.Literal("write-off"), Type.Literal("assign"), Type.Literal("reopen")],
  { description: "What to do with all matching items." },
);

export const changeMatching = defineOperation({
  name: "debt.changeMatching",
  method: "POST",
  path: "/projects/:project/debt/items/change",
  permission: "approve",
  doc: "Does one thing to every item that matches a filter; with `dryRun` only counts them.",
  cli: { command: "ledger change", positional: ["q"] },
  input: Type.Object({
    ...InProject,
    q: Type.String({ maxLength: 2000, description: "Filter in the grammar of the ledger." }),
    action: BulkAction,
    reason: Type.Optional(Type.String({ maxLength: 4000, description: "Why; needed for dispute and write-off." })),
    team: Type.Optional(Type.String({ maxLength: 200, description: "For assign: the team; empty for nobody." })),
    dryRun: Type.Optional(Type.Boolean({ description: "Only count." })),
  }),
  reply: Type.Object({
    matched: Type.Integer({ description: "Items that match." }),
    changed: Type.Integer({ description: "Items changed; 0 on a dry run." }),
    skipped: Type.Integer({ description: "Matching items the action does not apply to, e.g. already paid." }),
  }),
});

const TestVerdict = Type.Union(
  [Type.Literal("auto"), Type.Literal("manual"), Type.Literal("none"), Type.Literal("unknown")],
  { description: "auto counts 1, manual 0.5, none 0; unknown keeps the score an interval." },
);

const Settle = Type.Object(
  {
    how: Type.String({ description: "What to do." }),
    minutes: Type.Integer({ description: "About how long it takes." }),
  },
  { description: "The cheapest evidence that would settle it." },
);

export const getScore = defineOperation({
  name: "debt.getScore",
  method: "GET",
  path: "/projects/:project/debt/score",
  permission: "read",
  doc: "Computes the ML Test Score from evidence as an interval, with the cheapest evidence that would narrow it.",
  cli: { command: "score" },
  input: Type.Object({ ...InProject }),
  reply: Type.Object({
    low: Type.Number({ description: "Minimum of the four sections with every unknown as 0." }),
    high: Type.Number({ description: "Minimum of the four sections with every unknown as 1." }),
    unknown: Type.Integer({ description: "Tests nothing is known about." }),
    sentence: Type.String({ description: "The interval in words, with the cheapest evidence." }),
    bands: Type.Array(
      Type.Object({
        from: Type.Number({ description: "Above this score; the first band is 0 itself." }),
        to: Type.Union([Type.Number(), Type.Null()], { description: "Up to this score; null for the last." }),
        name: Type.String({ description: "Name of the band." }),
      }),
      { description: "Published bands." },
    ),
    sections: Type.Array(
      Type.Object({
        section: Type.Union(
          [Type.Literal("data"), Type.Literal("model"), Type.Literal("infrastructure"), Type.Literal("monitoring")],
          {
            description: "Section of the score.",
          },
        ),
        low: Type.Number({ description: "Sum with every unknown as 0." }),
        high: Type.Number({ description: "Sum with every unknown as 1." }),
        tests: Type.Array(
          Type.Object({
            code: Type.String({ description: "D1 ... O7." }),
            test: Type.String({ description: "What is tested." }),
            verdict: TestVerdict,
            evidence: Type.Array(EvidenceRef, { description: "What shows it." }),
            why: Type.String({ description: "Why this verdict." }),
            settle: Type.Optional(Settle),
          }),
          { description: "Seven tests." },
        ),
      }),
      { description: "Four sections." },
    ),
    cheapest: Type.Array(
      Type.Object({
        code: Type.String({ description: "Test it settles." }),
        how: Type.String({ description: "What to do." }),
        minutes: Type.Integer({ description: "About how long." }),
      }),
      { description: "Cheapest evidence first, in the sections that set the score." },
    ),
    at: Instant,
  }),
});

export const refreshLedger = defineOperation({
  name: "debt.refreshLedger",
  method: "POST",
  path: "/projects/:project/debt/refresh",
  permission: "write",
  doc: "Runs every rule, brings the ledger up to date and prices all open items.",
  cli: { command: "ledger refresh" },
  input: Type.Object({ ...InProject }),
  reply: Type.Object({
    at: Instant,
    rules: Type.Integer({ description: "Rules that ran." }),
    failed: Type.Array(
      Type.Object({
        rule: Type.String({ description: "Code of the rule." }),
        problem: Type.String({ description: "What failed." }),
      }),
      {
        description: "Rules that failed; their items stay as they were.",
      },
    ),
    opened: Type.Integer({ description: "Items opened." }),
    reopened: Type.Integer({ description: "Items that came back." }),
    revalued: Type.Integer({ description: "Items with another price." }),
    paid: Type.Integer({ description: "Items proved as paid." }),
    vanished: Type.Integer({ description: "Items no longer found without a payment." }),
    called: Type.Integer({ description: "Prudent items called." }),
    open: Type.Integer({ description: "Items open now." }),
    notSeen: Type.Array(Unseen, { description: "What the rules could not see." }),
  }),
});
export type Refreshed = Static<(typeof refreshLedger)["reply"]>;

const itemPayload = {
  item: Type.String({ description: "Fingerprint of the item." }),
  rule: Type.String({ description: "Code of the rule." }),
  asset: NodeRef,
  minutes: Type.Integer({ description: "Principal of the item, minutes (P50)." }),
};

/** The platform found or was told of new debt. */
export const ItemOpened = defineEvent({
  name: "debt.item-opened",
  doc: "A debt item was opened, or came back.",
  payload: Type.Object({
    ...itemPayload,
    severity: DebtSeverity,
    message: Type.String({ description: "One sentence with the facts." }),
    returned: Type.Boolean({ description: "True when it had been closed before." }),
  }),
});

/** A repair was proved. */
export const ItemPaid = defineEvent({
  name: "debt.item-paid",
  doc: "A debt item was repaired and the re-check found nothing.",
  payload: Type.Object({
    ...itemPayload,
    payment: Type.String({ description: "Id of the payment." }),
    how: Type.String({ description: "automatic or manual." }),
  }),
});

/** It is gone and nobody showed why. */
export const ItemVanished = defineEvent({
  name: "debt.item-vanished",
  doc: "A debt item is no longer found although nobody showed a repair.",
  payload: Type.Object(itemPayload),
});

/** Its price changed. */
export const ItemRevalued = defineEvent({
  name: "debt.item-revalued",
  doc: "The principal of a debt item changed.",
  payload: Type.Object({
    ...itemPayload,
    change: Type.Integer({ description: "Signed change, minutes." }),
    why: Type.String({ description: "Why." }),
  }),
});

/** It will not be repaid. */
export const ItemWrittenOff = defineEvent({
  name: "debt.item-written-off",
  doc: "A debt item was written off.",
  payload: Type.Object({ ...itemPayload, reason: Type.String({ description: "Why." }) }),
});

/** Somebody rejects it. */
export const ItemDisputed = defineEvent({
  name: "debt.item-disputed",
  doc: "Price or existence of a debt item was rejected.",
  payload: Type.Object({
    ...itemPayload,
    about: Type.String({ description: "existence or price." }),
    reason: Type.String({ description: "Why." }),
  }),
});

/** Debt was taken on purpose. */
export const DebtBorrowed = defineEvent({
  name: "debt.borrowed",
  doc: "Prudent debt was signed or renewed.",
  payload: Type.Object({
    ...itemPayload,
    team: Type.String({ description: "Team that owes it." }),
    dueAt: Instant,
    renewals: Type.Integer({ description: "How often it was renewed." }),
  }),
});

/** Prudent debt is due now. */
export const DebtCalled = defineEvent({
  name: "debt.called",
  doc: "Prudent debt was called: its due date passed or a covenant broke.",
  payload: Type.Object({
    ...itemPayload,
    team: Type.String({ description: "Team that owes it." }),
    because: Type.String({ description: "Due date or covenant." }),
  }),
});

/** A payment did not prove. */
export const PaymentFailed = defineEvent({
  name: "debt.payment-failed",
  doc: "A payment failed, or its re-check still found the debt.",
  payload: Type.Object({
    ...itemPayload,
    payment: Type.String({ description: "Id of the payment." }),
    problem: Type.String({ description: "What went wrong." }),
  }),
});

/** What will be paid was decided. */
export const PlanAdopted = defineEvent({
  name: "debt.plan-adopted",
  doc: "A plan was adopted.",
  payload: Type.Object({
    plan: Type.String({ description: "Id of the plan." }),
    items: Type.Array(Type.String(), { description: "Fingerprints of its items, in order." }),
    hours: Type.Number({ description: "Hours it takes (P50)." }),
  }),
});

/** The ledger is up to date. */
export const LedgerRefreshed = defineEvent({
  name: "debt.ledger-refreshed",
  doc: "All rules ran and all open items were priced.",
  payload: Type.Object({
    open: Type.Integer({ description: "Items open now." }),
    opened: Type.Integer({ description: "Items opened." }),
    paid: Type.Integer({ description: "Items proved as paid." }),
    vanished: Type.Integer({ description: "Items vanished." }),
    minutes: Type.Integer({ description: "Principal of all open items, minutes." }),
  }),
});

/** A month is over. */
export const StatementClosed = defineEvent({
  name: "debt.statement-closed",
  doc: "A month is over and its statement was closed.",
  payload: Type.Object({
    month: Month,
    principal: StatementPrincipal,
    hash: Type.String({ description: "SHA-256 of the ledger entries behind it." }),
  }),
});
