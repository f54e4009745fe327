import type * as api from "@paydown/api/debt";
import type { Input, Reply } from "@paydown/api/operation";
import type { Ctx } from "#base/context.js";
import { getItemRow } from "../actions/find-item.js";
import { drawCount } from "../model/draws.js";
import { type Derivation, horizon } from "../model/pricing.js";
import * as store from "../store.js";
import type { ItemRow } from "../tables.js";
import { readEvents } from "./item.js";
import { toPrice } from "./wire.js";

type Explanation = Reply<typeof api.explainPrice>;
type InputLine = Explanation["inputs"][number];

/** How a number came about: formula in words, everything that went in, every event, and what stayed out. */
export async function viewExplanation(ctx: Ctx, input: Input<typeof api.explainPrice>): Promise<Explanation> {
  const { row, derivation, events } = await ctx.db.read(async (r) => {
    const found = await getItemRow(r, input.project, input.item);
    const stored = await store.findDerivation(r, input.project, found.id);
    const parsed = stored === undefined ? undefined : (JSON.parse(stored) as Derivation);
    return { row: found, derivation: parsed, events: await readEvents(r, found, parsed) };
  });
  const why = input.why ?? "interest";
  const price = toPrice(row);
  const part = parts[why](row, price, derivation);
  const shown = why === "interest" || why === "rate" || why === "delay" ? events : [];
  return {
    item: row.id,
    why,
    ...part,
    events: shown.slice(0, 200),
    excluded: [
      ...part.excluded,
      ...(shown.length > 200
        ? [{ what: `${shown.length - 200} older events`, why: "counted, but not listed here" }]
        : []),
      ...(derivation === undefined
        ? [{ what: "everything but the median", why: "the item was not priced yet; refresh the ledger" }]
        : []),
    ],
    draws: drawCount,
    seed: row.id,
  };
}

type Part = Pick<Explanation, "formula" | "result" | "unit" | "inputs" | "excluded">;
type Explain = (row: ItemRow, price: api.Price, derivation: Derivation | undefined) => Part;

const parts: Readonly<Record<NonNullable<Input<typeof api.explainPrice>["why"]>, Explain>> = {
  principal: explainPrincipal,
  interest: explainInterest,
  risk: explainRisk,
  rate: explainRate,
  delay: explainDelay,
  reach: explainReach,
};

function line(name: string, value: InputLine["value"], unit: string, from: string): InputLine {
  return { name, value, unit, from };
}

function explainPrincipal(row: ItemRow, price: api.Price, derivation: Derivation | undefined): Part {
  const n = derivation?.principal.n ?? 0;
  const from = n === 0 ? "prior" : `prior and ${n} observed repayments`;
  return {
    formula:
      "The logarithm of the hours is normal: median of the rule, plus 0.5 times the logarithm of size, 0.2 times that of complexity, 0.2 for each further asset; its spread is what repairs of a rule differ by, plus what is not yet known of the rule.",
    result: price.principal,
    unit: "hours",
    inputs: [
      line("median of the class", row.median_hours, "h", "prior"),
      line("median of the rule", derivation === undefined ? null : Math.exp(derivation.principal.mu), "h", from),
      line("sigma", derivation?.principal.sigma ?? 1, "of ln hours", from),
      line("repayments observed", n, "", "observed repayments"),
      line("size", row.size, "", "evidence"),
      line("complexity", row.complexity, "", row.complexity === 0 ? "unknown, taken as 0" : "evidence"),
      line("assets touched", row.assets, "", "evidence"),
    ],
    excluded: [
      { what: "minutes quoted by linters", why: "they are constants; prices are learned from repairs that happened" },
    ],
  };
}

