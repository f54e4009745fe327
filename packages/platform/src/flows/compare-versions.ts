import { recordEvaluation } from "@paydown/api/registry";
import type { Ctx } from "#base/context.js";
import type { Perform } from "#base/perform.js";
import { compareQuality, type Difference, quality } from "#capabilities/monitoring/index.js";
import { iterateRows, type Serving } from "#capabilities/serving/index.js";
import { flowErrors } from "./errors.js";

export interface CompareVersions {
  readonly project: string;
  readonly model: string;
  readonly champion: number;
  readonly challenger: number;
  /** Whose logged rows are scored. */
  readonly deployment: string;
  /** Event time `[from, to)` of the rows, ms. */
  readonly from: number;
  readonly to: number;
}

export interface Comparison {
  readonly verdict: "better" | "worse" | "not-distinguishable";
  readonly reason: string;
  readonly rows: number;
  /** Challenger minus champion, with 95 % interval. */
  readonly auc: { readonly difference: number; readonly low: number; readonly high: number };
  readonly logLoss: { readonly difference: number; readonly low: number; readonly high: number };
}

/** Of more rows than this the oldest are left out, so that a comparison stays in memory; the reason says how many. */
const mostRows = 200_000;

/**
 * Lets two versions score the same logged rows whose outcome is known, and says which is better, by paired tests: log loss
 * row by row, AUC by DeLong.
 * Throws FLOW_NO_LABELLED_ROWS.
 */
export async function compareVersions(
  ctx: Ctx,
  deps: { readonly perform: Perform; readonly serving: Serving },
  input: CompareVersions,
): Promise<Comparison> {
  const { project, model, champion, challenger, deployment } = input;
  const outcomes: number[] = [];
  const scores: { [version: number]: number[] } = { [champion]: [], [challenger]: [] };
  let leftOut = 0;
  for await (const chunk of iterateRows(ctx, { project, deployment, from: input.from, to: input.to })) {
    const known = [...chunk.outcomes.keys()].filter((i) => !Number.isNaN(chunk.outcomes[i]));
    if (known.length === 0) continue;
    const columns: Record<string, number[] | string[]> = {};
    for (const [name, values] of Object.entries(chunk.inputs)) columns[name] = known.map((i) => values[i] as number);
    for (const [name, values] of Object.entries(chunk.texts)) columns[name] = known.map((i) => values[i] as string);
    for (const version of [champion, challenger]) {
      const scored = await deps.serving.endpoint.scoreRows(ctx, { project, model, version, columns });
      (scores[version] as number[]).push(...scored);
    }
    outcomes.push(...known.map((i) => chunk.outcomes[i] as number));
    const surplus = Math.max(0, outcomes.length - mostRows);
    for (const values of [outcomes, ...Object.values(scores)]) values.splice(0, surplus);
    leftOut += surplus;
  }
  const first = scores[challenger] as number[];
  const second = scores[champion] as number[];
  const loss = compareQuality("log-loss", first, second, outcomes);
  const auc = compareQuality("auc", first, second, outcomes);
  if (loss === undefined || auc === undefined) throw flowErrors.FLOW_NO_LABELLED_ROWS({ deployment });

  const verdict = judge(loss, auc);
  const days = `${isoDay(input.from)} to ${isoDay(input.to)}`;
  const reason =
    `${outcomes.length} rows of ${deployment} with known outcomes, ${days}: log loss ${signed(loss.value)} ` +
    `(95 % ${signed(loss.low)} to ${signed(loss.high)}), AUC ${signed(auc.value)} (${signed(auc.low)} to ${signed(auc.high)}) ` +
    `against version ${champion} on the same rows${leftOut === 0 ? "" : `; ${leftOut} older rows were left out`}`;
  for (const [version, own, against] of [
    [challenger, first, champion],
    [champion, second, challenger],
  ] as const) {
    await deps.perform(ctx, recordEvaluation, {
      project,
      model,
      version,
      against,
      slice: `predictions of ${deployment}, ${days}`,
      metrics: (["auc", "log-loss", "brier"] as const).flatMap((name) => {
        const estimate = quality(name, { scores: own, outcomes });
        return estimate === undefined
          ? []
          : [
              {
                name,
                value: estimate.value,
                low: estimate.low,
                high: estimate.high,
                level: 0.95,
                n: estimate.n,
                higherIsBetter: name === "auc",
              },
            ];
      }),
      verdict: version === challenger ? verdict : opposite[verdict],
      reason:
        version === challenger ? reason : `the other side of the comparison with version ${challenger}: ${reason}`,
    });
  }
  return {
    verdict,
    reason,
    rows: outcomes.length,
    auc: { difference: auc.value, low: auc.low, high: auc.high },
    logLoss: { difference: loss.value, low: loss.low, high: loss.high },
  };
}

/**
 * Better: one of the two is better beyond chance (two chances are taken, so 5 % is halved) and neither is worse at 5 %.
 * Worse: the same the other way round. `loss` and `auc` are challenger minus champion.
 */
export function judge(loss: Difference, auc: Difference): Comparison["verdict"] {
  const gains = [
    { gain: -loss.value, p: loss.p },
    { gain: auc.value, p: auc.p },
  ];
  const won = gains.some(({ gain, p }) => gain > 0 && p < 0.025);
  const lost = gains.some(({ gain, p }) => gain < 0 && p < 0.05);
  if (won && !lost) return "better";
  return lost && !won ? "worse" : "not-distinguishable";
}

const opposite = { better: "worse", worse: "better", "not-distinguishable": "not-distinguishable" } as const;

function signed(value: number): string {
  const text = Math.abs(value).toPrecision(2);
  return value < 0 ? `−${text}` : `+${text}`;
}

function isoDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