function explainInterest(_row: ItemRow, price: api.Price, derivation: Derivation | undefined): Part {
  return {
    formula:
      "Per channel: what the asset cost a week (events of the last half-lives, each halved after 180 days), never more than was measured, times this item's share. An event the rule explains is charged whole, split among the rules that explain it; of the rest only the avoidable share, Beta(1, 9), split evenly among the open items.",
    result: price.interest,
    unit: "hours a week",
    inputs: (derivation?.channels ?? []).flatMap((one) => [
      line(`${one.channel}: measured`, one.measured, "h/week", "measured"),
      line(`${one.channel}: charged`, one.charged, "h/week", one.prior ? "prior, nothing is billed" : "measured"),
      line(`${one.channel}: phi`, one.phi, "", "attribution"),
      line(`${one.channel}: open items that share it`, one.items, "", "ledger"),
      ...(one.rate === null
        ? []
        : [
            line(
              `${one.channel}: events per 180 days`,
              one.rate.rate,
              "",
              `shrunk: alpha ${one.rate.alpha}, beta ${one.rate.beta}, exposure ${one.rate.exposure}`,
            ),
            line(`${one.channel}: hours an event`, one.rate.hoursPerEvent, "h", "measured, shrunk by 3 events"),
          ]),
    ]),
    excluded: [
      { what: "risk interest", why: "nothing of it has happened; it stays in its own column" },
      { what: "events other rules explain", why: "they are charged to those items" },
      ...(derivation === undefined
        ? []
        : [
            {
              what: `${derivation.conservation.unattributed.p50.toPrecision(2)} h/week measured on the asset`,
              why: "no rule explains it and it is beyond the avoidable share: charged to nobody",
            },
          ]),
      ...(price.interest === null
        ? [{ what: "interest", why: "no evidence channel covers this item: unknown, not zero" }]
        : []),
    ],
  };
}

function explainRisk(_row: ItemRow, price: api.Price, derivation: Derivation | undefined): Part {
  const risk = derivation?.risk ?? null;
  return {
    formula:
      "Chance of a harmful event a week, Gamma with mean a / (b + quiet weeks), times its loss, PERT over least, likely and most.",
    result: price.riskInterest,
    unit: "hours a week",
    inputs:
      risk === null
        ? []
        : [
            line("declared chance a week", risk.declared, "", "declared base rate"),
            line("quiet weeks", risk.quietWeeks, "weeks", "measured"),
            line("mean", risk.mean, "h/week", "model"),
          ],
    excluded: [
      { what: "measured interest", why: "it happened; the two are never added up" },
      ...(risk === null ? [{ what: "risk", why: "the rule declares none" }] : []),
    ],
  };
}

function explainRate(_row: ItemRow, price: api.Price): Part {
  return {
    formula: "52 times the expected interest a week, divided by the principal, draw by draw.",
    result: price.rate,
    unit: "of the principal, a year",
    inputs: [
      line("expected interest", price.expected, "h/week", "event rates, shrunk"),
      line("principal", price.principal, "h", "model"),
    ],
    excluded: [
      {
        what: "severity and reach",
        why: "multiplying them in made rankings worse in the backtest; they stand beside it",
      },
    ],
  };
}

function explainDelay(_row: ItemRow, price: api.Price, derivation: Derivation | undefined): Part {
  const growth = derivation?.growth ?? null;
  return {
    formula: `Interest expected over ${horizon} weeks, plus what the principal grows by in that time.`,
    result: price.delay,
    unit: "hours",
    inputs: [
      line("expected interest", price.expected, "h/week", "event rates, shrunk"),
      line("principal", price.principal, "h", "model"),
      line(
        "growth of the evidence",
        growth,
        "a week",
        growth === null ? "fewer than four points: taken as none" : "log-linear trend, shrunk",
      ),
    ],
    excluded: [],
  };
}

function explainReach(row: ItemRow, _price: api.Price): Part {
  const reach = row.reach === null ? null : (JSON.parse(row.reach) as api.Reach);
  return {
    formula:
      "Every downstream node counts its weight, times what passes along its likeliest path: 0.1 past contract, test and canary, 0.5 past a contract or schema, 1 otherwise.",
    result: null,
    unit: "weighted nodes",
    inputs:
      reach === null
        ? []
        : [
            line("score", reach.score, "weighted nodes", "graph"),
            line("nodes", reach.nodes, "", "graph"),
            line("models", reach.models, "", "graph"),
            line("endpoints", reach.endpoints, "", "graph"),
            line("consumers", reach.consumers, "", "graph"),
            line("teams", reach.teams, "", "graph"),
          ],
    excluded:
      reach === null
        ? [{ what: "reach", why: "the graph does not know the asset: unknown" }]
        : [{ what: "parallel paths", why: "a node counts once, by its likeliest path" }],
  };
}
